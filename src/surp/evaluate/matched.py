"""The smallest file of each coder that keeps the accuracy: chosen on validation images, judged on the test set.

To compare coders, each may only choose among the runs (data set, model, seed, method, schedule, target) that all of
them coded: more candidates would mean a smaller minimum for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from surp import registry
from surp.evaluate.names import title

RUN = ["dataset", "model", "seed", "method", "schedule", "target"]
PEERS = tuple(name for name in registry.names("coders") if registry.constant("coders", name, "PEER", False))
FLOATS = ("float32", "float16")
OURS, END_TO_END = "ours", "nncodec end to end"
ALL = "ours, all files of the suite"


@dataclass(frozen=True)
class Smallest:
    """The chosen files of one way, one a seed: means over them. Empty `files`: no seed has a file that qualifies."""

    way: str
    files: pd.DataFrame

    @property
    def bytes(self) -> float:
        return float(self.files["bytes"].mean())


def ways(table: pd.DataFrame) -> pd.Series:
    """Who coded each row: ours, a peer coder on levels of ours, or nncodec with its own quantization; else empty."""
    names = []
    for quantizer, coder in zip(table["quantizer"].astype(str), table["coder"].astype(str), strict=True):
        peer = next((name for name in PEERS if coder.startswith(name)), None)
        if peer is None:
            names.append(OURS)
        elif peer == "nncodec" and quantizer == "float32":
            names.append(END_TO_END)
        elif quantizer in FLOATS:
            names.append("")
        else:
            names.append(f"{title(peer)} on our levels")
    return pd.Series(names, index=table.index, dtype=object)


def dense_validation(layers: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, int], float]:
    """Validation accuracy of the dense network of each data set, model and seed."""
    return {
        (row["dataset"], row["model"], int(row["seed"])): float(row["dense_val_accuracy"])
        for row in layers
        if row.get("dense_val_accuracy") is not None
    }


def smallest(table: pd.DataFrame, dense: Mapping[tuple[str, str, int], float], points: float) -> list[Smallest]:
    """Of one data set and model, per way the smallest file of each seed within `points` of dense validation accuracy.

    Over the runs that all ways have; then ours over all runs of the same seeds. Ways the table lacks are left out.
    """
    rows = table.assign(way=ways(table), dense_val=[dense.get(_key(row)) for _, row in table.iterrows()])
    rows = rows[rows["way"] != ""].dropna(subset=["dense_val", "val_accuracy"])
    names = _order(set(rows["way"]))
    runs = rows.groupby(RUN)["way"].nunique()
    common = set(runs[runs == len(names)].index)
    shared = rows[[key in common for key in rows[RUN].itertuples(index=False, name=None)]]
    result = [Smallest(name, _best(shared[shared["way"] == name], points)) for name in names]
    if len(names) > 1:
        own = rows[(rows["way"] == OURS) & rows["seed"].isin(set(shared["seed"]))]
        result.append(Smallest(ALL, _best(own, points)))
    return result


def _order(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: (name != OURS, name != END_TO_END, name))


def _key(row: Any) -> tuple[str, str, int]:
    return row["dataset"], row["model"], int(row["seed"])


def _best(rows: pd.DataFrame, points: float) -> pd.DataFrame:
    close = rows[rows["val_accuracy"] >= rows["dense_val"] - points / 100 - 1e-9]
    return close.sort_values(["bytes", *RUN]).groupby("seed").head(1)
