"""What each method is and where it comes from: the docstrings of the files that do the work."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from surp import registry
from surp.tables import Measurements, Table, words

HEADINGS = {
    "methods": "Pruning methods",
    "quantizers": "Quantizers",
    "coders": "Coders",
    "figures": "Figures",
    "tables": "Tables",
}
HEADING = (
    "# Methods\n\nWhat stands in the folders of `src/surp/`, from the files' own docstrings. Written by "
    "`surp tables methods -o docs/methods.md`; a test keeps what stands here true.\n"
)
_REFERENCE = re.compile(r"\(((?:[^()]|\([^()]*\))*\b(?:19|20)\d\d\b[^()]*|[^()]*\barXiv\b[^()]*)\)")


def build(found: Measurements | None = None) -> list[Table]:
    """One table for each folder; nothing is imported."""
    return [_table(kind, heading) for kind, heading in HEADINGS.items()]


def _table(kind: str, heading: str) -> Table:
    rows = []
    for name in registry.names(kind):
        what, reference = read_docstring(registry.path(kind, name))
        rows.append((words(name), words(what), words(reference)))
    return Table(heading, ("name", "what it does", "source"), tuple(rows), (), {"folder": kind})


def read_docstring(path: Path) -> tuple[str, str]:
    """First sentence or line of a file's docstring without its reference, and all references of the docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(text.partition("\n\n")[0].partition("\n")[0].split())
    references = [" ".join(match.split()) for match in _REFERENCE.findall(text)]
    plain = _REFERENCE.sub("", first)
    return re.sub(r"\s+([.:,;])", r"\1", plain).replace("`", "").strip(), "; ".join(dict.fromkeys(references))
