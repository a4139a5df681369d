"""The words of the command: what the first argument may be, other than an override."""

WORDS = {
    "publish": "tables, figures and the report, from runs that are read once",
    "tables": "the paper's tables, and those that it lacks, as CSV, Markdown and LaTeX",
    "figures": "the paper's figures, and an interval plot for each table, as PNG and SVG",
    "report": "report.html and report.md: the paper's claims with a verdict on each",
    "records": "all finished runs as tidy CSV files, which can be read back without run folders",
    "samples": "an image of each class of MNIST and CIFAR-10, for Figure 5",
    "status": "the state of every run: done, running and until when, interrupted, killed or missing",
    "compare": "the differences between two results folders, B minus A",
    "rerun": "how a run compares with its record, once it is done again from its config.yaml",
    "evaluate": "what the saved weights of a run give on the test images, beside its record",
}
"""What each word writes or prints, as shown by `--help`."""

PRINTED = ("status", "compare", "evaluate")
"""The words that only print."""
