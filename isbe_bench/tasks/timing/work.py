"""The work of `task=timing`: measures all losses in rounds, on the same weights and batches."""

import itertools
from collections.abc import Mapping

import pandas as pd
import torch
from torch import nn
from tqdm import tqdm

from isbe_bench import losses, networks
from isbe_bench.catalogue.losses import TWIN, measured
from isbe_bench.data import seeding, sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.data.images import Description
from isbe_bench.errors import InputError
from isbe_bench.losses.mode import LossMode
from isbe_bench.measuring import balanced_rounds, steps
from isbe_bench.measuring.processes import Report
from isbe_bench.networks.features import FeatureTap
from isbe_bench.networks.network import Network
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import TIMING, Conditions, TimingSample
from isbe_bench.settings.loss import Loss
from isbe_bench.statistics.comparison import Comparison, tau_control, total_change, with_totals
from isbe_bench.statistics.intervals import MeanInterval
from isbe_bench.tasks import timed
from isbe_bench.tasks.timing.settings import ReadyTiming

_ORDERS = {"interleaved": balanced_rounds.measure, "consecutive": balanced_rounds.consecutive}


def run(ready: ReadyTiming, folder: RunFolder) -> str:
    """Measure all losses in all processes; returns a note of the A/A differences."""
    timing = ready.timing
    sources.read(ready.dataset)  # downloads missing files, and fails if they cannot be read
    plan = timed.Plan(work, TIMING, TimingSample, timing.processes, timing.warmup + timing.rounds)
    samples = pd.DataFrame(timed.run(ready, folder, plan)).assign(run=ready.slug)
    every = [measured(*each) for each in itertools.product(timing.losses, timing.classifiers)]
    if left := [name for name in every if name not in set(samples["mode"])]:
        tqdm.write(f"{folder.title}: left out, since loss and classifier do not fit: {', '.join(left)}")
    comparison = Comparison(with_totals(samples))
    total = total_change(comparison, comparison.control)
    return control_note(tau_control(comparison), total)


def work(ready: ReadyTiming, process: int, report: Report) -> tuple[list[TimingSample], Conditions]:
    """Measure in one fresh process; returns its samples and conditions."""
    timing = ready.timing
    session = timed.Session(ready.device, process, report)
    dataset = DeviceDataset(ready.dataset, ready.seed, session.device)
    # Every process takes another epoch's order and augmentation, and so other batches.
    whole = dataset.train_images // timing.batch_size
    every = dataset.epoch(process + 1).split(timing.batch_size)
    batches = list(itertools.islice(every, min(whole, timing.warmup + timing.rounds)))
    images = sources.describe(ready.dataset)
    by_classifier = _networks(ready, dataset, images, session.device)

    def subject(step: steps.Step) -> balanced_rounds.Subject:
        def once(number: int) -> Mapping[str, float]:
            # The same dropped units for all modes of a round, so that all see the same scores.
            seeding.seed_all(seeding.derive(ready.seed, "dropout", number))
            return step(*batches[number % len(batches)])

        return once

    modes = {
        measured(loss, classifier): (network, mode)
        for classifier, network in by_classifier.items()
        for loss, settings in zip(timing.losses, timing.modes, strict=True)
        if (mode := _fitting(settings, images.classes, network, session.device))
    }
    first = measured(timing.losses[0], timing.classifiers[0])
    network = by_classifier[timing.classifiers[0]]
    twin = _fitting(timing.modes[0], images.classes, network, session.device)
    assert twin is not None, "the first loss does not fit the first classifier, which was checked"
    modes[first + TWIN] = network, twin
    # One for all, so that its cost is the same for all modes.
    taps: dict[nn.Module, steps.Features] = dict.fromkeys(by_classifier.values(), tuple)
    if any(mode.wants_features for _, mode in modes.values()):
        taps = {network: FeatureTap(network, images.classes) for network in by_classifier.values()}
    subjects = {
        name: subject(
            steps.make(
                timing.engine,
                network,
                mode,
                batches[0],
                taps[network] if mode.wants_features else tuple,
                ready.device.precision,
            )
        )
        for name, (network, mode) in modes.items()
    }
    session.begin()
    samples = [
        TimingSample(
            process,
            each.round,
            each.position,
            each.subject,
            each.times_ms["forward"],
            each.times_ms["backward"],
            int(each.warmup),
        )
        for each in session.measure(subjects, timing.warmup, timing.rounds, _ORDERS[timing.sequence])
    ]
    return samples, session.conditions()


def _networks(
    ready: ReadyTiming, dataset: DeviceDataset, images: Description, device: torch.device
) -> dict[str, nn.Module]:
    """A network for each classifier, by its name; they share their body, if it is known."""
    made: dict[str, nn.Module] = {}
    for name, layer in zip(ready.timing.classifiers, ready.timing.layers, strict=True):
        network = networks.initialised(
            ready.arch, images.shape, images.classes, ready.seed, device, layer
        ).train()
        first = next(iter(made.values()), network)
        if network is not first and isinstance(network, Network) and isinstance(first, Network):
            network.body = first.body  # as prepared and compiled
        if network is first or not isinstance(network, Network):
            networks.prepare(network, dataset.first)
            if ready.device.compile:
                networks.compile_body(network)
        made[name] = network
    return made


def _fitting(settings: Loss, classes: int, network: nn.Module, device: torch.device) -> LossMode | None:
    """The loss mode for a network; None if it does not fit its classifier."""
    try:
        mode = losses.make(settings, classes, network)
    except InputError:
        return None
    if mode.module is not None:
        mode.module.to(device)
    return mode


def control_note(tau: MeanInterval, total: MeanInterval) -> str:
    """The A/A differences of a measurement in words, and what to do if they leave out zero."""
    note = (
        f"A/A {tau.mean:+.2f} [{tau.low:+.2f}, {tau.high:+.2f}] points of tau, "
        f"{total.mean:+.2f}% [{total.low:+.2f}, {total.high:+.2f}] of the total"
    )
    if tau.holds_zero and total.holds_zero:
        return note
    return (
        f"{note}: UNTRUSTED, identical modes differ; stop other programs or raise timing.processes, and "
        "measure again with force=true (1 in 10 sound measurements ends like this)"
    )
