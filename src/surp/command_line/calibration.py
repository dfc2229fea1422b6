"""The training images and the network that some methods and quantizers look at, as `prune` and `quantize` take them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from surp.errors import ParameterError


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

    def keywords(self) -> dict[str, Any]:
        """As the functions of `surp.train` take them."""
        return asdict(self)
