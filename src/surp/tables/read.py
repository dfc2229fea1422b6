"""The files that tables are built of."""

from __future__ import annotations

from pathlib import Path

from surp.summary.counted import read_counted
from surp.summary.frame import read_frame
from surp.tables import Measurements


def read_measurements(summary: Path, layers: Path | None, quantizer: str = "", coder: str = "") -> Measurements:
    """Raises `SurpError` naming a file that is missing or no table."""
    return Measurements(read_frame(summary), read_counted(layers) if layers else (), quantizer, coder)
