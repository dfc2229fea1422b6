"""What `surp.encode` and `surp encode` take where nothing is said: a named preset of a quantizer for each use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Use = Literal["weights", "survivors"]


@dataclass(frozen=True)
class Preset:
    """A quantizer, and settings that its own defaults do not have."""

    quantizer: str
    settings: Mapping[str, Any]

    def settings_of(self, quantizer: str) -> dict[str, Any]:
        """The settings if this is the preset of that quantizer, else none."""
        return dict(self.settings) if quantizer == self.quantizer else {}


PRESETS: dict[Use, Preset] = {
    "weights": Preset("successive", {}),
    "survivors": Preset("uniform", {"keep_survivors": True, "rounding": 0.5, "step_rel": 0.25}),
}
"""weights: of a network as it is; files can be cut, and the step is for networks that nobody has tried.
survivors: of weights that are pruned while they are encoded; none is lost, at the precision of fine-tuned survivors
(docs/method.md)."""
