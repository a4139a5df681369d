"""`make report`: the claims of the paper with a verdict on each, as one HTML page and as Markdown."""

from isbe_bench.publication import publish, report

if __name__ == "__main__":
    raise SystemExit(publish.main("report", report.write, "."))
