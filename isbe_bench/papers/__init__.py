"""What the papers print: numbers, claims and slips, as data."""
