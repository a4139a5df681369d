"""What losses, heads, networks and data sets are to a reader: the only list of each, without torch."""
