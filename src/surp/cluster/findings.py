"""What a check found: fine, or what to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "note", "failed"]


@dataclass(frozen=True)
class Finding:
    """state: `failed` makes the doctor fail; change: what to do, for all but `ok`."""

    state: Outcome
    what: str
    text: str
    change: str = ""

    def lines(self) -> str:
        head = f"{self.state:6}  {self.what}: {self.text}"
        return f"{head}\n        -> {self.change}" if self.change else head


def ok(what: str, text: str) -> Finding:
    return Finding("ok", what, text)


def note(what: str, text: str, change: str) -> Finding:
    return Finding("note", what, text, change)


def failed(what: str, text: str, change: str) -> Finding:
    return Finding("failed", what, text, change)


def once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What is wrong with several kinds of jobs for the same reason is told of the first."""
    seen = set()
    for finding in findings:
        if finding.state == "ok" or (finding.text, finding.change) not in seen:
            yield finding
        seen.add((finding.text, finding.change))
