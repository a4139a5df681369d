"""The code of a user's own part is part of a run's identity; that of installed packages is a version."""

from pathlib import Path

import pytest

from isbe_bench.settings import code

FILES = {
    "focal.py": "import torch\nfrom helper import scale\nimport unknown_module\nclass Focal: ...\n",
    "helper.py": "scale = 1\n",
    "package/__init__.py": "",
    "package/nets.py": "from . import layers\nfrom .deep.inner import x\nclass Net: ...\n",
    "package/layers.py": "width = 3\n",
    "package/deep/inner.py": "from ...package import layers as again\nx = 1\n",
    "group/plain.py": "def make():\n    from focal import Focal\n",
    "other.py": "",
    "broken.py": "def (:\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def hashed(target: str) -> str:
    return code.hashes([target])[target]


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("focal.Focal", "focal.py"),
        ("focal.Focal", "helper.py"),
        ("focal.Focal.build", "helper.py"),
        ("package.nets.Net", "package/__init__.py"),
        ("package.nets.Net", "package/layers.py"),
        ("package.nets.Net", "package/deep/inner.py"),
        ("group.plain.make", "helper.py"),
        ("broken.Net", "broken.py"),
    ],
)
def test_a_change_of_the_module_or_of_what_it_imports_changes_the_hash(
    folder: Path, target: str, file: str
) -> None:
    before = hashed(target)
    assert hashed(target) == before
    (folder / "other.py").write_text("changed = True\n")
    assert hashed(target) == before
    (folder / file).write_text(f"{(folder / file).read_text()}# changed\n")
    assert hashed(target) != before


def test_the_place_of_the_folder_does_not_matter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = hashed("package.nets.Net")
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    monkeypatch.syspath_prepend(elsewhere)
    assert hashed("package.nets.Net") == before


@pytest.mark.usefixtures("folder")
def test_what_is_installed_is_known_by_its_version() -> None:
    targets = [
        "torch.nn.ReLU",
        "isbe_bench.losses.focal.Focal",
        "nothing.such",
        "json.loads",
        "other.make",
    ]
    assert code.hashes(targets).keys() == {"other.make"}
    versions = code.versions(targets)
    assert versions.keys() == {"torch"}
    assert versions["torch"][0].isdigit()
