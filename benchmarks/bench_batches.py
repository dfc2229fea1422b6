"""How much faster are batches from memory than a torchvision data set behind a DataLoader?

Both sides do the same work on the same images: one epoch in batches of 128, shuffled, as normalised float32. Each is
timed twice over: the batches alone, and the batches with a training step of LeNet-300-100 on each. Rounds alternate
between the sides, so that a change of the machine's load meets both; the table gives medians and the median ratio.

    python benchmarks/bench_batches.py TRAIN.safetensors [--rounds 5] [--threads 1]

TRAIN.safetensors: a training split of 28 x 28 grey images as `surp data` writes it. Writes
`benchmarks/results/batches.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import Tensor, nn
from torchvision import datasets, transforms

from surp import registry
from surp.data import DataInfo, Split, read_split
from surp.data.idx import pack
from surp.data.idx_set import FILES
from surp.files import write_bytes
from surp.train.batches import Batches

BATCH = 128
OUTPUT = Path(__file__).parent / "results" / "batches.md"
OURS = "surp.train.batches"
Epoch = Callable[[int], Iterable[tuple[Tensor, Tensor]]]
Times = dict[str, list[float]]


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    split, info = read_split(arguments.train)
    with tempfile.TemporaryDirectory() as root:
        write_torchvision(split, Path(root))
        sides = {OURS: Batches(split, info, BATCH).epoch}
        for workers in (0, 2):
            sides[f"DataLoader, {workers} workers"] = torchvision_epoch(Path(root), info, workers)
        check_same_images(sides, split)
        times = {"batches only": {name: [] for name in sides}, "training epoch": {name: [] for name in sides}}
        for round_ in range(arguments.rounds):
            for name, epoch in sides.items():
                times["batches only"][name].append(seconds(partial(consume, epoch, round_)))
                times["training epoch"][name].append(seconds(partial(train, epoch, round_, len(info.classes))))
            print(f"round {round_ + 1}/{arguments.rounds} done", flush=True)
    text = report(times, split, info, arguments.rounds, arguments.threads)
    write_bytes(OUTPUT, text.encode())
    print(text)


def write_torchvision(split: Split, root: Path) -> None:
    """Lay the split out as torchvision's MNIST expects it: raw IDX files."""
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    images, labels = pack(split.images[:, 0]), pack(split.labels.astype(np.uint8))
    for stem, content in zip(FILES, (images, labels, images, labels), strict=True):
        (folder / stem).write_bytes(content)


def torchvision_epoch(root: Path, info: DataInfo, workers: int) -> Epoch:
    steps = [transforms.ToTensor(), transforms.Normalize(info.mean, info.std)]
    dataset = datasets.MNIST(str(root), train=True, transform=transforms.Compose(steps))
    loader = torch.utils.data.DataLoader(dataset, BATCH, shuffle=True, num_workers=workers)
    return lambda epoch: loader


def check_same_images(sides: dict[str, Epoch], split: Split) -> None:
    """Every side must deliver all images, normalised alike: per class, the pixels sum up to the same."""
    sums = {}
    for name, epoch in sides.items():
        total = torch.zeros(int(split.labels.max()) + 1, dtype=torch.float64)
        for images, labels in epoch(0):
            total.index_add_(0, labels, images.double().sum(dim=(1, 2, 3)))
        sums[name] = total
    for name, total in sums.items():
        torch.testing.assert_close(total, sums[OURS], rtol=1e-4, atol=1.0, msg=f"{name} differs")


def consume(epoch: Epoch, number: int) -> None:
    for _ in epoch(number):
        pass


def train(epoch: Epoch, number: int, classes: int) -> None:
    model = registry.load("models", "lenet300_100").build(classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for images, labels in epoch(number):
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(times: dict[str, Times], split: Split, info: DataInfo, rounds: int, threads: int) -> str:
    lines = [
        "# Batches from memory against torchvision behind a DataLoader",
        "",
        f"One epoch of {len(split):,} images of {info.title} in batches of {BATCH}, float32, normalised; "
        f"median of {rounds} alternating rounds.",
        "",
        "| work | side | seconds (median) | times slower than ours (median of the rounds, range) |",
        "|---|---|---:|---:|",
        *rows(times),
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, {platform.system()}, no GPU used; "
        f"{threads} torch thread(s), DataLoader workers besides. Versions: Python {platform.python_version()}, "
        f"numpy {np.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}. "
        "Regenerate: `python benchmarks/bench_batches.py TRAIN.safetensors`.",
    ]
    return "\n".join(lines) + "\n"


def rows(times: dict[str, Times]) -> Iterator[str]:
    for work, sides in times.items():
        for name, values in sides.items():
            ratios = sorted(value / ours for value, ours in zip(values, sides[OURS], strict=True))
            factor = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})" if name != OURS else "1"
            yield f"| {work} | {name} | {statistics.median(values):.2f} | {factor} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
