"""Pure functions over arrays: intervals, verdicts, comparisons of interleaved samples."""
