"""The training images and the network that some methods and quantizers look at, as `prune` and `quantize` take them.

Only here those stages reach training and torch. What is imported here is therefore no part of what depends on a stage
(`surp.provenance.sources.NOT_FOLLOWED`): a rule whose method or quantizer looks at images names it besides.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from surp.errors import ParameterError

if TYPE_CHECKING:
    from surp.tensors.state import State
    from surp.train.calibration import Calibration


@dataclass(frozen=True)
class CalibrationOptions:
    """The options of the two stages; train and model may be missing where nothing is measured."""

    train: Path | None
    model: str | None
    validation: int
    seed: int
    device: str
    threads: int

    def require(self, who: str, otherwise: str = "") -> None:
        """Raises `ParameterError` if train or model is missing; `otherwise`: what can be done without them."""
        if self.train is None or self.model is None:
            missing = " and ".join(f"--{name}" for name in ("train", "model") if getattr(self, name) is None)
            raise ParameterError(f"{who} is measured on training images and needs {missing}{otherwise}")

    def open(self, state: State, images: int, where: str) -> Calibration:
        """The network with the weights `state` (of the file `where`), and so many images."""
        from surp.train.calibration import open_calibration

        return open_calibration(state, images, where, **asdict(self))
