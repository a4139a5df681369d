"""The loss modes, and the ways from scores to their gradient."""
