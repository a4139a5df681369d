"""Imported by Python at its start: the clock of this process jumps at random, both ways.

`time.time` and `time.time_ns` jump for all code, `datetime.now` for isbe-bench alone: compiled modules
crash with another datetime than Python's own. Monotonic clocks stay as they are.
"""

import builtins
import datetime
import random
import time
import types
from typing import Any, Self

_LARGEST_JUMP_SECONDS = 1e6
_SHARE_OF_JUMPS = 0.5

_time, _time_ns, _import = time.time, time.time_ns, builtins.__import__
_random = random.Random()
_offset = 0.0


def _jumping() -> float:
    global _offset
    if _random.random() < _SHARE_OF_JUMPS:
        _offset = _random.uniform(-_LARGEST_JUMP_SECONDS, _LARGEST_JUMP_SECONDS)
    return _offset


def _jumping_time() -> float:
    return _time() + _jumping()


def _jumping_time_ns() -> int:
    return _time_ns() + int(_jumping() * 1e9)


class _JumpingDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        return cls.fromtimestamp(_jumping_time(), tz)


def _importing(name: str, importer: dict[str, Any] | None = None, *rest: Any, **more: Any) -> Any:
    is_own = name == "datetime" and str((importer or {}).get("__name__")).startswith("isbe_bench")
    return _jumping_datetime if is_own else _import(name, importer, *rest, **more)


_jumping_datetime = types.ModuleType("datetime")
_jumping_datetime.__dict__.update(vars(datetime) | {"datetime": _JumpingDatetime})
time.time, time.time_ns = _jumping_time, _jumping_time_ns
builtins.__import__ = _importing  # type: ignore[assignment]
