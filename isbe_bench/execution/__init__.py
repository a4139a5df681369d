"""One run, and many of them."""
