"""What each rule asks for, unless a profile says otherwise (`set-resources`).

mem_mb, runtime (minutes) and gpu are Snakemake's. Whoever may need more memory asks for that much more in each attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surp.plan.config import Config
from surp.plan.paths import Wildcards

Resources = dict[str, Any]


def resources(config: Config) -> dict[str, Resources]:
    """By rule, as `resources: **...` takes them."""
    few = {"mem_mb": 1000, "runtime": 10}
    pages = {"mem_mb": 2000, "runtime": 20}
    coding = {"mem_mb": _growing(2000), "runtime": 10}
    training = {"mem_mb": _growing(4000), "runtime": 240, "gpu": 0}
    evaluating = {**training, "runtime": 30}

    def pruning_mem_mb(wildcards: Wildcards, attempt: int) -> int:
        return attempt * (4000 if config.prunes_calibrated(wildcards["method"]) else 2000)

    return {
        "data": {"mem_mb": 4000, "runtime": 30},
        "pretrain": training,
        "train_sparse": training,
        "finetune": {**training, "runtime": 120},
        "prune": {"mem_mb": pruning_mem_mb, "runtime": 30, "gpu": 0},
        "quantize": {**coding, "gpu": 0},
        "encode": coding,
        "decode": coding,
        "evaluate": evaluating,
        "evaluate_dense": evaluating,
        **dict.fromkeys(("collect_seed", "layers_seed", "metrics", "view"), few),
        **dict.fromkeys(("breakdown", "figure", "tabulate", "report"), pages),
    }


def _growing(amount: int) -> Callable[[Wildcards, int], int]:
    def asked(wildcards: Wildcards, attempt: int) -> int:
        return amount * attempt

    return asked
