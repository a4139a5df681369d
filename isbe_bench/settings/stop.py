"""`train.stop`: what ends a training before its last epoch."""

from pydantic import Field

from isbe_bench.settings.fields import AtLeastOne, Positive, Settings


class Stop(Settings):
    """Criteria, of which the first that is met ends a training (Tomasi 2019, Section 4); null: none.

    Attributes
    ----------
    patience
        The error on the validation images has not fallen for so many epochs. The network is then that
        of the epoch with the lowest error, and also where the criterion is never met.
    loss_change
        The training loss has changed by less than this in an epoch.
    weight_change
        An epoch has moved the weights by less than this: the norm of the step of all of them together.
    goes_on
        `continue`: the training goes on to its last epoch, with the bits of one that nothing stops, and
        only records where it would have ended.
    """

    patience: AtLeastOne | None = None
    loss_change: Positive | None = None
    weight_change: Positive | None = None
    goes_on: bool = Field(default=False, alias="continue")

    @property
    def criteria(self) -> dict[str, float]:
        """Those that are asked for."""
        every = {
            "patience": self.patience,
            "loss_change": self.loss_change,
            "weight_change": self.weight_change,
        }
        return {name: value for name, value in every.items() if value is not None}
