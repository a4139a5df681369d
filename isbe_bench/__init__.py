"""isbe-bench: can a classifier be trained without computing cross-entropy?

For a script of one's own: `SoftErrorLoss` and `soft_error` train with ISBE; `load` reads results.
Each is imported when it is asked for, so `import isbe_bench` alone loads neither torch nor pandas.
"""

import importlib
from typing import TYPE_CHECKING, Any

from isbe_bench.version import NUMERICS, __version__

if TYPE_CHECKING:
    from isbe_bench.analysis.collection import Measurements
    from isbe_bench.analysis.loading import Results, load
    from isbe_bench.errors import InputError
    from isbe_bench.losses.soft_error import soft_error
    from isbe_bench.losses.soft_error_loss import SoftErrorLoss

__all__ = [
    "NUMERICS",
    "InputError",
    "Measurements",
    "Results",
    "SoftErrorLoss",
    "__version__",
    "load",
    "soft_error",
]

_MODULES = {
    "InputError": "isbe_bench.errors",
    "Measurements": "isbe_bench.analysis.collection",
    "Results": "isbe_bench.analysis.loading",
    "SoftErrorLoss": "isbe_bench.losses.soft_error_loss",
    "load": "isbe_bench.analysis.loading",
    "soft_error": "isbe_bench.losses.soft_error",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
