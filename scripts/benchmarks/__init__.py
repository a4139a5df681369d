"""The parts of `make bench`, a module each: what it measures, and one function that returns a table."""
