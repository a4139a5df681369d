"""torchvision's ResNet-18 in a plain script: the gradients of cross-entropy, eager, compiled, autocast."""

import copy
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from isbe_bench import SoftErrorLoss
from isbe_bench.losses import heads
from isbe_bench.parts.torchvision_cpu import torchvision

Loss = Callable[[Tensor, Tensor], Tensor]
IMAGES = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([1, 5, 2, 7])

needs_a_compiler = pytest.mark.skipif(
    heads.missing("ce_compiled", "cpu") is not None, reason="needs a C++ compiler"
)
ignores_its_warnings = pytest.mark.filterwarnings("ignore")  # of the compiler


@pytest.fixture(scope="module")
def resnet() -> nn.Module:
    torch.manual_seed(0)
    network: nn.Module = torchvision("models").resnet18(num_classes=10)
    return network


@pytest.fixture
def fresh_compiler() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def step(network: nn.Module, loss: Loss, autocast: bool = False) -> dict[str, Tensor]:
    """The weights after a step of SGD, on a copy of the network."""
    trained = copy.deepcopy(network)
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.01)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        value = loss(trained(IMAGES), LABELS)
    value.backward()
    optimizer.step()
    return dict(trained.named_parameters())


@pytest.mark.parametrize("autocast", [False, True])
def test_a_step_is_that_of_cross_entropy(resnet: nn.Module, autocast: bool) -> None:
    ours = step(resnet, SoftErrorLoss(), autocast)
    theirs = step(resnet, nn.CrossEntropyLoss(), autocast)
    assert not torch.equal(ours["fc.weight"], resnet.get_parameter("fc.weight"))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


@needs_a_compiler
@ignores_its_warnings
@pytest.mark.usefixtures("fresh_compiler")
@pytest.mark.parametrize("activation", ["softmax", "tanh"])
def test_a_compiled_loss_in_one_graph(activation: str) -> None:
    torch.manual_seed(0)
    network = nn.Linear(3 * 32 * 32, 10)
    eager, compiled = (
        step(nn.Sequential(nn.Flatten(), network), loss)
        for loss in (SoftErrorLoss(activation), torch.compile(SoftErrorLoss(activation), fullgraph=True))
    )
    torch.testing.assert_close(compiled, eager)


@needs_a_compiler
@ignores_its_warnings
@pytest.mark.usefixtures("fresh_compiler")
@pytest.mark.slow
@pytest.mark.parametrize("shape", [(5,), (3, 5, 4, 2)], ids=str)
@pytest.mark.parametrize("kind", ["named", "function", "soft targets"])
def test_other_compiled_losses(shape: tuple[int, ...], kind: str) -> None:
    scores = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    labels = scores.argmax(min(1, len(shape) - 1))
    if kind == "soft targets":
        labels = scores.flip(0).softmax(min(1, len(shape) - 1))
    softmax = nn.Softmax(dim=1) if kind == "function" else "softmax"
    loss = SoftErrorLoss(softmax, symmetric=False, ignore_index=3)
    gradients = []
    for each in (loss, torch.compile(loss, fullgraph=True)):
        leaf = scores.clone().requires_grad_()
        (each(leaf, labels) / 2).backward()
        assert leaf.grad is not None
        gradients.append(leaf.grad)
    torch.testing.assert_close(*gradients)


@needs_a_compiler
@ignores_its_warnings
@pytest.mark.usefixtures("fresh_compiler")
@pytest.mark.slow
def test_network_and_loss_compiled_into_one_graph(resnet: nn.Module) -> None:
    def gradients(loss: Loss) -> list[Tensor]:
        resnet.zero_grad()
        loss(IMAGES, LABELS).backward()
        return [each.grad.clone() for each in resnet.parameters() if each.grad is not None]

    def whole(loss: Loss) -> Loss:
        return lambda images, labels: loss(resnet(images), labels)

    compiled = gradients(torch.compile(whole(SoftErrorLoss()), fullgraph=True))
    eager = gradients(whole(nn.CrossEntropyLoss()))
    assert len(compiled) == len(list(resnet.parameters()))
    torch.testing.assert_close(compiled, eager, rtol=1e-3, atol=1e-3)
