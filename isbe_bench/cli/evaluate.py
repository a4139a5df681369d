"""`isbe-bench evaluate RUN_FOLDER`: evaluates the saved weights of a run, beside its record."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from isbe_bench import tasks
from isbe_bench.cli import comparing, one_run
from isbe_bench.errors import InputError
from isbe_bench.literal import in_markdown
from isbe_bench.runs import manifest, recorded
from isbe_bench.runs.recorded import RecordedRun
from isbe_bench.runs.rows import WEIGHTS

if TYPE_CHECKING:
    from isbe_bench.tasks.train.evaluation import Evaluated

_ONLY_IN_TRAINING = ("targets.", "train.stop.")
"""What weights follow from and no evaluation does; the scores of a teacher may be gone."""


def main(parser: argparse.ArgumentParser, typed: Sequence[str]) -> int:
    """Evaluate saved weights and compare; returns the exit code.

    It is 0 if every test image is predicted as recorded.

    Raises
    ------
    InputError
        A folder that holds no run with saved weights, files that changed, or a run that cannot be built
        here or would be another.
    """
    one_run.add_arguments(parser)
    parser.add_argument(
        "--scores",
        metavar="FILE",
        type=Path,
        help="write the scores of the training images",
    )
    parsed = parser.parse_args(typed)
    comparing.check_file("--scores", parsed.scores)
    run = recorded.read(parsed.run_folder)
    _check_weights(run)
    one_run.prepare(run, parsed.config_dir, f"{run.path.name}, its saved weights")
    found = _evaluated(run, parsed.data, parsed.scores is not None)
    if parsed.scores is not None:
        _write_scores(parsed.scores, found)
    return _compare(run, found)


def _check_weights(run: RecordedRun) -> None:
    """Check that there are weights, and that the manifest says which."""
    try:
        listed = manifest.names(run.path)
    except (OSError, ValueError) as error:
        raise InputError(f"RUN_FOLDER={run.path}: {error}") from error
    if run.settings.get("task") != "train":
        raise InputError(f"RUN_FOLDER={run.path}: allowed is a training with saved weights")
    if run.state.state != "done" or WEIGHTS not in listed:
        raise InputError(
            f"RUN_FOLDER={run.path}: has no {WEIGHTS} that its {manifest.MANIFEST} lists; allowed is a "
            "finished training with saved weights: the same command with train.save_weights=true trains "
            "it again, and saves them"
        )


def _evaluated(run: RecordedRun, data: Path | None, with_scores: bool) -> "Evaluated":
    from isbe_bench.execution import again
    from isbe_bench.tasks.train import evaluation

    settings = {
        key: value for key, value in run.settings.items() if not key.startswith(_ONLY_IN_TRAINING)
    }
    with tempfile.TemporaryDirectory() as nowhere:  # no results are written
        asked = again.asked(settings, Path(nowhere), data)
        ready = tasks.find(asked.task).check(asked)
    again.check_identity(settings, ready.identity())
    return evaluation.evaluate(ready, run.path, with_scores)


def _compare(run: RecordedRun, found: "Evaluated") -> int:
    """Print how what was found compares with the record; returns the exit code."""
    from isbe_bench.analysis import again, evaluated  # slow to import
    from isbe_bench.publication import again as environments
    from isbe_bench.publication import evaluated as words

    try:
        compared = evaluated.compare(run.path, found.rows, found.training_scores)
        alpha = evaluated.recorded_alpha(run.path, found.epoch)
    except (OSError, ValueError) as error:
        raise InputError(f"RUN_FOLDER={run.path}: {error}") from error
    same, verdict = words.verdict(found.alpha, alpha, compared)
    changes = again.changes(run.environment, found.environment)
    title = f"# {in_markdown(run.path.name)}, its saved weights"
    print("\n\n".join([title, verdict, words.table(compared), environments.environment(changes)]))
    return 0 if same else 1


def _write_scores(path: Path, found: "Evaluated") -> None:
    from isbe_bench.data import teacher
    from isbe_bench.runs.files import write_atomically

    assert found.training_scores is not None
    try:
        write_atomically(path, teacher.pack(found.training_scores))
    except OSError as error:
        raise InputError(f"--scores={path}: cannot be written to ({error})") from error
