"""What every reader of a data set tells before it reads."""

from __future__ import annotations

from typing import ClassVar

from surp.parameters import Frozen

Shape = tuple[int, int, int]
"""Channels, height and width of an image."""


class DataParameters(Frozen):
    """There is nothing to choose, unless a reader says so.

    TRAINING_IMAGES: how many there are, where that is known before they are read. SHAPE: of every image of the set.
    """

    TRAINING_IMAGES: ClassVar[int | None] = None
    SHAPE: ClassVar[Shape | None] = None

    @property
    def training_images(self) -> int | None:
        return self.TRAINING_IMAGES

    @property
    def shape(self) -> Shape | None:
        """Of an image, where it is known before one is read."""
        return self.SHAPE
