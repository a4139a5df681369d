"""The words of the command that work on a results folder: `isbe-bench tables` and so on."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, get_args

from isbe_bench import signals, tracking
from isbe_bench.cli import comparing, status
from isbe_bench.cli.words import PRINTED, WORDS
from isbe_bench.errors import InputError, describe_error
from isbe_bench.runs import places
from isbe_bench.settings.tracker import TrackerName

if TYPE_CHECKING:
    from isbe_bench.publication.publishing import Publication


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Report bad arguments in one line, like all other bad input."""
        raise InputError(f"{message}; {self.prog} --help says what is allowed")


def main(arguments: Sequence[str]) -> int:
    """Run one word with its arguments; returns the exit code.

    Raises
    ------
    InputError
        A folder that does not exist, holds no results, or cannot be written to.
    """
    word, *rest = arguments
    verb = "Print" if word in (*PRINTED, "rerun") else "Write"
    parser = _Parser(prog=f"isbe-bench {word}", description=f"{verb} {WORDS[word]}.")
    if word == "compare":
        return comparing.main(parser, rest)
    if word == "rerun":
        from isbe_bench.cli import rerun  # imports Hydra

        return rerun.main(parser, rest)
    if word == "evaluate":
        from isbe_bench.cli import evaluate  # imports Hydra

        return evaluate.main(parser, rest)
    parser.add_argument(
        "results_dir",
        metavar="RESULTS_DIR",
        type=Path,
        nargs="?",
        default=Path("results"),
        help="a folder with runs/ or records/ (default: results)",
    )
    if word == "samples":
        parser.add_argument(
            "--data",
            metavar="DIR",
            type=Path,
            default=Path("data"),
            help="where torchvision's files lie (default: data)",
        )
    if word == "publish":
        parser.add_argument(
            "--tracker",
            choices=get_args(TrackerName),
            default="none",
            help="an experiment tracker that gets figures, verdicts and report too (default: none)",
        )
    if word == "status":
        status.add_arguments(parser)
    parsed = parser.parse_args(rest)
    if word == "status":
        return status.show(parsed.results_dir, parsed.all, parsed.watch)
    try:
        if word == "samples":
            return _samples(parsed.results_dir, parsed.data)
        return _publish(word, parsed.results_dir, getattr(parsed, "tracker", "none"))
    except OSError as error:
        raise InputError(f"RESULTS_DIR={parsed.results_dir}: cannot be written to ({error})") from error
    except KeyboardInterrupt:
        so_far = "every file written so far is complete"
        print(f"isbe-bench: {signals.description()}; {so_far}", file=sys.stderr)
        return signals.exit_code()


def _publish(word: str, results_dir: Path, tracker: TrackerName) -> int:
    from isbe_bench.publication.publishing import Publication  # slow to import

    places.check(results_dir, "tables", "figures", "records")
    tracking.check(tracker, results_dir)
    publication = Publication(results_dir)
    for problem in publication.collection.problems:
        print(problem, file=sys.stderr)
    write: dict[str, Callable[[], list[Path]]] = {
        "publish": publication.write_all,
        "tables": publication.write_tables,
        "figures": publication.write_figures,
        "report": publication.write_report,
        "records": publication.write_records,
    }
    written = write[word]()
    for path in written:
        print(path)
    if not written:
        print(f"these runs give no {word}")
    return 0 if tracker == "none" else _track(publication, written, tracker)


def _track(publication: "Publication", written: Sequence[Path], tracker: TrackerName) -> int:
    """Tell a tracker what was published; returns the exit code, 1 if the tracker fails."""
    from isbe_bench.tracking.tracker import Published, Verdict

    verdicts = [
        Verdict(
            claim.source,
            claim.title,
            claim.verdict,
            "; ".join(f"{finding.where}: {finding.evidence}" for finding in claim.findings),
        )
        for claim in publication.claims
    ]
    published = Published(
        publication.results_dir,
        publication.results_dir / tracking.STORES / tracker,
        [path for path in written if path.suffix == ".png"],
        publication.results_dir / "report.html",
        verdicts,
    )
    try:
        print(f"{tracker}: {tracking.find(tracker).publish(published)}")
    except Exception as error:  # whatever its library raises
        signals.check()
        reason = describe_error(error)
        print(f"isbe-bench: tracker={tracker}: {reason}; the files above are complete", file=sys.stderr)
        return 1
    return 0


def _samples(results_dir: Path, data: Path) -> int:
    import pandas as pd

    from isbe_bench.catalogue.datasets import SAMPLED
    from isbe_bench.data import samples  # reads images, and so imports torch

    available = samples.available(data)
    folders = {name: dataset.folder for name, dataset in SAMPLED.items()}
    if not available:
        raise InputError(
            f"--data={data}: has neither {' nor '.join(folders.values())}; "
            "allowed is a folder with torchvision's files of MNIST or CIFAR-10"
        )
    images = pd.concat([samples.read(name, data) for name in available])
    places.check(results_dir, "records")
    print(samples.write(images, results_dir))
    for name in folders.keys() - set(available):
        print(f"without {name}: --data={data} has no {folders[name]}", file=sys.stderr)
    return 0
