"""Invented rows in the shape of a large suite, for tests of tables, figures and report. Never shipped as results."""

from __future__ import annotations

import numpy as np

from surp.records.row import Row
from surp.summary.counted import CountedRow
from surp.summary.frame import frame

METHODS = (
    *("random", "uniform", "uniform_plus", "global_magnitude", "global_magnitude_norm", "erk", "lamp", "gradual"),
    *("rigl", "snip", "obd", "surp"),
)
SPARSITIES = (0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99)
QUANTIZERS = ("successive", "uniform", "rdo_uniform", "codebook", "hessian", "float32", "float16", "int8")
CODERS = ("adaptive", "huffman_csr", "bitmap_zstd", "nncodec")
SHAPES = {
    "lenet300_100": {"fc1.weight": (300, 784), "fc2.weight": (100, 300), "fc3.weight": (10, 100), "fc1.bias": (300,)},
    "lenet5_caffe": {"c1.weight": (20, 1, 5, 5), "c2.weight": (50, 20, 5, 5), "fc1.weight": (500, 800), "b": (500,)},
}
SEEDS = {"lenet300_100": range(5), "lenet5_caffe": range(3)}
_BITS = {"float32": 32.0, "float16": 16.0, "int8": 8.0, "uniform": 5.2, "rdo_uniform": 4.9, "codebook": 5.0}
_OVER = {"adaptive": 1.0, "huffman_csr": 1.35, "bitmap_zstd": 1.5, "nncodec": 1.08}


def rows(dataset: str = "mnist", methods: tuple[str, ...] = METHODS, models: tuple[str, ...] = tuple(SHAPES)):
    """As `surp evaluate` would have written them: the main rows of all seeds, and the cross of seed 0."""
    rng = np.random.default_rng(0)
    main = [
        _row(dataset, model, seed, method, sparsity, "successive", "adaptive", rng)
        for model in models
        for seed in SEEDS[model]
        for method in methods
        for sparsity in SPARSITIES
    ]
    return main + [
        _row(dataset, model, 0, method, sparsity, quantizer, coder, rng)
        for model in models
        for method in methods
        for sparsity in (0.9, 0.98)
        for quantizer in QUANTIZERS
        for coder in CODERS
        if (quantizer, coder) != ("successive", "adaptive")
    ]


def summary(**chosen):
    """`rows` as they are read."""
    return framed(rows(**chosen))


def framed(rows):
    """A table as it is read from a file that holds these columns."""
    return frame(Row.parse(row, "a row") for row in rows)


def _row(dataset, model, seed, method, sparsity, quantizer, coder, rng):
    weights = sum(int(np.prod(shape)) for shape in SHAPES[model].values())
    loss = {"random": 8.0, "snip": 2.0, "uniform": 1.6, "erk": 1.2}.get(method, 0.8 + 0.03 * METHODS.index(method))
    accuracy = 0.985 - 0.01 * loss * (0.2 / (1 - sparsity)) ** 0.6 * 0.2 + rng.normal(0, 0.0006) + 0.0004 * seed
    bits = _BITS.get(quantizer, 5.4) + np.log2(1 / (1 - sparsity)) + 1.4
    size = int(_OVER[coder] * (1 - sparsity) * weights * bits / 8) + 300
    return {
        **{"suite": dataset, "dataset": dataset, "model": model, "seed": seed, "method": method},
        **{
            "mode": "reference" if method == "surp" else None,
            "schedule": "iterative",
            "round": 1 + SPARSITIES.index(sparsity),
        },
        **{"sparsity": sparsity, "target_sparsity": sparsity, "target": f"sparsity {sparsity}"},
        **{"quantizer": quantizer, "coder": coder, "preset": "default", "bytes": size, "permuted": False},
        **{"bits_per_weight": 8 * size / weights, "ratio": 4 * weights / size, "dense_bytes": 4 * weights},
        **{"accuracy": accuracy, "val_accuracy": accuracy - 0.001, "dense_accuracy": 0.985 + 0.0004 * seed},
        **{"val_accuracy_pruned": accuracy - 0.05, "val_accuracy_finetuned": accuracy, "nll": 0.1},
        **{"seconds_train": 30.0 + 5 * SPARSITIES.index(sparsity), "seconds_encode": 0.1, "seconds_decode": 0.1},
        **{"versions": "surp 0 numpy 0", "machine": "none", "file": f"results/{model}/{method}/decoded.safetensors"},
    }


def layers(table):
    """What `surp layers` would have counted in the main rows of `table`."""
    main = table[(table["quantizer"] == "successive") & (table["coder"] == "adaptive")]
    kept = ["suite", "dataset", "model", "seed", "method", "schedule", "round", "quantizer", "coder"]
    rng = np.random.default_rng(1)
    rows = []
    for row in main[[*kept, "target_sparsity", "bytes"]].to_dict("records"):
        tensors = {}
        for name, shape in SHAPES[row["model"]].items():
            size = int(np.prod(shape))
            kept_share = (1 - row["target_sparsity"]) * rng.uniform(0.8, 1.2) * (300_000 / size) ** 0.2
            tensors[name] = {"shape": list(shape), "nonzero": min(size, int(kept_share * size))}
        rows.append(CountedRow.parse(row | {"dense_val_accuracy": 0.984, "tensors": tensors}, "a row"))
    return rows


def breakdown(table):
    """What `surp breakdown` would have written for SuRP and its twin."""
    rows = []
    for row in layers(table):
        if row.seed == 0 and row.method in ("surp", "global_magnitude_norm") and row.level in (0.9, 0.98):
            parts = {"index": row.bytes // 2, "sign": row.bytes // 10, "biases": 300, "header": 80}
            parts["magnitude"] = row.bytes - sum(parts.values())
            rows.append(row.model_copy(update={"parts": parts}))
    return rows
