"""How losses, heads, networks and data sets are shown: the only list of each, without torch."""
