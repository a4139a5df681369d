"""`make tables`: the paper's tables from whatever runs exist."""

from isbe_bench.publication import publish, tables

if __name__ == "__main__":
    raise SystemExit(publish.main("tables", tables.write, "tables"))
