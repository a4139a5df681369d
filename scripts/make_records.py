"""`make records`: all finished runs as tidy CSV files."""

from isbe_bench.analysis import collection
from isbe_bench.publication import publish

if __name__ == "__main__":
    raise SystemExit(publish.main("records", collection.write, "records"))
