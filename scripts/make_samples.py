"""`make samples`: an image of each class of the original MNIST and CIFAR-10, for Figure 5."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data import samples
from isbe_bench.errors import InputError


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="where they lie")
    parser.add_argument("--results-dir", type=Path, default=Path("results"), metavar="DIR")
    arguments = parser.parse_args()
    found = samples.available(arguments.data)
    folders = {name: each.folder for name, each in DATASETS.items() if each.classes}
    if not found:
        print(
            f"--data={arguments.data}: has neither {' nor '.join(folders.values())}; "
            "allowed is a folder with torchvision's files of MNIST or CIFAR-10",
            file=sys.stderr,
        )
        return 1
    try:
        images = pd.concat([samples.read(name, arguments.data) for name in found])
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(samples.write(images, arguments.results_dir))
    for name in folders.keys() - set(found):
        print(f"without {name}: --data={arguments.data} has no {folders[name]}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
