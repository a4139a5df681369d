"""Statistics as pure functions: intervals, verdicts, comparisons of interleaved samples."""
