"""Whether a results folder is what its tables say, and whether the tables are the checked-in ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mismatch:
    """where: the file that is not what it should be; what: how, with both values."""

    where: Path
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
