"""By what factor a pruned model becomes smaller: against each format that “the pruned model” may mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from surp.evaluate.compare import OURS
from surp.evaluate.formats import plain_bytes, read_counts
from surp.evaluate.names import level_of, percent, shown_levels, title
from surp.tables import Cell, Data, Table, number, words
from surp.tables.kinds.accuracy import order

FORMATS = {
    "bitmap_float32": "bitmap + float32 survivors",
    "csr_32": "CSR, 32-bit indices",
    "csr_16": "CSR, 16-bit indices",
    "huffman_csr": "Huffman + relative CSR",
    "dense_float16": "dense float16",
    "dense_float32": "dense float32",
}
_NOTES = (
    "The paper says that it “reduces the pruned model's size by 2.5 times” and not what it counts the pruned model as. "
    "Each column is the bytes of one reading of that over the bytes of our file, mean over seeds. CSR: float32 values, "
    "column indices, a 32-bit pointer for each row; biases dense in float32. Names and shapes are charged to our file "
    "alone. Huffman + relative CSR (Deep Compression) codes the same integers as our file; the others are lossless.",
)


class _Run(NamedTuple):
    method: str
    level: float
    seed: int
    bytes: int
    factors: dict[str, float]


def build(data: Data) -> list[Table]:
    """One table for each data set and model: SuRP at all sparsities, the others at two."""
    huffman = _huffman(data.summary)
    runs: dict[tuple[str, str], list[_Run]] = {}
    for row in data.layers:
        runs.setdefault((row["dataset"], row["model"]), []).append(_run(row, huffman))
    return [_table(dataset, model, found) for (dataset, model), found in sorted(runs.items())]


def factors_of(data: Data, method: str) -> dict[tuple[str, str], dict[str, list[float]]]:
    """Per data set and model, the factors of every file of one method, by format."""
    huffman = _huffman(data.summary)
    result: dict[tuple[str, str], dict[str, list[float]]] = {}
    for row in data.layers:
        if row["method"] == method:
            found = result.setdefault((row["dataset"], row["model"]), {name: [] for name in FORMATS})
            for name, factor in _run(row, huffman).factors.items():
                found[name] += [factor] if factor == factor else []
    return result


def _run(row: Mapping[str, Any], huffman: Mapping[tuple[Any, ...], int]) -> _Run:
    sizes: dict[str, float] = dict(plain_bytes(read_counts(row["tensors"])))
    sizes["huffman_csr"] = huffman.get(_key(row), float("nan"))
    factors = {name: sizes[name] / row["bytes"] for name in FORMATS}
    return _Run(row["method"], level_of(row), int(row["seed"]), int(row["bytes"]), factors)


def _huffman(summary: pd.DataFrame) -> dict[tuple[Any, ...], int]:
    """Bytes of the files of the coder `huffman_csr`."""
    rows = summary[summary["coder"].astype(str).str.startswith("huffman_csr")]
    return {_key(row): int(row["bytes"]) for row in rows.to_dict("records")}


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    axes = ("dataset", "model", "method", "schedule", "quantizer")
    return (*(row[axis] for axis in axes), int(row["seed"]), int(row["round"]))


def _table(dataset: str, model: str, runs: Sequence[_Run]) -> Table:
    shown = shown_levels(run.level for run in runs)
    lines = []
    for method in order({run.method for run in runs}):
        for level in sorted({run.level for run in runs if run.method == method}):
            if method == OURS or level in shown:
                own = [run for run in runs if (run.method, run.level) == (method, level)]
                lines.append(_line(method, level, own))
    columns = ("method", "sparsity", "our bytes", *FORMATS.values(), "n")
    heading = f"{title(model)} on {title(dataset)}: times smaller than"
    return Table(heading, columns, tuple(lines), _NOTES, {"dataset": dataset, "model": model})


def _line(method: str, level: float, runs: Sequence[_Run]) -> tuple[Cell, ...]:
    return (
        words(title(method)),
        Cell(percent(level), level),
        number(_mean(run.bytes for run in runs), ",.0f"),
        *(number(_mean(run.factors[name] for run in runs), ".2f") for name in FORMATS),
        number(len(runs), "d"),
    )


def _mean(values: Iterable[float]) -> float:
    """Of those that are there; NaN for none."""
    there = [value for value in values if value == value]
    return float(np.mean(there)) if there else float("nan")
