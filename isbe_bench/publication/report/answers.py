"""The report's first screen: what the main claims come to, each in a sentence with its numbers."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isbe_bench.analysis.step_sizes import StepSizes, is_interleaved, spreads
from isbe_bench.analysis.timings import Timings
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, label
from isbe_bench.papers import skarbek
from isbe_bench.publication.claim import Claim, Finding
from isbe_bench.publication.words import interval_text
from isbe_bench.settings.words import either
from isbe_bench.statistics.comparison import total_change

_MODE = "isbe_softmax"
"""Of the soft errors, the one that does the same work as cross-entropy."""


@dataclass(frozen=True)
class Answer:
    """A sentence, without its full stop.

    Attributes
    ----------
    evidence
        The numbers behind it, and where they were measured.
    anchor
        The id of the claim or the table that it is drawn from.
    """

    sentence: str
    evidence: str
    anchor: str


def of_claims(claims: Iterable[Claim]) -> list[Answer]:
    """The main claims; those that differ in one word alone share a sentence."""
    alike: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda each: not each.answers_title):
        if claim.answer:
            alike.setdefault(claim.answer, []).append(claim)
    return [_answer(template, each) for template, each in alike.items()]


def _answer(template: str, claims: Sequence[Claim]) -> Answer:
    words = {
        key: either(claim.words[key] for claim in claims)
        for key in claims[0].words
        if f"{{{key}}}" in template
    }
    evidence: dict[str, list[str]] = {}
    for claim in claims:
        finding = _main(claim)
        subject = [" ".join(claim.words.values())] if len(claims) > 1 else []
        lacking = f" ({finding.lacking})" if finding.lacking else ""
        text = " ".join([*subject, finding.evidence]) + lacking
        evidence.setdefault(finding.where, []).append(text)
    told = [f"{where}: {', '.join(texts)}" for where, texts in evidence.items()]
    return Answer(template.format(**words), "; ".join([*told, *_elsewhere(claims)]), claims[0].anchor)


def _elsewhere(claims: Sequence[Claim]) -> Iterator[str]:
    """The verdicts of the other findings: where else it is so, then where it is not."""
    subjects: dict[tuple[str, str], list[str]] = defaultdict(list)
    for claim in claims:
        main = _main(claim)
        for finding in claim.findings:
            if finding != main:
                told = "the same" if finding.verdict == main.verdict else finding.verdict
                subjects[told, finding.where].append(" ".join(claim.words.values()))
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (verdict, where), of in subjects.items():
        places[verdict, f"{', '.join(of)}: " if len(claims) > 1 else ""].append(where)
    for (verdict, of_these), wheres in sorted(places.items(), key=lambda each: each[0][0] != "the same"):
        yield f"{of_these}{verdict} with {' and '.join(wheres)}"


def _main(claim: Claim) -> Finding:
    """The first finding that has the verdict of the claim."""
    return next(finding for finding in claim.findings if finding.verdict == claim.verdict)


def of_step_sizes(every: Iterable[StepSizes], timings: Iterable[Timings]) -> Iterator[Answer]:
    """Why tau falls, and how far single measurements of modes that do the same work lie apart."""
    for series in every:
        if _MODE in series.modes:
            yield _why(series)
    for group in timings:
        if not is_interleaved(group) and "ce" in (values := spreads(group)):
            yield _spread(group, values["ce"])


def of_machines(timings: Iterable[Timings]) -> Iterator[Answer]:
    """That times come from one machine alone, if so."""
    devices = {str(group.where["device"]) for group in timings}
    if len(devices) == 1:
        yield Answer("All that is said of times comes from one machine", devices.pop(), "timing_totals")


def _why(series: StepSizes) -> Answer:
    """What softmax does to tau at both ends, and the most that any soft error saves."""
    taus, texts, savings = [], [], []
    for group in series.groups:
        step = f"steps of {group.comparison.mean('total_ms', series.reference).mean:.3g} ms"
        tau = group.comparison.difference("tau", _MODE, series.reference)
        if group.verdict(tau, group.tau_control).kind != "untrusted":
            total = total_change(group.comparison, _MODE)
            taus.append(tau)
            texts.append(
                f"with {step} {interval_text(tau)} points of tau and {interval_text(total)}% of the time"
            )
        for mode in filter(ISBE.__contains__, series.modes):
            total = total_change(group.comparison, mode)
            if group.verdict(total, group.total_control).kind != "untrusted":
                savings.append((-total.low, f"{label(mode)} with {step} {interval_text(total)}%"))
    sentence = "Whether tau falls further where a step is shorter is undecided"
    if len(taus) > 1 and taus[0].high < taus[-1].low:
        sentence = "The shorter a step, the further tau falls"
    told = texts[:: len(texts) - 1] if len(texts) > 1 else texts
    if savings:
        most, where = max(savings)
        sentence += f", and no soft error saves more than {max(0.0, most):.1f}% of the time"
        told = [*told, f"the lowest bound of the time is that of {where}"]
    evidence = "; ".join(told) or "the measurements are untrusted"
    place = f"{_place(series.where)}, {label(_MODE)} against {series.reference}"
    return Answer(sentence, f"{place}: {evidence}", "tau_by_step")


def _spread(group: Timings, values: Sequence[float]) -> Answer:
    printed = skarbek.printed("tau", "mnist", "n0", None)
    papers = [printed[mode] for mode in CROSS_ENTROPY]
    theirs = max(papers) - min(papers)
    beyond = sum(value >= theirs for value in values)
    size = int(group.runs["timing.batch_size"].iloc[0])
    place = {**group.where, "settings": ""}
    disturbed = f", {group.disturbed} of them disturbed" if group.disturbed else ""
    return Answer(
        f"Measured one loss after another with batches of {size} images, mean, none and sum, which do "
        f"the same work, lie {min(values):.2f} to {max(values):.2f} points of tau apart",
        f"{_place(place)}: in single processes, median {statistics.median(values):.2f}; in {beyond} of "
        f"{len(values)}{disturbed} at least the paper's {theirs:.2f}",
        "tau_spread",
    )


def _place(where: Mapping[str, Any]) -> str:
    place = f"{where['net']} on {where['dataset']}, {where['device']}"
    return f"{place} {where['settings']}".rstrip()
