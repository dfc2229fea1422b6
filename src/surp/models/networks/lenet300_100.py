"""LeNet-300-100: two hidden layers, 266,610 parameters for 10 classes (LeCun et al., 1998)."""

from __future__ import annotations

from torch import nn

TITLE = "LeNet-300-100"
SHAPE = (1, 28, 28)


class LeNet300(nn.Sequential):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.add_module("flatten", nn.Flatten())
        self.add_module("fc1", nn.Linear(784, 300))
        self.add_module("relu1", nn.ReLU())
        self.add_module("fc2", nn.Linear(300, 100))
        self.add_module("relu2", nn.ReLU())
        self.add_module("fc3", nn.Linear(100, classes))


def build(classes: int) -> nn.Module:
    return LeNet300(classes)
