"""The `isbe-bench` command: Hydra composes the configurations, the sweep runs them."""

import os
import sys
import tempfile
from pathlib import Path

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from isbe_bench import allocator
from isbe_bench.errors import InputError

# Inside an installed package, else beside it, in a checkout.
_CONF = next(
    path
    for path in (Path(__file__).with_name("conf"), Path(__file__).parents[1] / "conf")
    if path.is_dir()
)


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    allocator.settle()
    try:
        composed = _compose()
        if not composed:  # --help, --cfg, shell completion
            return 0
        # Imported only now: PyTorch takes a second, which --help and completion need not wait for.
        from isbe_bench import config, sweep

        return sweep.run_all([config.parse(each) for each in composed])
    except InputError as error:
        print(f"isbe-bench: {error}", file=sys.stderr)
    except (HydraException, OmegaConfBaseException) as error:
        print(f"isbe-bench: {_in_one_line(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("isbe-bench: interrupted before the first run", file=sys.stderr)
    return 1


def _compose() -> list[DictConfig]:
    """The configurations that the command line describes: one, or those of a sweep.

    Hydra's job does nothing but keep its configuration, so that all of a sweep's are known, and can be
    checked, before the first one runs.
    """
    composed: list[DictConfig] = []
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise errors, for `main` to print in its own words
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["ISBE_BENCH_SCRATCH"] = scratch  # conf/config.yaml: what Hydra writes of a sweep
        hydra.main(version_base="1.3", config_path=str(_CONF), config_name="config")(composed.append)()
    return composed


def _in_one_line(error: Exception) -> str:
    """What Hydra says, without its line breaks and its advice on stack traces."""
    return " ".join(str(error).split())
