"""Lanes: runs of tensors that are coded apart, each as a code of its own that has learned from no other, so that
threads can share the work. The bytes do not depend on how many threads there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import TypeVar

from surp.codec.frame.container import Block, varint
from surp.codec.frame.wire import LANE, VARINT_BYTES

T = TypeVar("T")


@dataclass(frozen=True)
class Work:
    """How the work is done; nothing of it is in the bytes. threads: 0 for as many as the process may use cores.
    progress: is told, now and then and by any thread, how many elements more are done."""

    threads: int = 0
    progress: Callable[[int], None] | None = None


def lanes(sizes: Sequence[int], many: bool = True) -> list[range]:
    """Tensors of each lane: one after the other, until they have LANE elements together. sizes: elements of each.

    many: whether the coder has lanes at all; else all tensors are one.
    """
    if not many:
        return [range(len(sizes))]
    result, first, filled = [], 0, 0
    for index, size in enumerate(sizes):
        filled += size
        if filled >= LANE or index + 1 == len(sizes):
            result.append(range(first, index + 1))
            first, filled = index + 1, 0
    return result


def run(job: Callable[[range], T], found: Sequence[range], sizes: Sequence[int], work: Work | None) -> list[T]:
    """`job` for every lane found, in threads; the results in the order of the lanes."""
    work = work or Work()
    return list(_mapped(partial(_told, job, sizes, work), found, work.threads or _cores()))


def unseen(work: Work | None) -> Work:
    """The same work, of which nobody is told: what it codes is not counted among a file's elements."""
    return Work((work or Work()).threads)


def _told(job: Callable[[range], T], sizes: Sequence[int], work: Work, lane: range) -> T:
    result = job(lane)
    if work.progress is not None:
        work.progress(sum(sizes[index] for index in lane))
    return result


def _mapped(job: Callable[[range], T], found: Sequence[range], threads: int) -> Sequence[T]:
    if threads == 1 or len(found) < 2:
        return [job(lane) for lane in found]
    with ThreadPoolExecutor(min(threads, len(found))) as pool:
        return list(pool.map(job, found))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def join(codes: Sequence[bytes]) -> bytes:
    """The lengths of all codes but the last, as varints, then the codes."""
    return b"".join([*(varint(len(code)) for code in codes[:-1]), *codes])


def split(block: Block, count: int) -> list[Block]:
    """Inverse of `join`. Raises `CorruptFileError`."""
    content, place = block.content, 0
    lengths = []
    for _ in range(count - 1):
        length, shift = 0, 0
        while place < len(content) and shift < 7 * VARINT_BYTES and content[place] > 127:
            length |= (content[place] & 127) << shift
            place, shift = place + 1, shift + 7
        if place == len(content) or shift == 7 * VARINT_BYTES:
            raise block.fail(f"{len(content)} bytes, in which the lengths of {count} lanes do not end")
        lengths.append(length | content[place] << shift)
        place += 1
    bounds = [*accumulate(lengths, initial=place), len(content)]
    if bounds[-2] > len(content):
        raise block.fail(f"{count} lanes of {bounds[-2]} bytes and more, in {len(content)} bytes")
    return [Block(block.name, block.offset + a, content[a:b]) for a, b in pairwise(bounds)]
