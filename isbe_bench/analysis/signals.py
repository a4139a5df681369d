"""What trainings recorded of each epoch besides their curves: gradients by layer, and signals."""

import functools
from collections.abc import Iterable, Iterator

import pandas as pd

from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.trainings import Trainings, over_seeds


class Signals:
    """The gradients and signals of a group of trainings.

    Attributes
    ----------
    group
        The trainings.
    """

    def __init__(self, group: Trainings, collection: Collection) -> None:
        self.group = group
        columns = group.runs[["run", "mode", "seed"]]
        diagnostics = collection.diagnostics.merge(columns, on="run")
        self._gradients = diagnostics[diagnostics["quantity"] == "gradient"]
        self._signals = collection.signals.merge(columns, on="run")

    @functools.cached_property
    def layers(self) -> list[str]:
        """The weight tensors of which gradients were recorded, in the order of the network."""
        return list(dict.fromkeys(self._gradients["place"]))

    def gradient(self, mode: str, layer: str) -> pd.DataFrame:
        """The norm of a layer's gradient under a mode, in the form of `Trainings.curve`."""
        rows = self._gradients
        return over_seeds(rows[(rows["mode"] == mode) & (rows["place"] == layer)], "value")

    @property
    def with_gradients(self) -> list[str]:
        """The modes with gradients, in catalogue order; old runs have none."""
        return self._present(self._gradients)

    @property
    def modes(self) -> list[str]:
        """The modes with signals, in catalogue order."""
        return self._present(self._signals)

    def _present(self, rows: pd.DataFrame) -> list[str]:
        present = set(rows["mode"])
        return [mode for mode in self.group.modes if mode in present]

    def calibration_error(self, mode: str) -> pd.DataFrame:
        """The expected calibration error, in the form of `Trainings.curve`."""
        return over_seeds(self._rows(mode, "calibration_error"), "value")

    def score_range(self, mode: str) -> pd.DataFrame:
        """How far apart the 5% and the 95% quantile of the test scores are, in the same form."""
        rows = self._rows(mode, "score")
        low, high = (rows[rows["place"].map(float) == share] for share in (0.05, 0.95))
        keys = ["epoch", "seed"]
        both = low[[*keys, "value"]].merge(high[[*keys, "value"]], on=keys, suffixes=("_low", ""))
        return over_seeds(both.assign(value=both["value"] - both["value_low"]), "value")

    def weight_norm(self, mode: str) -> pd.DataFrame:
        """The norm of all weights together, in the same form."""
        rows = self._rows(mode, "weight")
        squares = rows.assign(value=rows["value"] ** 2).groupby(["epoch", "seed"])["value"].sum()
        return over_seeds((squares**0.5).reset_index(), "value")

    def reliability(self, mode: str) -> pd.DataFrame:
        """After the last epoch of each run, mean over seeds, by the upper edge of a bin of confidence.

        Columns: `share` of the test images in the bin, and `right`, the share of them that is predicted
        correctly; only bins with an image under each seed.
        """
        columns = {}
        for column, quantity in (("share", "confidence"), ("right", "right")):
            rows = self._rows(mode, quantity)
            last = rows[rows["epoch"] == rows.groupby("seed")["epoch"].transform("max")]
            by_bin = last.assign(place=last["place"].map(float))
            columns[column] = by_bin.pivot_table(index="place", columns="seed", values="value")
        frame = pd.DataFrame({name: table.mean(axis=1, skipna=False) for name, table in columns.items()})
        return frame.dropna().sort_index()

    def _rows(self, mode: str, quantity: str) -> pd.DataFrame:
        rows = self._signals
        return rows[(rows["mode"] == mode) & (rows["quantity"] == quantity)]


def groups(trainings: Iterable[Trainings], collection: Collection) -> Iterator[Signals]:
    """The groups of which some training recorded gradients."""
    recorded = set(collection.diagnostics["run"])
    for group in trainings:
        if recorded & set(group.runs["run"]):
            yield Signals(group, collection)
