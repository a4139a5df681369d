"""Makes `import torchvision` work where PyTorch has no CUDA and torchvision was built for it.

Such a torchvision (the one on PyPI) cannot load its compiled operators, and then fails on import with
"operator torchvision::nms does not exist" while it registers shape rules for them. Declaring the two
operators' schemas first lets the import pass. The suite uses none of torchvision's operators, only its
data sets and model definitions.
"""

import importlib
import importlib.util
from types import ModuleType

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: torch.library.Library | None = None  # its declarations live as long as this reference


def torchvision(submodule: str) -> ModuleType:
    """`torchvision.<submodule>`, imported; the declarations are made only if the import needs them."""
    global _declared
    try:
        return importlib.import_module(f"torchvision.{submodule}")
    except RuntimeError as error:
        if "torchvision::" not in str(error) or _declared is not None:
            raise
    _declared = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        _declared.define(schema)
    return importlib.import_module(f"torchvision.{submodule}")
