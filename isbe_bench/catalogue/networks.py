"""The networks, with their names in the paper."""

from isbe_bench.catalogue.entry import Catalogue, Entry

MNIST_NETS, CIFAR_NETS = "networks for MNIST", "networks for CIFAR-10"

NETWORKS = Catalogue(
    Entry("n0", "N0", MNIST_NETS),
    Entry("n1", "N1", MNIST_NETS),
    Entry("n1r", "N1r", MNIST_NETS),
    Entry("vgg16", "VGG-16", CIFAR_NETS),
)
