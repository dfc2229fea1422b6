"""ResNet-20 for 32 x 32 pictures: three groups of three blocks, 16-32-64 channels (He et al., arXiv 1512.03385, 4.2).

Shortcuts have no parameters (option A): where the shape changes, every second pixel and zero channels. 269,722
parameters for 10 classes, with batch normalisation (running statistics are buffers).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

TITLE = "ResNet-20"
SHAPE = (3, 32, 32)
WIDTHS = (16, 32, 64)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.stride = outputs // inputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, self.stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, images: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(images)))
        return functional.relu(self.bn2(self.conv2(out)) + self._shortcut(images))

    def _shortcut(self, images: Tensor) -> Tensor:
        if self.stride == 1:
            return images
        margin = images.shape[1] // 2
        return functional.pad(images[:, :, ::2, ::2], (0, 0, 0, 0, margin, margin))


class ResNet(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        inputs = (WIDTHS[0], *WIDTHS[:-1])
        self.groups = nn.ModuleList(
            nn.Sequential(Block(before, width), Block(width, width), Block(width, width))
            for before, width in zip(inputs, WIDTHS, strict=True)
        )
        self.fc = nn.Linear(WIDTHS[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(images)))
        for group in self.groups:
            out = group(out)
        return self.fc(out.mean(dim=(2, 3)))


def build(classes: int) -> nn.Module:
    return ResNet(classes)
