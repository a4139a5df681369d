"""A user's own classifier, named by `_target_`."""

from torch import nn

from isbe_bench.errors import InputError
from isbe_bench.parts import targets
from isbe_bench.settings.own import OwnPart

_GROUP = "classifier"


def make(classifier: OwnPart, features: int, classes: int) -> nn.Module:
    """Call the target with its parameters and, where its signature names them, these:

    `in_features` or `num_features`; `out_features`, `num_classes` or `classes`. The result maps features
    (batch, D) to scores (batch, K).

    Raises
    ------
    InputError
        A target or a parameter that does not fit, a target that fails, or a result that is no module.
    """
    supplied = dict.fromkeys(("in_features", "num_features"), features)
    supplied |= dict.fromkeys(("out_features", "num_classes", "classes"), classes)
    target = targets.prepare(_GROUP, classifier, supplied)
    result = target.create()
    if not isinstance(result, nn.Module):
        raise InputError(
            f"{target.key}: returns {type(result).__name__}; allowed is a target that returns a "
            "torch.nn.Module"
        )
    return result
