"""Names as a reader sees them, in figures, tables and the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_TITLES = {
    "surp": "SuRP",
    "lamp": "LAMP",
    "erk": "ERK",
    "rigl": "RigL",
    "snip": "SNIP",
    "obd": "OBD",
    "uniform_plus": "uniform+",
    "global_magnitude_norm": "global magnitude, norm-scaled",
    "fashion_mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "lenet300_100": "LeNet-300-100",
    "lenet5_caffe": "LeNet-5-Caffe",
    "resnet20": "ResNet-20",
    "vgg16": "VGG-16",
    "huffman_csr": "Huffman + CSR",
    "bitmap_zstd": "bitmap + zstd",
    "rdo_uniform": "RDO uniform",
}
_SHOWN = (0.9, 0.98)
OURS = "surp"
TWINS = ("global_magnitude_norm", "global_magnitude")
"""SuRP's twin: the same weights, normalised alike, ranked by magnitude; the first of these that a suite has."""


def twin(names: Iterable[str]) -> str | None:
    """SuRP's twin among `names`."""
    there = set(names)
    return next((name for name in TWINS if name in there), None)


def is_ours(name: str) -> bool:
    """Whether a method is SuRP in some form."""
    return name.split(" ")[0].split("_")[0] == OURS


def title(name: str) -> str:
    """A name as a reader sees it."""
    if name in _TITLES:
        return _TITLES[name]
    first, _, rest = name.partition("_")
    return f"{_TITLES[first]} {rest.replace('_', ' ')}" if first in _TITLES else name.replace("_", " ")


def percent(sparsity: float) -> str:
    """0.985 -> `98.5 %`."""
    return f"{100 * sparsity:.4g} %"


def level_of(row: Mapping[str, Any]) -> float:
    """The sparsity that a model was pruned to: the one aimed at, or that found where a rate was the target."""
    aimed = row.get("target_sparsity")
    return round(float(row["sparsity"] if aimed in (None, "") else aimed), 4)


def shown_levels(levels: Iterable[float]) -> tuple[float, ...]:
    """The two sparsities that stand for all where there is no room for more: those nearest to 0.9 and 0.98."""
    there = sorted(set(levels))
    return tuple(sorted({min(there, key=lambda level: abs(level - wanted)) for wanted in _SHOWN})) if there else ()
