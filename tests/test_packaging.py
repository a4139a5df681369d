"""The wheel carries its configuration and works from any folder."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_built_wheel_runs_from_any_folder(root: Path, tmp_path: Path) -> None:
    dist, env, elsewhere = tmp_path / "dist", tmp_path / "env", tmp_path / "elsewhere"
    elsewhere.mkdir()
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(dist),
        str(root),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    assert "isbe_bench/py.typed" in zipfile.ZipFile(wheel).namelist()
    venv.create(env, with_pip=True)
    bin_dir = env / ("Scripts" if sys.platform == "win32" else "bin")
    install: list[str | Path] = [
        bin_dir / "python",
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True)
    # The dependencies are borrowed from this environment; .ci/run installs them too.
    site = next(env.rglob("site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))

    where: list[str | Path] = [bin_dir / "python", "-c", "import isbe_bench; print(isbe_bench.__file__)"]
    package = subprocess.run(where, cwd=elsewhere, check=True, capture_output=True, text=True).stdout
    assert Path(package).is_relative_to(env)
    done = subprocess.run(
        [bin_dir / "isbe-bench", "-m", "loss=isbe_softmax", "train.epochs=1"],
        cwd=elsewhere,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "1 done" in done.stdout or ": done in" in done.stdout
    assert [path.name for path in elsewhere.iterdir()] == ["results"]
    assert len(list(elsewhere.glob("results/runs/*/predictions.csv"))) == 1
