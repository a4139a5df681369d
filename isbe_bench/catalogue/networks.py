"""The networks, with their names in the papers."""

from isbe_bench.catalogue.entry import Catalogue, Entry

MNIST_NETS, CIFAR_NETS, OTHER_NETS = "networks for MNIST", "networks for CIFAR-10", "other networks"

NETWORKS = Catalogue(
    Entry("n0", "N0", MNIST_NETS),
    Entry("n1", "N1", MNIST_NETS),
    Entry("n1r", "N1r", MNIST_NETS),
    Entry("vgg16", "VGG-16", CIFAR_NETS),
    Entry("resnet18", "ResNet-18", OTHER_NETS),
    Entry("resnet50", "ResNet-50", OTHER_NETS),
    Entry("vgg_zhu", "VGG (Zhu)", OTHER_NETS),
    Entry("airbench", "airbench", OTHER_NETS),
    Entry("perceptron", "perceptron", OTHER_NETS),
)
WHOLE_TRAININGS = {"airbench": 10}
"""Epochs of a whole training of networks that come with their own recipe."""
