"""Where a text contradicts itself."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Slip:
    """A statement of a text, and the numbers or the arithmetic that contradict it."""

    statement: str
    numbers: str
