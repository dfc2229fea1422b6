"""How the hidden units of each network are wired: what must move together so that the function stays the same.

A hidden unit (a neuron, a channel) is a slice of every tensor that makes or reads it. Units of one group may be put in
any order, the same in all of the group's places. Data only: no torch, so that no other stage has to import it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from surp.errors import UnknownNameError

NORM = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Place:
    """Unit u is the slice [block * at[u], block * (at[u] + 1)) of `tensor` along `axis`."""

    tensor: str
    axis: int
    at: tuple[int, ...]
    block: int = 1


Group = tuple[Place, ...]


def wiring(model: str) -> tuple[Group, ...]:
    """Groups of interchangeable units. Raises `UnknownNameError` for a model whose wiring is not declared here."""
    if model not in WIRED:
        raise UnknownNameError("model with declared wiring", model, WIRED)
    return WIRED[model]()


def _between(count: int, made: str, read: str, block: int = 1) -> Group:
    """Units that layer `made` puts out and layer `read` takes in, `block` inputs of it for each."""
    units = tuple(range(count))
    return (
        Place(f"{made}.weight", 0, units),
        Place(f"{made}.bias", 0, units),
        Place(f"{read}.weight", 1, units, block),
    )


def _lenet300_100() -> tuple[Group, ...]:
    return (_between(300, "fc1", "fc2"), _between(100, "fc2", "fc3"))


def _lenet5_caffe() -> tuple[Group, ...]:
    # conv2 leaves 4 x 4 pixels a channel, flattened channel by channel.
    return (_between(20, "conv1", "conv2"), _between(50, "conv2", "fc1", 16), _between(500, "fc1", "fc2"))


def _resnet20() -> tuple[Group, ...]:
    """Nine groups inside the blocks, three in the residual stream.

    The shortcut between widths puts w/2 zero channels before and after the w it gets: channel c of 16 is c + 8 of 32
    and c + 24 of 64, so those move together; the channels that begin as zeros are interchangeable among themselves.
    """
    inner = []
    for group, width in enumerate((16, 32, 64)):
        for block in range(3):
            layer, units = f"groups.{group}.{block}", tuple(range(width))
            made = (Place(f"{layer}.conv1.weight", 0, units), *_norm(f"{layer}.bn1", units))
            inner.append((*made, Place(f"{layer}.conv2.weight", 1, units)))
    first = tuple(range(16))
    second = (*range(8), *range(24, 32))
    third = (*range(16), *range(48, 64))
    return (*inner, _stream({0: first, 1: first, 2: first}), _stream({1: second, 2: second}), _stream({2: third}))


def _stream(units: dict[int, tuple[int, ...]]) -> Group:
    """Residual channels; units: positions in the stream of the group where they begin, for each group they pass."""
    begin = min(units)
    places: list[Place] = []
    for group, first in units.items():
        # From its beginning to this group each shortcut has put half the width before: 8, then 16.
        at = tuple(unit + sum((8, 16)[begin:group]) for unit in first)
        places += _written(group, at)
        places += _read(group, at)
    return tuple(places)


def _written(group: int, at: tuple[int, ...]) -> Iterable[Place]:
    if group == 0:
        yield Place("conv1.weight", 0, at)
        yield from _norm("bn1", at)
    for block in range(3):
        yield Place(f"groups.{group}.{block}.conv2.weight", 0, at)
        yield from _norm(f"groups.{group}.{block}.bn2", at)


def _read(group: int, at: tuple[int, ...]) -> Iterable[Place]:
    """The first block of a group reads the stream of the group before, the others their own; `fc` reads the last."""
    for block in range(3):
        if group == 0 or block > 0:
            yield Place(f"groups.{group}.{block}.conv1.weight", 1, at)
    yield Place(f"groups.{group + 1}.0.conv1.weight" if group < 2 else "fc.weight", 1, at)


def _norm(layer: str, at: tuple[int, ...]) -> Iterable[Place]:
    return (Place(f"{layer}.{name}", 0, at) for name in NORM)


WIRED: dict[str, Callable[[], tuple[Group, ...]]] = {
    "lenet300_100": _lenet300_100,
    "lenet5_caffe": _lenet5_caffe,
    "resnet20": _resnet20,
}
