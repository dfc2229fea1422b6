"""MobileNetV2 for 32 x 32 pictures: torchvision's, with a first convolution of stride 1 (Sandler et al., 1801.04381).

Inverted residuals of depthwise and pointwise convolutions, each with batch normalisation. 2,236,682 parameters for 10
classes; every parameter and buffer has the name and the shape of torchvision's network for ImageNet.
"""

from __future__ import annotations

from torch import nn
from torchvision.models import mobilenet_v2

SHAPE = (3, 32, 32)


def build(classes: int) -> nn.Module:
    network = mobilenet_v2(num_classes=classes, dropout=0.0)
    network.features[0][0].stride = (1, 1)
    return network
