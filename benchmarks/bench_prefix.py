"""Accuracy and sparsity against bytes read, for files in passes.

    python benchmarks/bench_prefix.py --test test.safetensors MODEL=FILE.surp ... [--cuts 12]

Every prefix of whole passes is decoded as `surp decode --partial` would, and between them `surp truncate` cuts to sizes
that are evenly spaced in the logarithm. Writes benchmarks/results/prefix.{md,png,svg}.
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

import numpy as np

from surp import codec
from surp.codec.frame.wire import CRC_BYTES
from surp.data import read_split
from surp.errors import TargetError
from surp.figures import style as _style
from surp.files import read_bytes, read_json, write_bytes
from surp.machine import versions
from surp.models import set_state
from surp.tensors.state import State, sparsity
from surp.train.accuracy import score
from surp.train.session import evaluation_batches, open_network, pick_device

RESULTS = Path(__file__).parent / "results"
Row = dict[str, float | int | str]


def prefixes(data: bytes) -> list[tuple[str, int, State]]:
    """(how, bytes read, values) after each whole pass."""
    file = codec.open(data)
    ends = {place.block: place.offset + place.length + CRC_BYTES for place in file.places}
    passes = [end for block, end in ends.items() if block.startswith("pass")]
    return [("passes", end, file.model(k).state()) for k, end in enumerate(passes, start=1)]


def cuts(data: bytes, least: int, count: int) -> list[tuple[str, int, State]]:
    """(how, bytes, values) of files that `truncate` makes."""
    result, file = [], codec.open(data)
    for size in np.geomspace(least, len(data), count + 1)[:-1]:
        try:
            cut = file.truncate(round(size))
        except TargetError:
            continue
        result.append(("truncate", len(cut), codec.open(cut).state()))
    return result


def named(text: str) -> tuple[str, Path]:
    """`MODEL=FILE`."""
    model, equals, file = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r}: expected MODEL=FILE.surp")
    return model, Path(file)


def title(model: str, file: Path) -> str:
    """Model and, where a record beside the file tells it, the sparsity."""
    record = file.with_suffix(".json")
    sparsity = read_json(record).get("target_sparsity") if record.exists() else None
    return f"{model}, {sparsity:.1%} pruned" if sparsity else f"{model} {file.stem}"


def seeds(files: list[Path]) -> str:
    """What the records beside the files say."""
    records = [read_json(path) for file in files if (path := file.with_suffix(".json")).exists()]
    found = sorted({str(record["seed"]) for record in records})
    return f"seed {', '.join(found)}" if found else "seed not recorded"


def measure(file: Path, model: str, test: Path, count: int) -> list[Row]:
    """One row for each prefix and each cut of `file`."""
    split, info = read_split(test)
    device = pick_device("auto")
    batches, network = evaluation_batches(split, info, device), open_network(model, info, device)
    data = read_bytes(file)
    whole = prefixes(data)
    rows: list[Row] = []
    for how, size, state in sorted(whole + cuts(data, whole[0][1], count), key=lambda item: item[1]):
        set_state(network, state, str(file))
        accuracy, _ = score(network, batches)
        share = sparsity(state, "matrices")
        rows.append({"file": title(model, file), "how": how, "bytes": size, "accuracy": accuracy, "sparsity": share})
    return rows


def draw(rows: list[Row], what: str, paths: list[Path]) -> None:
    with _style.style():
        figure, axes = _style.figure(_style.PAGE, 2.4, columns=2)
        looks = _style.looks([str(row["file"]) for row in rows])
        for ax, column in zip(axes, ("accuracy", "sparsity"), strict=True):
            for name, (color, marker) in looks.items():
                own = [row for row in rows if row["file"] == name]
                ax.plot([r["bytes"] for r in own], [r[column] for r in own], color=color, linewidth=0.8)
                whole = [row for row in own if row["how"] == "passes"]
                ax.plot([r["bytes"] for r in whole], [r[column] for r in whole], marker, color=color, label=name)
            ax.set(xscale="log", xlabel="bytes read", ylabel=f"{column}, decoded")
        handles = axes[0].get_legend_handles_labels()[0]
        _style.legend(figure, handles, 3)
        _style.footer(figure, f"{what}. Markers: whole passes; lines: files cut by surp truncate. {versions()}")
    _style.save(figure, paths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=named, nargs="+", metavar="MODEL=FILE")
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--cuts", type=int, default=12)
    chosen = parser.parse_args()
    rows = [row for model, file in chosen.files for row in measure(file, model, chosen.test, chosen.cuts)]
    what = f"{chosen.test.parent.name}, {seeds([file for _, file in chosen.files])}, n = 1 a file"
    lines = [
        "# Accuracy and sparsity against bytes read",
        "",
        f"{what}; {versions()}; {platform.machine()}.",
        "",
        "| file | how | bytes | accuracy | sparsity |",
        "|---|---|---:|---:|---:|",
        *(f"| {r['file']} | {r['how']} | {r['bytes']} | {r['accuracy']:.4f} | {r['sparsity']:.4f} |" for r in rows),
    ]
    write_bytes(RESULTS / "prefix.md", ("\n".join(lines) + "\n").encode())
    draw(rows, what, [RESULTS / "prefix.png", RESULTS / "prefix.svg"])
    print("\n".join(lines))


if __name__ == "__main__":
    main()
