"""`make figures`: the paper's figures from whatever runs exist."""

from isbe_bench.publication import figures, publish

if __name__ == "__main__":
    raise SystemExit(publish.main("figures", figures.write, "figures"))
