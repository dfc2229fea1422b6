"""Progress of long coding: a bar on a terminal, a line every tenth in a log, nothing for what takes a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from surp.command_line.options import say

if TYPE_CHECKING:
    from surp.codec.work import Work

LONG = 1 << 22
"""Elements from which on progress is shown."""


@contextmanager
def working(what: str, elements: int, threads: int) -> Iterator[Work]:
    """How `surp.codec` shall work on `elements` elements: threads, and whom to tell."""
    from surp.codec.work import Work

    if elements < LONG:
        yield Work(threads)
    elif sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(total=elements, desc=what, unit="weights", unit_scale=True) as bar:
            yield Work(threads, _once(bar.update, bar.reset, elements))
    else:
        lines = Lines(what, elements)
        yield Work(threads, _once(lines.update, lines.reset, elements))


class Lines:
    """Says what is done whenever another tenth is full."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0

    def reset(self) -> None:
        self.done = 0

    def update(self, more: int) -> None:
        before = 10 * self.done // self.total
        self.done += more
        if 10 * self.done // self.total > before:
            say(f"{self.what}: {100 * self.done // self.total} % of {self.total / 1e6:.0f} M weights")


def _once(tell: Callable[[int], object], reset: Callable[[], object], total: int) -> Callable[[int], None]:
    """`tell`, by one thread at a time; anew after `total`, for a search of a size codes several times."""
    lock, done = Lock(), 0

    def locked(more: int) -> None:
        nonlocal done
        with lock:
            if done >= total:
                done = 0
                reset()
            done += more
            tell(more)

    return locked
