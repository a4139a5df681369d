"""The layers of a network, each with its derivatives worked out by hand (Tomasi 2019, Appendix).

Arrays are float64. The first axis is that of the images: (N, D), or (N, C, H, W).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]
Gradients = dict[str, Array]
"""By the name of the weight."""


class Layer(ABC):
    """`x(k) = f(x(k-1), w(k))`.

    Attributes
    ----------
    weights
        w(k): arrays by name.
    """

    weights: dict[str, Array]

    def __init__(self) -> None:
        self.weights = {}

    @abstractmethod
    def forward(self, inputs: Array) -> Array:
        """x(k) of x(k-1); keeps what `backward` needs."""

    @abstractmethod
    def backward(self, error: Array) -> tuple[Array, Gradients]:
        """From `g = dl/dx(k)` of the last `forward`: `g dx(k)/dx(k-1)`, and `g dx(k)/dw(k)` by name.

        Of several images, `g dx(k)/dw(k)` is the sum.
        """


class _Linear(Layer):
    """What linear units and convolutions have in common: a weight, and perhaps a bias."""

    _inputs: Array

    def __init__(self, name: str, weight: Array, bias: Array | None = None) -> None:
        super().__init__()
        self._weight, self._bias = f"{name}weight", f"{name}bias"
        self.weights[self._weight] = weight
        if bias is not None:
            self.weights[self._bias] = bias

    def _gradients(self, weight: Array, bias: Array) -> Gradients:
        gradients = {self._weight: weight, self._bias: bias}
        return {name: gradients[name] for name in self.weights}


class Linear(_Linear):
    """`x W^T + b`, with W of (outputs, inputs)."""

    def forward(self, inputs: Array) -> Array:
        self._inputs = inputs
        return inputs @ self.weights[self._weight].T + self.weights.get(self._bias, 0.0)

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        gradients = self._gradients(error.T @ self._inputs, error.sum(axis=0))
        return error @ self.weights[self._weight], gradients


class Convolution(_Linear):
    """Masks of (outputs, inputs, height, width), in steps of `stride` over maps padded by zeros."""

    def __init__(
        self, name: str, weight: Array, bias: Array | None = None, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__(name, weight, bias)
        self._stride, self._padding = stride, padding

    def forward(self, inputs: Array) -> Array:
        pad = self._padding
        self._inputs = np.pad(inputs, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        masks = self.weights[self._weight]
        maps: Array = np.einsum("nchwij,ocij->nohw", self._windows(), masks, optimize=True)
        bias = self.weights.get(self._bias)
        return maps if bias is None else maps + bias[:, None, None]

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        masks = self.weights[self._weight]
        weight = np.einsum("nohw,nchwij->ocij", error, self._windows(), optimize=True)
        back = np.zeros_like(self._inputs)
        for i, j in np.ndindex(*masks.shape[2:]):  # each input was seen by one window at each place
            part = np.einsum("nohw,oc->nchw", error, masks[:, :, i, j], optimize=True)
            _seen(back, i, j, self._stride, error.shape)[...] += part
        pad = self._padding
        inner = back[:, :, pad : back.shape[2] - pad, pad : back.shape[3] - pad]
        return inner, self._gradients(weight, error.sum(axis=(0, 2, 3)))

    def _windows(self) -> Array:
        """(N, C, H, W, height, width): what each mask sees at each place."""
        return _windows(self._inputs, self.weights[self._weight].shape[2:], self._stride)


class ReLU(Layer):
    """`max(x, 0)`. At 0 the derivative is 0, as in PyTorch; the text has 1 there."""

    def forward(self, inputs: Array) -> Array:
        self._passes = inputs > 0
        return np.where(self._passes, inputs, 0.0)

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        return np.where(self._passes, error, 0.0), {}


class MaxPooling(Layer):
    """The largest value of each window; of equal ones, the first gets the whole error."""

    def __init__(self, side: int, stride: int) -> None:
        super().__init__()
        self._side, self._stride = side, stride

    def forward(self, inputs: Array) -> Array:
        self._shape = inputs.shape
        windows = _windows(inputs, (self._side, self._side), self._stride)
        flat = windows.reshape(*windows.shape[:4], -1)
        self._largest = flat.argmax(axis=4)
        largest: Array = np.take_along_axis(flat, self._largest[..., None], axis=4)[..., 0]
        return largest

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        back = np.zeros(self._shape)
        for i, j in np.ndindex(self._side, self._side):
            part = np.where(self._largest == i * self._side + j, error, 0.0)
            _seen(back, i, j, self._stride, error.shape)[...] += part
        return back, {}


class BatchNorm(Layer):
    """`gain * (x - E x) / sqrt(Var x + eps) + offset`, over the images, and places, of each channel."""

    def __init__(self, name: str, gain: Array, offset: Array, eps: float) -> None:
        super().__init__()
        self._gain, self._offset = f"{name}weight", f"{name}bias"
        self.weights = {self._gain: gain, self._offset: offset}
        self._eps = eps

    def forward(self, inputs: Array) -> Array:
        self._axes = (0, *range(2, inputs.ndim))
        self._deviation = np.sqrt(inputs.var(axis=self._axes, keepdims=True) + self._eps)
        normal: Array = (inputs - inputs.mean(axis=self._axes, keepdims=True)) / self._deviation
        self._normal = normal
        gain, offset = (self._wide(self.weights[name]) for name in (self._gain, self._offset))
        return gain * normal + offset

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        def mean(values: Array) -> Array:
            averages: Array = values.mean(axis=self._axes, keepdims=True)
            return averages

        gradients = {
            self._gain: (error * self._normal).sum(axis=self._axes),
            self._offset: error.sum(axis=self._axes),
        }
        scaled = error * self._wide(self.weights[self._gain])
        # Each value also moves the mean and the deviation of its channel.
        back = scaled - mean(scaled) - self._normal * mean(scaled * self._normal)
        return back / self._deviation, gradients

    def _wide(self, values: Array) -> Array:
        """One value a channel, in as many dimensions as the images have."""
        return values.reshape(1, -1, *[1] * (len(self._axes) - 1))


class Dropout(Layer):
    """`x * mask`, of given masks: 0 where a value is dropped, and 1 / (1 - share) elsewhere.

    Parameters
    ----------
    masks
        Gives the masks of a batch, (B, ...), in the order in which its images come, one or more at once.
    """

    def __init__(self, masks: Callable[[], Array]) -> None:
        super().__init__()
        self._masks = masks
        self._seen = 0

    def forward(self, inputs: Array) -> Array:
        masks = self._masks()
        self._mask = masks[self._seen : self._seen + len(inputs)]
        self._seen = (self._seen + len(inputs)) % len(masks)
        return inputs * self._mask

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        return error * self._mask, {}


class Flatten(Layer):
    """(N, C, H, W) -> (N, C * H * W)."""

    def forward(self, inputs: Array) -> Array:
        self._shape = inputs.shape
        return inputs.reshape(len(inputs), -1)

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        return error.reshape(self._shape), {}


class SoftMax(Layer):
    """`e^x_i / sum_j e^x_j`, whose Jacobian is `diag(p) - p p^T`."""

    def forward(self, inputs: Array) -> Array:
        powers = np.exp(inputs - inputs.max(axis=1, keepdims=True))  # or they would overflow
        soft: Array = powers / powers.sum(axis=1, keepdims=True)
        self._soft = soft
        return soft

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        return self._soft * (error - (error * self._soft).sum(axis=1, keepdims=True)), {}


class Composed(Layer):
    """Several layers that the text counts as one: a linear one with all up to the next linear one."""

    def __init__(self, parts: Sequence[Layer]) -> None:
        super().__init__()
        self._parts = parts
        # The same arrays as those of the parts, so that a step changes both.
        self.weights = {name: value for part in parts for name, value in part.weights.items()}

    def forward(self, inputs: Array) -> Array:
        for part in self._parts:
            inputs = part.forward(inputs)
        return inputs

    def backward(self, error: Array) -> tuple[Array, Gradients]:
        gradients: Gradients = {}
        for part in reversed(self._parts):
            error, found = part.backward(error)
            gradients |= found
        return error, gradients


def _windows(maps: Array, size: tuple[int, ...], stride: int) -> Array:
    """(N, C, H, W, *size): all windows of maps (N, C, ...), in steps of `stride`."""
    return sliding_window_view(maps, size, axis=(2, 3))[:, :, ::stride, ::stride]


def _seen(maps: Array, i: int, j: int, stride: int, shape: tuple[int, ...]) -> Array:
    """A view of what all windows see at their place (i, j), of as many windows as `shape` has."""
    height, width = shape[2:]
    return maps[:, :, i : i + stride * height : stride, j : j + stride * width : stride]
