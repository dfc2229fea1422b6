"""Does it pay to prune by what a weight does to the output, and not only by its size?

Each dense network is pruned in one shot to two sparsities, by both methods, with each kind of importance; then its
survivors are trained for a few epochs. Importance is measured on calibration images of the training part. The best kind
of a row is chosen on the validation split and set in bold; the numbers are accuracies on the test split.

    python benchmarks/bench_importance.py --train TRAIN --test TEST DENSE... [--epochs 3]

TRAIN, TEST: split files as `surp data` writes them. DENSE: checkpoints of `surp pretrain`, each with its `weights.json`
beside it, which says what network it is and by which seed its validation images were held out; several seeds of one
network give mean and standard deviation. Writes `benchmarks/results/importance.md`. One thread.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import numpy as np
import torch
from torch import nn

from surp import registry
from surp.data import read_split
from surp.files import read_json, write_bytes
from surp.machine import versions
from surp.models import set_state
from surp.prune import run
from surp.tensors.safetensors_file import read_state
from surp.tensors.state import State
from surp.train.accuracy import score
from surp.train.batches import Batches
from surp.train.calibration import open_calibration
from surp.train.importance import KINDS
from surp.train.loop import Trainer
from surp.train.masks import zero_masks
from surp.train.recipe import Recipe
from surp.train.session import Session, evaluation_batches, open_network, open_session

OUTPUT = Path(__file__).parent / "results" / "importance.md"
METHODS = ("surp", "global_magnitude")
SPARSITIES = (0.9, 0.98)
SETTINGS = {"batch_size": 128, "learning_rate": 0.1, "weight_decay": 1e-4}
"""Fine-tuning, as `brief` in `params.yaml`."""

Row = tuple[str, float, str, str]
"""Network, sparsity, method, `no` or the epochs of fine-tuning."""
Scores = dict[Row, dict[str, list[tuple[float, float]]]]
"""Per row and kind of importance: (validation, test) accuracy of each seed."""


@dataclass(frozen=True)
class Dense:
    """One dense network, its data, and what its weights are worth."""

    path: Path
    model: str
    seed: int
    state: State
    session: Session
    test: Batches

    def network(self, state: State) -> nn.Module:
        network = open_network(self.model, self.session.info, self.session.device)
        set_state(network, state)
        return network

    def scores(self, network: nn.Module) -> tuple[float, float]:
        """Accuracy on the validation and on the test split."""
        return score(network, self.session.validation)[0], score(network, self.test)[0]


def open_dense(path: Path, arguments: argparse.Namespace) -> Dense:
    record = read_json(path.with_suffix(".json"))
    recipe = Recipe(epochs=arguments.epochs, **SETTINGS)
    session = open_session(arguments.train, arguments.validation, record["seed"], "cpu", recipe)
    test = evaluation_batches(*read_split(arguments.test), session.device)
    return Dense(path, record["model"], record["seed"], read_state(path)[0], session, test)


def finetune(dense: Dense, state: State, epochs: int) -> nn.Module:
    network = dense.network(state)
    with tempfile.TemporaryDirectory() as folder:
        recipe, masks = Recipe(epochs=epochs, **SETTINGS), zero_masks(state, dense.session.device)
        trainer = Trainer(dense.session, network, recipe, Path(folder) / "checkpoint", "", masks)
        trainer.run(log=lambda line: None)
    return network


def compare(dense: Dense, arguments: argparse.Namespace, scores: Scores) -> None:
    """Add this network's accuracies to `scores`."""
    for kind in KINDS:
        calibration = open_calibration(
            dense.state,
            arguments.calibration,
            model=dense.model,
            train=arguments.train,
            validation=arguments.validation,
            seed=dense.seed,
            device="cpu",
        )
        importance = calibration.importance(kind)
        for method in METHODS:
            parameters = registry.load("methods", method).Parameters(importance=kind)
            for sparsity in SPARSITIES:
                rng = np.random.default_rng([dense.seed, 1])
                state = run(dense.state, method, sparsity, parameters, rng, importance=importance).state
                pruned = dense.scores(dense.network(state))
                tuned = dense.scores(finetune(dense, state, arguments.epochs))
                scores[dense.model, sparsity, method, "no"][kind].append(pruned)
                scores[dense.model, sparsity, method, f"{arguments.epochs} epochs"][kind].append(tuned)
                found = f"validation {pruned[0]:.4f} -> {tuned[0]:.4f}"
                print(f"{dense.model} seed {dense.seed}, {method} {sparsity}, {kind}: {found}", flush=True)


def cell(results: list[tuple[float, float]], best: bool) -> str:
    """Test accuracy, mean and standard deviation over seeds."""
    tests = [test for _, test in results]
    spread = f" ({statistics.stdev(tests):.4f})" if len(tests) > 1 else ""
    mean = f"{statistics.mean(tests):.4f}"
    return f"**{mean}**{spread}" if best else mean + spread


def line(row: Row, results: dict[str, list[tuple[float, float]]]) -> str:
    validation = {kind: statistics.mean(value for value, _ in results[kind]) for kind in KINDS}
    best = max(KINDS, key=validation.__getitem__)
    model, sparsity, method, tuned = row
    cells = " | ".join(cell(results[kind], kind == best) for kind in KINDS)
    return f"| {model} | {sparsity} | {method} | {tuned} | {cells} |"


def report(denses: list[Dense], scores: Scores, arguments: argparse.Namespace) -> str:
    info = denses[0].session.info
    seeds = defaultdict(list)
    for dense in denses:
        seeds[dense.model].append(dense)
    of_dense = [
        f"- {model}: {len(group)} seeds ({', '.join(str(dense.seed) for dense in group)}), dense test accuracy "
        f"{statistics.mean(dense.scores(dense.network(dense.state))[1] for dense in group):.4f}"
        for model, group in seeds.items()
    ]
    return "\n".join(
        [
            "# Importance of weights: none, diagonal Fisher, second moment of the inputs",
            "",
            f"{info.title or info.name}; one-shot; importance from {arguments.calibration} training images; test "
            "accuracy, mean (standard deviation) over seeds. Bold: the best kind on the validation split.",
            "",
            *of_dense,
            "",
            f"| network | sparsity | method | fine-tuned | {' | '.join(KINDS)} |",
            f"|---|---:|---|---|{'---:|' * len(KINDS)}",
            *(line(row, scores[row]) for row in sorted(scores)),
            "",
            f"Fine-tuning: {', '.join(f'{key} {value}' for key, value in SETTINGS.items())}. One thread. "
            f"Machine: {platform.machine()}, {os.cpu_count()} cores, {platform.system()}. Versions: Python "
            f"{platform.python_version()}, {versions()}. Regenerate: `python benchmarks/bench_importance.py --help`.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dense", type=Path, nargs="+", help="dense checkpoints; repeat a network for its seeds")
    parser.add_argument("--train", type=Path, required=True, help="training split")
    parser.add_argument("--test", type=Path, required=True, help="test split")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of fine-tuning")
    parser.add_argument("--validation", type=int, default=5000, help="images held out, as when the networks were made")
    parser.add_argument("--calibration", type=int, default=1000, help="images that importance is measured on")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="table to write")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    scores: Scores = defaultdict(lambda: defaultdict(list))
    denses = []
    for path in arguments.dense:
        denses.append(open_dense(path, arguments))
        compare(denses[-1], arguments, scores)
    text = report(denses, scores, arguments)
    write_bytes(arguments.output, text.encode())
    print(text)


if __name__ == "__main__":
    main()
