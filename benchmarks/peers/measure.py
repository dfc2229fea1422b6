"""Run one peer over integer tensors in a process of its own: bytes, seconds, and proof that nothing was lost.

A peer is a module of this folder with `encode(levels) -> bytes` and `decode(data) -> levels`, both of a dictionary
of integer arrays; a name `module:variant` passes the variant on as second argument of `encode`. The process may be
of another environment, so it is talked to through files. It is pinned to one core where the system can do that; seconds
are CPU time, which other work on the machine disturbs little, the best of some runs after a warm-up.

    python measure.py PEER OUTPUT.json LEVELS.npz ... [--seconds 0.5]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Levels = Mapping[str, np.ndarray]
WARM_UP = {"w": np.array([[0, -1, 2], [3, 0, 0]], dtype=np.int32), "b": np.arange(3, dtype=np.int32)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer")
    parser.add_argument("output", type=Path)
    parser.add_argument("levels", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=0.5, help="given to each direction, at least one run")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    module, _, variant = arguments.peer.partition(":")
    peer = importlib.import_module(module)
    options = (variant,) if variant else ()
    peer.decode(peer.encode(WARM_UP, *options))
    facts = [measure(peer, options, read_levels(path), arguments.seconds) for path in arguments.levels]
    arguments.output.write_text(json.dumps(facts))


def read_levels(path: Path) -> dict[str, np.ndarray]:
    """Integer tensors of an `.npz` file, in its order; those without dimensions as one element, as nncodec needs."""
    with np.load(path, allow_pickle=False) as file:
        return {name: np.atleast_1d(file[name]) for name in file.files}


def measure(peer: Any, options: tuple[str, ...], levels: Levels, seconds: float) -> dict[str, float]:
    """Complete bytes and the best seconds each way; raises `ValueError` naming the tensor that came back different."""
    data, forth = best(lambda: peer.encode(levels, *options), seconds)
    found, back = best(lambda: peer.decode(data), seconds)
    if set(found) != set(levels):
        raise ValueError(f"{peer.__name__}: names {sorted(found)} came back, {sorted(levels)} went in")
    for name, level in levels.items():
        if found[name].shape != level.shape or not np.array_equal(found[name], level):
            raise ValueError(f"{peer.__name__}: tensor {name!r} came back different")
    return {"bytes": len(data), "encode": forth, "decode": back}


def best(work: Callable[[], Any], seconds: float) -> tuple[Any, float]:
    """The result and the shortest of as many runs as fit into `seconds`."""
    shortest, spent = float("inf"), 0.0
    while spent < seconds:
        start = time.process_time()
        result = work()
        took = time.process_time() - start
        shortest, spent = min(shortest, took), spent + took
    return result, shortest


if __name__ == "__main__":
    main()
