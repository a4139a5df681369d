"""A PyTorch network, layer by layer, as the reference's own."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from isbe_bench.errors import InputError
from isbe_bench.networks.network import Network
from isbe_bench.oracle import layers
from isbe_bench.oracle.layers import Array, Composed, Layer


class MaskedDropout(nn.Module):
    """Dropout whose last masks, (B, ...), can be read."""

    mask: Tensor

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def forward(self, inputs: Tensor) -> Tensor:
        self.mask = (torch.rand_like(inputs) >= self._share) / (1 - self._share)
        return inputs * self.mask


def with_masks(network: nn.Module) -> nn.Module:
    """The network with `MaskedDropout` in place of `Dropout`."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Dropout):
                setattr(parent, name, MaskedDropout(child.p))
    return network


def translated(network: nn.Module, last: Layer | None = None) -> list[Layer]:
    """The layers 1 to K as the text counts them, with copies of the network's weights.

    Each begins with a linear unit or a convolution and has all that follows it up to the next; the first
    has what comes before it, too, and layer K has `last`, which follows the scores.

    Raises
    ------
    InputError
        A layer that the reference does not have.
    """
    parts: list[list[Layer]] = [[]]
    begun = False
    for layer in (_layer(name, module) for name, module in _modules("", network)):
        if isinstance(layer, (layers.Linear, layers.Convolution)):
            if begun:
                parts.append([])
            begun = True
        parts[-1].append(layer)
    if last is not None:
        parts[-1].append(last)
    return [Composed(each) for each in parts]


def check(network: nn.Module, images: Tensor) -> None:
    """Check that the reference can stand for a network, by its scores of some images (B, C, H, W).

    Raises
    ------
    InputError
        A layer that the reference does not have, a `forward` that does something else than one layer
        after another, or a weight that does not learn.
    """
    trained = with_masks(network).double().train()
    outputs = array(images)
    expected = array(trained(images.double()))
    by_hand = translated(trained)
    for layer in by_hand:
        outputs = layer.forward(outputs)
    if outputs.shape != expected.shape or not np.allclose(outputs, expected, rtol=1e-8, atol=1e-8):
        raise InputError(
            "arch: task=oracle computes the layers of a network one after another, and this one makes "
            "other scores of them; allowed is a network whose forward does no more"
        )
    learning = {name for name, weight in trained.named_parameters() if weight.requires_grad}
    others = {name for layer in by_hand for name in layer.weights} ^ learning
    if others:
        raise InputError(
            f"arch: task=oracle takes weights that learn, each of one layer, and {min(others)} is not "
            "one; allowed is a network without such weights"
        )


def couples_images(network: nn.Module) -> bool:
    """Whether the scores of an image depend on the others of its batch."""
    return any(isinstance(each, (nn.BatchNorm1d, nn.BatchNorm2d)) for each in network.modules())


def array(tensor: Tensor) -> Array:
    """A copy in float64."""
    values: Array = tensor.detach().double().cpu().numpy().copy()
    return values


def _modules(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules that compute something, in their order, with `NAME.` before their weights' names."""
    if isinstance(module, (Network, nn.Sequential)):
        for inner, child in module.named_children():
            yield from _modules(f"{name}{inner}.", child)
    else:
        yield name, module


def _layer(name: str, module: nn.Module) -> Layer:
    make = _LAYERS.get(type(module))
    made = make and make(name, module)
    if made is None or module._forward_hooks or module._forward_pre_hooks:
        known = ", ".join(sorted({each.__name__ for each in _LAYERS} - {MaskedDropout.__name__}))
        text = str(module)
        what = type(module).__name__ if "\n" in text else text
        raise InputError(
            f"arch: task=oracle cannot compute {name.rstrip('.') or 'the network'}, {what}, by hand; "
            f"allowed are layers one behind the other, of {known} and Dropout, with their usual settings"
        )
    return made


def _linear(name: str, module: nn.Linear) -> Layer:
    return layers.Linear(name, array(module.weight), _bias(module))


def _convolution(name: str, module: nn.Conv2d) -> Layer | None:
    stride, padding = set(module.stride), set(module.padding)
    is_plain = module.groups == 1 and module.dilation == (1, 1) and module.padding_mode == "zeros"
    if not is_plain or len(stride) > 1 or len(padding) > 1 or isinstance(module.padding, str):
        return None
    weight, bias = array(module.weight), _bias(module)
    return layers.Convolution(name, weight, bias, module.stride[0], module.padding[0])


def _batch_norm(name: str, module: nn.BatchNorm1d | nn.BatchNorm2d) -> Layer | None:
    if not module.affine:
        return None
    return layers.BatchNorm(name, array(module.weight), array(module.bias), module.eps)


def _pooling(name: str, module: nn.MaxPool2d) -> Layer | None:
    side, stride = module.kernel_size, module.stride
    if not (isinstance(side, int) and isinstance(stride, int)) or module.padding or module.ceil_mode:
        return None
    return layers.MaxPooling(side, stride) if module.dilation == 1 else None


def _bias(module: nn.Linear | nn.Conv2d) -> Array | None:
    return None if module.bias is None else array(module.bias)


_LAYERS: dict[type[nn.Module], Callable[..., Layer | None]] = {
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.MaxPool2d: _pooling,
    nn.ReLU: lambda name, module: layers.ReLU(),
    nn.Flatten: lambda name, module: layers.Flatten(),
    MaskedDropout: lambda name, module: layers.Dropout(lambda: array(module.mask)),
}
