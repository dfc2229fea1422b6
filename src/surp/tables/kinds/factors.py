"""By what factor a pruned model becomes smaller: against each format that “the pruned model” may mean."""

from __future__ import annotations

import pandas as pd

from surp.evaluate.formats import plain_bytes
from surp.names import OURS, percent, ranked, shown_levels, title
from surp.records.columns import AXES
from surp.tables import Entry, Measurements, Table, number, words

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


_FILE = [axis for axis in AXES if axis != "coder"]


def build(found: Measurements) -> list[Table]:
    """One table for each data set and model: SuRP at all sparsities, the others at two."""
    files = factors(found)
    return [_table(str(dataset), str(model), own) for (dataset, model), own in files.groupby(["dataset", "model"])]


def factors(found: Measurements) -> pd.DataFrame:
    """One row a file of `found.layers`: its axes, level and size, and the bytes of each format over that size."""
    summary = found.summary
    coded = summary[summary["coder"].str.startswith("huffman_csr")]
    huffman = {tuple(place): size for *place, size in coded[[*_FILE, "bytes"]].itertuples(index=False)}
    rows = []
    for row in found.layers:
        place = {axis: getattr(row, axis) for axis in _FILE}
        sizes = {**plain_bytes(row.tensors), "huffman_csr": huffman.get(tuple(place.values()), float("nan"))}
        rows.append(
            {**place, "level": row.level, "size": row.bytes} | {name: sizes[name] / row.bytes for name in FORMATS}
        )
    return pd.DataFrame(rows, columns=[*_FILE, "level", "size", *FORMATS])


def _table(dataset: str, model: str, files: pd.DataFrame) -> Table:
    shown = shown_levels(files["level"])
    groups = files.groupby(["method", "level"])
    lines = [
        _line(method, level, groups.get_group((method, level)))
        for method in ranked(files["method"])
        for level in sorted(files["level"][files["method"] == method].unique())
        if method == OURS or level in shown
    ]
    columns = ("method", "sparsity", "our bytes", *FORMATS.values(), "n")
    heading = f"{title(model)} on {title(dataset)}: times smaller than"
    return Table(heading, columns, tuple(lines), _NOTES, {"dataset": dataset, "model": model})


def _line(method: str, level: float, files: pd.DataFrame) -> tuple[Entry, ...]:
    return (
        words(title(method)),
        Entry(percent(level), level),
        number(files["size"].mean(), ",.0f"),
        *(number(files[name].mean(), ".2f") for name in FORMATS),
        number(len(files), "d"),
    )
