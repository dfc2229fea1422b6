"""The finest of many contents that fits a size."""

from __future__ import annotations

from collections.abc import Callable

from surp.errors import TargetError

_MOST_PROBES = 40


def finest(probe: Callable[[int], bytes], size: int, high: int, guess: int) -> bytes:
    """`probe(i)` of at most `size` bytes for an i in 0..high such that i + 1 does not fit, or i = high.

    Larger i are finer, and nearly always longer; where they are not there may be several such i, and one is found.
    The search begins at `guess`. Raises `TargetError` naming the size of `probe(0)` if that does not fit.
    """
    best, low, above = probe(0), 0, high + 1
    if len(best) > size:
        raise TargetError(f"bytes: {size}; the least that can be reached is {len(best)} bytes")
    fits, exceeds = len(best), None
    position, stride = min(max(guess, 1), high), max(high // 64, 1)
    for probes in range(_MOST_PROBES):
        if above - low <= 1:
            break
        content = probe(position)
        if len(content) <= size:
            best, low, fits = content, position, len(content)
        else:
            above, exceeds = position, len(content)
        if exceeds is None or low == 0:
            position, stride = position + (stride if exceeds is None else -stride), 2 * stride
        elif probes % 3 == 2:
            position = (low + above) // 2
        else:
            position = low + round((above - low) * (size - fits) / max(exceeds - fits, 1))
        position = min(max(position, low + 1), above - 1)
    return best
