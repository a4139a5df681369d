"""The work of `task=oracle`: compares the reference with autograd, one loss mode after another."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from isbe_bench import losses, networks
from isbe_bench.data import seeding, sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.measuring import devices, environment
from isbe_bench.oracle.comparison import Comparison, Finding
from isbe_bench.oracle.heads import HEADS
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import ORACLE, OracleCheck
from isbe_bench.settings import loss
from isbe_bench.settings.loss import Isbe
from isbe_bench.tasks.oracle.settings import ReadyOracle


def run(ready: ReadyOracle, folder: RunFolder) -> str:
    """Compare all loss modes; returns a note of the largest deviations."""
    device = devices.activate(ready.device)
    folder.clear()
    folder.begin(environment.describe(device))
    oracle = ready.oracle
    dataset = DeviceDataset(ready.dataset, ready.seed, device)
    images = sources.describe(ready.dataset)
    batches = list(_first(dataset.epoch(1).split(oracle.batch_size), oracle.images))
    rows: list[OracleCheck] = []
    for name in oracle.losses:
        settings = loss.in_full(name)
        network = networks.initialised(ready.arch, images.shape, images.classes, ready.seed, device)
        mode = losses.make(settings, images.classes, network)
        seeding.seed_all(seeding.derive(ready.seed, "dropout", 1))
        blur = settings.blur_amount if isinstance(settings, Isbe) else 0.0
        comparison = Comparison(network, mode, HEADS[name], images.classes, blur)
        findings = (
            comparison.gradient(*batches[0]),
            comparison.as_printed(*batches[0]),
            comparison.epoch(batches, oracle.lr),
        )
        rows += [_row(name, finding) for finding in findings]
    folder.write_rows(ORACLE, rows)
    return _note(rows)


def _first(batches: Iterator[tuple[Tensor, Tensor]], images: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of the first images."""
    for pixels, labels in batches:
        if images <= 0:
            return
        yield pixels[:images], labels[:images]
        images -= len(labels)


def _row(loss: str, finding: Finding) -> OracleCheck:
    return OracleCheck(
        loss,
        finding.check,
        finding.quantity,
        finding.value,
        finding.relation,
        finding.bound,
        int(finding.holds),
        finding.steps,
        finding.note,
    )


def _note(rows: Sequence[OracleCheck]) -> str:
    compared = [row for row in rows if row.check != "as_printed"]
    largest = max(row.value for row in compared)
    wrong = dict.fromkeys(row.loss for row in compared if not row.holds)
    if wrong:
        return f"the reference and autograd differ under {', '.join(wrong)}, by {largest:.1e}"
    return f"autograd agrees with the reference to {largest:.1e}"
