"""The checks of the statements: which hold as printed, and a wrong formula is detected."""

from collections.abc import Callable

import pytest
from theory_draws import draws
from torch import Tensor

from isbe_bench.theory import checks, mathematics, statements
from isbe_bench.theory.mathematics import Draws
from isbe_bench.theory.statements import STATEMENTS

FALSE_AS_PRINTED = {
    *("theorem1.1", "theorem1.2", "theorem1.4d", "theoremA1.proof", "theoremA1"),
    *("section3.lipschitz", "section3.close"),  # of softmax, sigmoid and hardsigmoid; of normalize
    *("section5.explosion", "section5.suppression"),  # of sigmoid
    *("tomasi.section5.softmax", "tomasi.section5.relu"),
}


def holding(drawn: Draws) -> set[str]:
    return {statement.name for statement in STATEMENTS if statement.check(drawn).holds}


@pytest.mark.parametrize(("classes", "samples"), [(2, 50), (2, 201), (10, 200), (100, 50)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_holds_as_printed_and_what_does_not(classes: int, samples: int, seed: int) -> None:
    drawn = draws(classes, samples, seed)
    false = {each.name for each in STATEMENTS if not each.check(drawn).holds}
    assert false == FALSE_AS_PRINTED


@pytest.mark.parametrize(
    ("name", "wrong", "lost"),
    [
        (
            "softmax_jacobian",
            lambda soft: mathematics.dilated_jacobian(soft, soft),
            {"theorem1.4a", "theoremA1.2.factored"},
        ),
        (
            "dilated_jacobian",
            lambda soft, dilations: mathematics.softmax_jacobian(soft),
            {"theoremA1.2"},
        ),
        (
            "soft_error",
            lambda soft, targets: targets - soft,
            {"theorem1.4b", "theorem1.4c", "theoremA1.3"},
        ),
        (
            "soft_cross_entropy",
            lambda scores, targets: mathematics.cross_entropy(
                mathematics.quiet_softmax(scores), targets
            ),
            {"theorem1.4.definition", "theorem1.4b", "theorem1.4c"},
        ),
    ],
)
def test_a_wrong_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: Callable[..., Tensor], lost: set[str]
) -> None:
    before = holding(draws())
    for module in (mathematics, checks):
        monkeypatch.setattr(module, name, wrong, raising=False)
    assert before - holding(draws()) == lost


def test_a_function_with_the_trick_is_not_excluded() -> None:
    drawn = draws()
    impostor = statements._excluded("softmax", mathematics.softmax)
    assert not impostor.check(drawn).holds
