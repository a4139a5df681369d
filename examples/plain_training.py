"""ISBE in plain PyTorch: a network learns from the soft error as it learns from cross-entropy.

Back-propagation does not need the value of a loss, only the gradient of the loss at the scores. For
cross-entropy of softmax that is `softmax(scores) - onehot(labels)`. ISBE sends this soft error into the
network and computes no loss at all (Skarbek 2024). Other activations than softmax work as well.

    python examples/plain_training.py
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from isbe_bench import SoftErrorLoss, soft_error

pixels, digits = load_digits(return_X_y=True)  # 1,797 images of 8x8 pixels in [0, 16]
arrays = train_test_split(pixels.astype("float32") / 16, digits, test_size=0.2, random_state=0)
images, test_images, labels, test_labels = map(torch.from_numpy, arrays)


def cross_entropy(scores: Tensor, labels: Tensor) -> None:
    F.cross_entropy(scores, labels, reduction="sum").backward()


def isbe(scores: Tensor, labels: Tensor) -> None:
    onehot = F.one_hot(labels, num_classes=10)
    scores.backward(torch.softmax(scores.detach(), dim=1) - onehot)


def isbe_tanh(scores: Tensor, labels: Tensor) -> None:
    scores.backward(soft_error(scores, labels, "tanh"))


def isbe_as_a_loss(scores: Tensor, labels: Tensor) -> None:
    SoftErrorLoss(reduction="sum")(scores, labels).backward()


def train(send_back: Callable[[Tensor, Tensor], None]) -> float:
    """Test accuracy in percent; every way starts from the same weights and sees the same batches."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(network.parameters())
    for _ in range(20):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            send_back(network(images[batch]), labels[batch])
            optimizer.step()
    right = network(test_images).argmax(dim=1) == test_labels
    return 100 * int(right.sum()) / len(right)


for way in (cross_entropy, isbe, isbe_tanh, isbe_as_a_loss):
    print(f"{way.__name__:15} {train(way):.1f} % of the test images right")
