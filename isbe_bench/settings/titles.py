"""Titles that tell the runs of a sweep apart."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from isbe_bench.settings.identity import DERIVED, flatten
from isbe_bench.settings.run import ReadyRun
from isbe_bench.settings.words import shown

_NEVER_NAMED = {"task", "seed", "classifier.name", *DERIVED}
"""Settings that are in every title, or that follow from others."""
_LONGEST = 40


def full_titles(runs: Sequence[ReadyRun]) -> list[str]:
    """The title of each run, and the settings in which these runs differ and that no title shows.

    The settings of a part are compared between runs with a part of that name: the momentum of `sgd`
    is no difference from `adam`.
    """
    flat = [flatten(run.plain()) for run in runs]
    differing: list[list[str]] = [[] for _ in runs]
    for key in dict.fromkeys(key for settings in flat for key in settings):
        members: dict[Hashable, list[int]] = defaultdict(list)
        for number, settings in enumerate(flat):
            if key in settings and key not in _NEVER_NAMED and key not in runs[number].named_by:
                members[_comparable(key, settings)].append(number)
        for numbers in members.values():
            if len({repr(flat[number][key]) for number in numbers}) > 1:
                for number in numbers:
                    differing[number].append(key)
    short = _short({key for keys in differing for key in keys})
    return [
        " ".join([run.title, *(f"{short[key]}={_word(settings[key])}" for key in keys)])
        for run, settings, keys in zip(runs, flat, differing, strict=True)
    ]


def _comparable(key: str, settings: Mapping[str, Any]) -> Hashable:
    """What two runs must have in common for this setting of theirs to be compared."""
    name = f"{key.partition('.')[0]}.name"
    return settings["task"], None if key == name else settings.get(name)


def _short(keys: set[str]) -> dict[str, str]:
    """Keys as titles show them: the last part, if no other of them ends in it; a name as its group."""
    last = {key: key.removesuffix(".name").rpartition(".")[2] for key in keys}
    count = Counter(last.values())
    return {key: word if count[word] == 1 else key for key, word in last.items()}


def _word(value: Any) -> str:
    """A value as it is typed, cut off if it is long."""
    word = shown(list(value) if isinstance(value, tuple) else value).replace(" ", "")
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"
