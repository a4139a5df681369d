"""Imported by Python at its start: the clock of this process jumps at random, both ways.

Only what Python code sees jumps: `time.time` and `datetime.now`. Monotonic clocks stay as they are.
"""

import datetime
import random
import time
from typing import Self

_LARGEST_JUMP_SECONDS = 1e6
_SHARE_OF_JUMPS = 0.1

_time, _time_ns = time.time, time.time_ns
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


time.time, time.time_ns = _jumping_time, _jumping_time_ns
datetime.datetime = _JumpingDatetime  # type: ignore[misc]
