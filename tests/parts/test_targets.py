"""A user's own parts: the target is imported, and its parameters are checked against its signature."""

from pathlib import Path
from typing import Any

import pytest

from isbe_bench.errors import InputError
from isbe_bench.parts import targets
from isbe_bench.settings.own import OwnPart

SOURCE = """
import enum
from typing import Literal

NUMBER = 3

class Kind(enum.Enum):
    SOFT = "soft"

class Focal:
    def __init__(
        self,
        gamma: float,
        *,
        layers: tuple[int, ...] = (1,),
        kind: Kind = Kind.SOFT,
        side: Literal["left", "right"] = "left",
        unknown: "NoSuchType" = None,
        plain=1,
        limit: int | None = None,
        classes: int = 2,
    ) -> None:
        self.values = dict(vars())

def open_ended(size: int, **others):
    return others

def nothing():
    return None
"""


def part(target: str, **parameters: Any) -> OwnPart:
    """Not validated: a target that is no dotted path is refused by `resolve`, too."""
    return OwnPart.model_construct(name="own", _target_=target, **parameters)


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "own_parts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "losses.py").write_text(SOURCE.replace('"NoSuchType"', "object"))
    (package / "late.py").write_text(SOURCE)
    (package / "broken.py").write_text("raise OSError('no\\nlicence')")
    (package / "needy.py").write_text("import not_installed_anywhere")
    monkeypatch.syspath_prepend(tmp_path)


def arguments(target: str, supplied: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    own = part(target, **parameters)
    return dict(targets.prepare("loss", own, supplied or {}).arguments)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("Focal", "loss._target_=Focal: allowed is a dotted path, MODULE.NAME"),
        ("own_lossess.Focal", "loss._target_=own_lossess.Focal: no module is called own_lossess; allowed is"),
        ("own_parts.loses.Focal", "no module is called own_parts.loses; allowed is a module that is installed, on PYTHONPATH, or in the folder of --config-dir"),
        ("own_parts.losses.Foccal", "own_parts.losses has no Foccal; did you mean Focal?"),
        ("own_parts.losses.xyz", "loss._target_=own_parts.losses.xyz: own_parts.losses has no xyz"),
        ("own_parts.losses.NUMBER", "is of type int; allowed is a class or a function"),
        ("own_parts.broken.Focal", "own_parts.broken cannot be imported (OSError: no licence)"),
        ("own_parts.needy.Focal", "own_parts.needy imports not_installed_anywhere, which is not installed"),
        ("own_parts..Focal", "loss._target_=own_parts..Focal: "),
        (".Focal", "loss._target_=.Focal: allowed is a dotted path"),
    ],
)  # fmt: skip
def test_targets_that_cannot_be_called(target: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        targets.prepare("loss", part(target), {})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "parameters", "message"),
    [
        ("Focal", {}, "loss.gamma: missing; own_parts.losses.Focal needs it"),
        ("Focal", {"gama": 1.0}, "loss.gama=1.0: own_parts.losses.Focal has no parameter gama; did you mean gamma?"),
        ("Focal", {"gamma": 1, "xyz": 2}, "loss.xyz=2: own_parts.losses.Focal has no parameter xyz; allowed is gamma, layers,"),
        ("Focal", {"gamma": "high"}, "loss.gamma=high: allowed is a valid number"),
        ("Focal", {"gamma": "2"}, "loss.gamma=2: allowed is a valid number"),
        ("Focal", {"gamma": None}, "loss.gamma=None: allowed is a valid number"),
        ("Focal", {"gamma": 1, "layers": [1, "a"]}, "loss.layers=[1, 'a']: allowed is a valid integer"),
        ("Focal", {"gamma": 1, "layers": 3}, "loss.layers=3: allowed is a valid array"),
        ("Focal", {"gamma": 1, "kind": "hard"}, "loss.kind=hard: allowed is 'soft'"),
        ("Focal", {"gamma": 1, "side": "up"}, "loss.side=up: allowed is 'left' or 'right'"),
        ("Focal", {"gamma": 1, "limit": 2.5}, "loss.limit=2.5: allowed is a valid integer"),
        ("nothing", {"gamma": 1}, "loss.gamma=1: own_parts.losses.nothing has no parameter gamma; allowed is none"),
        ("open_ended", {"other": 1}, "loss.size: missing"),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit(target: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        arguments(f"own_parts.losses.{target}", **parameters)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parameters_become_what_their_annotations_ask_for() -> None:
    values = arguments(
        "own_parts.losses.Focal", gamma=2, layers=[3, 4], kind="soft", plain=[1], limit=None
    )
    assert values.pop("kind").name == "SOFT"
    assert values == {"gamma": 2.0, "layers": (3, 4), "plain": [1], "limit": None}
    assert isinstance(values["gamma"], float)


def test_a_target_gets_what_it_names_of_what_the_suite_supplies() -> None:
    supplied = {"classes": 10, "num_classes": 10}
    focal = "own_parts.losses.Focal"
    assert arguments(focal, supplied, gamma=1)["classes"] == 10
    assert arguments(focal, supplied, gamma=1, classes=7)["classes"] == 7
    assert "num_classes" not in arguments(focal, supplied, gamma=1)


def test_any_keyword_passes_where_the_target_takes_any() -> None:
    assert arguments("own_parts.losses.open_ended", size=1, other="x") == {"size": 1, "other": "x"}


def test_an_annotation_that_cannot_be_evaluated_allows_any_value() -> None:
    assert arguments("own_parts.late.Focal", gamma=1, unknown=[1])["unknown"] == [1]


def test_what_has_no_signature_takes_any_parameter() -> None:
    assert arguments("builtins.dict", a=1) == {"a": 1}
