"""The smallest file of each coding that keeps the accuracy: chosen on validation images, judged on the test set.

To compare them, each may only choose among the pruned networks that all of them coded: more candidates would mean a
smaller minimum for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from surp import registry
from surp.names import title
from surp.records.columns import PRUNED_NETWORK
from surp.summary.counted import CountedRow

PEERS = tuple(name for name in registry.names("coders") if registry.constant("coders", name, "PEER", False))
FLOATS = ("float32", "float16")
OUR_CODERS, END_TO_END = "ours", "nncodec end to end"
ALL_FILES = "ours, all files of the suite"
NetworkAxes = tuple[str, str, int]
"""Data set, model, seed."""


@dataclass(frozen=True)
class Smallest:
    """The chosen files of one kind of coding, one a seed: means over them. Empty `files`: none of a seed qualifies."""

    coding: str
    files: pd.DataFrame

    @property
    def bytes(self) -> float:
        return float(self.files["bytes"].mean())


def coding(quantizer: str, coder: str) -> str:
    """Who coded a file: ours, a peer coder on levels of ours, or nncodec with its own quantization; else empty."""
    peer = next((name for name in PEERS if coder.startswith(name)), None)
    if peer is None:
        return OUR_CODERS
    if peer == "nncodec" and quantizer == "float32":
        return END_TO_END
    return "" if quantizer in FLOATS else f"{title(peer)} on our levels"


def dense_validation(layers: Sequence[CountedRow]) -> dict[NetworkAxes, float]:
    """Validation accuracy of the dense network of each data set, model and seed."""
    return {
        (row.dataset, row.model, row.seed): row.dense_val_accuracy
        for row in layers
        if row.dense_val_accuracy is not None
    }


def smallest(table: pd.DataFrame, dense: dict[NetworkAxes, float], points: float) -> list[Smallest]:
    """Of one data set and model, per coding the smallest file of each seed within `points` of the dense network.

    Over the pruned networks that all codings have; then ours over all of the same seeds. Codings the table lacks are
    left out.
    """
    networks = zip(table["dataset"], table["model"], table["seed"], strict=True)
    rows = table.assign(
        coding=[coding(*pair) for pair in zip(table["quantizer"], table["coder"], strict=True)],
        dense_val=pd.Series([dense.get(network) for network in networks], table.index, dtype="float64"),
    )
    rows = rows[rows["coding"] != ""].dropna(subset=["dense_val", "val_accuracy"])
    names = sorted(rows["coding"].unique(), key=lambda name: (name != OUR_CODERS, name != END_TO_END, name))
    shared = rows[rows.groupby([*PRUNED_NETWORK])["coding"].transform("nunique") == len(names)]
    result = [Smallest(name, _best(shared[shared["coding"] == name], points)) for name in names]
    if len(names) > 1:
        own = rows[(rows["coding"] == OUR_CODERS) & rows["seed"].isin(shared["seed"])]
        result.append(Smallest(ALL_FILES, _best(own, points)))
    return result


def _best(rows: pd.DataFrame, points: float) -> pd.DataFrame:
    close = rows[rows["val_accuracy"] >= rows["dense_val"] - points / 100 - 1e-9]
    return close.sort_values(["bytes", *PRUNED_NETWORK]).groupby("seed").head(1)
