"""`isbe-bench rerun RUN_FOLDER`: does a run again from its record, and compares both."""

import argparse
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

from isbe_bench import tasks
from isbe_bench.cli import comparing, one_run
from isbe_bench.errors import InputError
from isbe_bench.literal import in_markdown
from isbe_bench.runs import recorded, state
from isbe_bench.runs.recorded import RecordedRun
from isbe_bench.settings import identity

_PLACE = Path("reruns")
_STOPPED_EARLY = ("interrupted", "killed", "silent", "failed")
_FINISHED = ("done", "diverged")


def main(parser: argparse.ArgumentParser, typed: Sequence[str]) -> int:
    """Do a run again and compare; returns the exit code.

    It is 0 if the run ends as recorded, and with the same bits wherever they have to be the same.

    Raises
    ------
    InputError
        A folder that holds no run, a run that cannot be done here or would be another, or a place that
        has a finished one.
    """
    one_run.add_arguments(parser)
    parser.add_argument(
        "--into", metavar="DIR", type=Path, help="results folder of the new run (default: reruns/N)"
    )
    comparing.add_csv(parser)
    parsed = parser.parse_args(typed)
    comparing.check_csv(parsed.csv)
    run = _recorded(parsed.run_folder)
    into = _place(run, parsed.into)
    one_run.prepare(run, parsed.config_dir, f"{run.path.name} again, into {into}")
    from isbe_bench.execution import again, sweep

    asked = again.asked(run.settings, into, parsed.data)
    ready = tasks.find(asked.task).check(asked)
    again.check_identity(run.settings, ready.identity())
    code = sweep.run_all([asked], ["rerun", *typed])
    path = into.expanduser() / "runs" / ready.slug
    if code and not _has_diverged(path):
        return code
    return _compare(run, recorded.read(path, "--into"), parsed.csv)


def _recorded(folder: Path) -> RecordedRun:
    """The run in a folder, whose files can be compared."""
    from isbe_bench.analysis import again  # slow to import

    run = recorded.read(folder)
    try:
        again.check(run.path)
    except (OSError, ValueError) as error:
        raise InputError(f"RUN_FOLDER={run.path}: {error}") from error
    return run


def _place(run: RecordedRun, into: Path | None) -> Path:
    """The results folder of the new run; one in which it is unfinished is gone on with."""
    name = f"*-{identity.digest(run.settings)}"
    if into is None:
        numbered = (_PLACE / str(number) for number in itertools.count(1))
        return next(place for place in numbered if not _finished(place, name))
    if _finished(into.expanduser(), name):
        raise InputError(
            f"--into={into}: has a finished one of this run, and nothing is overwritten; allowed is "
            "another folder"
        )
    if run.path.resolve().parent.parent == into.expanduser().resolve():
        raise InputError(f"--into={into}: holds the record itself; allowed is another folder")
    return into


def _finished(results: Path, name: str) -> bool:
    found = [state.read(path) for path in (results / "runs").glob(name)]
    return any(each is not None and each.state in _FINISHED for each in found)


def _has_diverged(path: Path) -> bool:
    found = state.read(path)
    return found is not None and found.state == "diverged"


def _compare(run: RecordedRun, new: RecordedRun, csv: Path | None) -> int:
    """Print how the new run compares with the record; returns the exit code."""
    from isbe_bench.analysis import again, collection  # slow to import
    from isbe_bench.analysis.comparing import compare
    from isbe_bench.publication import again as words
    from isbe_bench.publication.comparing.markdown import markdown

    changes = again.changes(run.environment, new.environment)
    try:
        files = again.files(run.path, new.path, run.state.state in _STOPPED_EARLY)
    except (OSError, ValueError) as error:
        raise InputError(f"RUN_FOLDER={run.path}: {error}") from error
    folders = [(str(each.path), collection.collect_run(each.path)) for each in (run, new)]
    for (_, folder), each in zip(folders, (run, new), strict=True):
        for problem in folder.problems if each.state.state == "done" else ():
            print(problem, file=sys.stderr)
    compared = compare(folders[0][1], folders[1][1])
    comparing.write_csv(csv, compared.differences)
    found = words.verdict(run, new, changes, files)
    places = f"Recorded in {in_markdown(str(run.path))}, done again in {in_markdown(str(new.path))}."
    parts = [f"# {in_markdown(run.path.name)}, done again", found.words, places, words.bits(files)]
    if compared.differences and not found.same:
        parts.append(markdown(compared, folders))
    else:
        parts.append(words.environment(changes))
    print("\n\n".join(filter(None, parts)))
    return 0 if found.expected else 1
