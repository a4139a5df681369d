"""Reference trainings: checks that trainings still compute the bits whose hashes are recorded.

Trains N0 on digits with all ten loss modes, and N1 and N1r with two of them, on the public command line,
and compares them with `tests/reference_trainings.json`. If they differ on purpose, raise
`isbe_bench.NUMERICS` and record them again with --write.
"""

import argparse
import csv
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

RECORD = Path(__file__).parent.parent / "tests" / "reference_trainings.json"

SWEEPS = (
    (
        "arch=n0",
        "loss=ce_mean,ce_none,ce_sum,isbe_hardsigmoid,isbe_hardtanh,isbe_sigmoid,isbe_softmax,isbe_tanh,"
        "isbe_normalize,isbe_dilated_softmax",
        "train.epochs=2",
    ),
    ("arch=n1,n1r", "loss=ce_mean,isbe_softmax", "train.epochs=1"),
)
COMMON = ("dataset=digits", "seed=0", "device=cpu", "device.threads=1")

# By default each library picks the widest instructions of the CPU, and with them the order of its sums.
# These are the oldest instructions that each has code for, the same on every x86-64 CPU.
SAME_ON_EVERY_CPU = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_CBWR": "COMPATIBLE",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F",
    "OMP_NUM_THREADS": "1",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"record the hashes again in {RECORD.name}")
    write = parser.parse_args().write
    comparable = {"torch": importlib.metadata.version("torch"), "machine": platform.machine()}
    recorded = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() and not write else None
    if recorded is None and not write:
        print(f"reference trainings: {RECORD} is missing; record it with --write", file=sys.stderr)
        return 1
    for key, value in comparable.items():
        if recorded is not None and recorded[key] != value:
            print(f"reference trainings: not compared, {key} is {value}, recorded with {recorded[key]}")
            return 0
    with tempfile.TemporaryDirectory() as folder:
        measured = comparable | _train_all(Path(folder))
    if recorded is None:
        RECORD.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
        print(f"reference trainings: {len(measured['runs'])} recorded in {RECORD}")
        return 0
    return _compare(recorded, measured)


def _train_all(results_dir: Path) -> dict[str, Any]:
    """Run all sweeps side by side; returns numerics, CPU and the hashes of each run."""
    environment = os.environ | SAME_ON_EVERY_CPU
    commands = [
        [sys.executable, "-m", "isbe_bench", "-m", *sweep, *COMMON, f"results_dir={results_dir}"]
        for sweep in SWEEPS
    ]
    processes = [
        subprocess.Popen(
            command,
            env=environment,
            cwd=results_dir,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        for command in commands
    ]
    for process in processes:
        output, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"reference trainings: a sweep failed\n{output}")
    runs = {}
    for folder in sorted((results_dir / "runs").iterdir()):
        settings = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        runs[f"{settings['arch']['name']} {settings['loss']['name']}"] = {
            "curves": _hash(folder / "epochs.csv"),
            "predictions": _hash(folder / "predictions.csv"),
        }
        origin = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    # Version 0.1 recorded no number; the first is 1.
    return {"numerics": origin.get("numerics", 1), "cpu": origin["cpu"], "runs": runs}


def _hash(path: Path) -> str:
    """SHA-256 of a CSV file without the columns that hold times."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    kept = [at for at, name in enumerate(header) if not name.endswith("_ms") and name != "epoch_s"]
    text = "\n".join(",".join(row[at] for at in kept) for row in (header, *rows))
    return hashlib.sha256(text.encode()).hexdigest()


def _compare(recorded: dict[str, Any], measured: dict[str, Any]) -> int:
    names = list(recorded["runs"] | measured["runs"])
    changed = []
    for name in names:
        before, now = recorded["runs"].get(name, {}), measured["runs"].get(name, {})
        parts = [part for part in ("curves", "predictions") if before.get(part) != now.get(part)]
        if parts:
            changed.append(f"  {name:<28} {' and '.join(parts)}")
    if changed:
        print(
            f"reference trainings: {len(changed)} of {len(names)} differ from {RECORD.name}",
            *changed,
            f"recorded with numerics {recorded['numerics']} on {recorded['cpu']}, "
            f"now {measured['numerics']} on {measured['cpu']}",
            "If that is intended, raise isbe_bench.NUMERICS and record them again with --write.",
            sep="\n",
            file=sys.stderr,
        )
        # On another kind of CPU a library may have a path of its own that nothing can switch off.
        return int(recorded["cpu"] == measured["cpu"])
    if recorded["numerics"] != measured["numerics"]:
        print(
            f"reference trainings: the same bits as under numerics {recorded['numerics']}, but "
            f"isbe_bench.NUMERICS is {measured['numerics']}; it is raised only when bits change",
            file=sys.stderr,
        )
        return 1
    print(f"reference trainings: {len(names)} have the recorded bits")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
