"""Tables, figures, claims and the report: views of the analysis."""
