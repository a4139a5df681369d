"""`task=timing`: forward and backward time of many loss modes, compared fairly (docs/measuring.md)."""

import time
from collections.abc import Mapping
from itertools import pairwise

import pandas as pd
import torch

from isbe_bench import losses, networks
from isbe_bench.catalogue.losses import TWIN
from isbe_bench.data import seeding, sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.measuring import balanced_rounds, clocks, devices, steps
from isbe_bench.measuring.conditions import Watch
from isbe_bench.measuring.processes import Report, Throttle
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import TIMING, Conditions, TimingSample
from isbe_bench.settings.config import TimingConfig
from isbe_bench.statistics.comparison import Comparison, tau_control, total_change, with_totals
from isbe_bench.tasks import measuring


def run(config: TimingConfig, folder: RunFolder) -> str:
    """Measure all losses in all processes; the note says what the A/A control found."""
    timing = config.timing
    sources.read(config.dataset)  # downloads what is missing, and fails where it cannot be read
    task = measuring.Task(work, TIMING, TimingSample, timing.processes, timing.warmup + timing.rounds)
    samples = pd.DataFrame(measuring.run(config, folder, task)).assign(run=config.slug)
    comparison = Comparison(with_totals(samples))
    total = total_change(comparison, comparison.control)
    return measuring.control_note(tau_control(comparison), total)


def work(config: TimingConfig, process: int, report: Report) -> tuple[list[TimingSample], Conditions]:
    """What one fresh process does: all rounds of all losses, on the same weights and batches."""
    timing = config.timing
    assert timing.modes is not None, "the configuration is not prepared"
    started = time.monotonic()
    device = devices.activate(config.device)
    dataset = DeviceDataset(config.dataset, config.seed, device)
    # Every process takes another epoch's order and augmentation, and so other batches.
    batches = [
        batch
        for batch in dataset.epoch(process + 1).split(timing.batch_size)
        if len(batch[1]) == timing.batch_size
    ]
    description = sources.describe(config.dataset)
    network = networks.initialised(
        config.arch, description.shape, description.classes, config.seed, device
    ).train()

    def subject(step: steps.Step) -> balanced_rounds.Subject:
        def once(number: int) -> Mapping[str, float]:
            # The same dropped units for all modes of a round, so that all see the same scores.
            torch.manual_seed(seeding.derive(config.seed, "dropout", number))
            return step(*batches[number % len(batches)])

        return once

    made = [losses.make(mode, description.classes) for mode in (*timing.modes, timing.modes[0])]
    subjects = {
        name: subject(steps.make(timing.engine, network, mode, batches[0]))
        for name, mode in zip((*timing.losses, timing.losses[0] + TWIN), made, strict=True)
    }
    clock_ms = clocks.cost_ms(clocks.make(device))
    prepared = time.monotonic()
    throttled = Throttle(report)

    ends = [prepared]

    def progress(rounds: int) -> None:
        ends.append(time.monotonic())
        if rounds == timing.warmup:
            quickest = min(after - before for before, after in pairwise(ends))  # the first are cold
            setup = prepared - started
            report(measuring.Plan(setup + quickest * (timing.warmup + timing.rounds)))
        throttled(rounds)

    watch = Watch(process, clock_ms, device)
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
        for each in balanced_rounds.measure(subjects, timing.warmup, timing.rounds, progress)
    ]
    return samples, watch.conditions()
