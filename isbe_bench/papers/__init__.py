"""Published numbers, claims and contradictions of the papers, as data."""
