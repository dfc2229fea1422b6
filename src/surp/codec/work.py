"""How the work on a file is done: by how many threads, and who is told of progress. Nothing of it is in the bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from surp.codec.frame.header import Part

T = TypeVar("T")


@dataclass(frozen=True)
class Work:
    """threads: 0 for as many as the process may use cores. progress: is told, now and then and by any thread, how many
    elements more are done."""

    threads: int = 0
    progress: Callable[[int], None] | None = None


def run(job: Callable[[int], T], lanes: Mapping[int, Sequence[Part]], work: Work | None) -> list[T]:
    """`job` for the number of every lane, in threads; the results in the order of the numbers."""
    work = work or Work()

    def told(lane: int) -> T:
        result = job(lane)
        if work.progress is not None:
            work.progress(sum(part.size for part in lanes[lane]))
        return result

    threads = min(work.threads or _cores(), len(lanes))
    if threads < 2:
        return [told(lane) for lane in lanes]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(told, lanes))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
