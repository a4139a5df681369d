"""Tables, figures, claims and the report: views of what was analysed."""
