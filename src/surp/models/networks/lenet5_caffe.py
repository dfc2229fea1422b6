"""LeNet-5 as in Caffe: conv 20 - pool - conv 50 - pool - 500 - classes; 431,080 parameters for 10 classes."""

from __future__ import annotations

from torch import nn

TITLE = "LeNet-5-Caffe"
SHAPE = (1, 28, 28)


class LeNet5(nn.Sequential):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.add_module("conv1", nn.Conv2d(1, 20, 5))
        self.add_module("pool1", nn.MaxPool2d(2))
        self.add_module("conv2", nn.Conv2d(20, 50, 5))
        self.add_module("pool2", nn.MaxPool2d(2))
        self.add_module("flatten", nn.Flatten())
        self.add_module("fc1", nn.Linear(800, 500))
        self.add_module("relu", nn.ReLU())
        self.add_module("fc2", nn.Linear(500, classes))


def build(classes: int) -> nn.Module:
    return LeNet5(classes)
