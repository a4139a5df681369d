"""`make records`: all finished runs as tidy CSV files."""

from isbe_bench import collection, publish

if __name__ == "__main__":
    raise SystemExit(publish.main("records", collection.write, "records"))
