"""Makes `import torchvision` work where PyTorch has no CUDA and torchvision was built for it.

Such a torchvision (the one on PyPI) cannot load its compiled operators and fails on import with
"operator torchvision::nms does not exist" while it registers shape rules for them. The import succeeds
if the schemas of the two operators are declared first. The suite uses torchvision's data sets and model
definitions, and none of its operators.
"""

import importlib
import importlib.util
from types import ModuleType

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: torch.library.Library | None = None  # keeps the declarations alive


def torchvision(submodule: str) -> ModuleType:
    """Import `torchvision.<submodule>`, declaring the operators only if the import fails without."""
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
