"""`python -m isbe_bench`: the same as the `isbe-bench` command."""

import sys

from isbe_bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
