"""`docs/architecture.md` draws what the contract of the layers says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def contract() -> list[set[str]]:
    """Rooms of each layer, the highest first; rooms in brackets need not be there."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [set(re.findall(r"\w+", layer)) for layer in layers if layer != "__main__"]


def picture() -> list[set[str]]:
    """The same by the numbers in the page's picture; each room begins a cell."""
    rooms: dict[int, set[str]] = {}
    for line in (ROOT / "docs" / "architecture.md").read_text().split("```")[1].strip().splitlines():
        height, cells = line.split(maxsplit=1)
        rooms.setdefault(int(height), set()).update(cell.split()[0] for cell in cells.split(" | "))
    return [rooms[height] for height in sorted(rooms, reverse=True)]


def test_the_picture_has_the_rooms_of_the_contract_at_their_heights():
    assert picture() == contract()
