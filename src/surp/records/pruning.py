"""The columns of the stages that prune: `prune` and `train-sparse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from surp.records.section import Section


class PruneColumns(Section):
    """target: as a text (`sparsity 0.9`). target_sparsity: None where a rate or a distortion was the target.

    mode, keep, importance, tensors: the variant of the method. The table lacks `tensors` and `seconds_prune`.
    """

    method: str
    mode: str = ""
    keep: str = ""
    importance: str = ""
    tensors: Literal["all", "matrices"] = "all"
    round: int | None = None
    target: str = ""
    target_sparsity: float | None = None
    seconds_prune: float | None = None


def pruned_tensors(record: Mapping[str, Any]) -> Literal["all", "matrices"]:
    """Which tensors of the recorded model were pruned."""
    return "matrices" if record.get("tensors") == "matrices" else "all"
