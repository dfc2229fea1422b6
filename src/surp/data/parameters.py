"""What every reader of a data set tells before it reads."""

from __future__ import annotations

from surp.parameters import Frozen


class DataParameters(Frozen):
    """There is nothing to choose, unless a reader says so."""

    @property
    def training_images(self) -> int | None:
        """How many there are, where that is known before they are read."""
        return None

    @property
    def shape(self) -> tuple[int, int, int] | None:
        """Channels, height and width of an image, where they are known before one is read."""
        return None
