"""No training after training: `hessian` and this project's coder against the MPEG standard's reference end to end.

nncodec 2.1.3 quantizes (dependent quantization) and codes each dense network at every `--qp`; the quantizer `hessian`
and the coder's preset `max` do at every `--rates`. Each file is decoded from its bytes and scored. Settings are chosen
on the validation split alone: nncodec's smallest file that loses at most so much accuracy there, and our smallest file
that is not below that one. Test accuracies are reported and decide nothing.

    make peers
    python benchmarks/bench_post_training.py --data results/data results/dense/*/*/lenet/seed*/weights.safetensors

DATA: a folder with `<dataset>/{train,test}.safetensors`, as `surp data` writes them. DENSE: checkpoints of
`surp pretrain` with their `weights.json` beside them. Points that stand in `benchmarks/results/post_training.csv` are
not measured again. Writes that file and `post_training.md`. One thread.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import asdict
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import torch
from peers.post_training import Point, read_points, report, table

from surp import codec
from surp.data import read_split, split_validation
from surp.files import read_json, write_bytes
from surp.models import set_state
from surp.quantize.quantizers.hessian import Parameters, quantize
from surp.tensors.levels import as_they_are
from surp.tensors.safetensors_file import read_state
from surp.tensors.state import State
from surp.train.accuracy import score
from surp.train.calibration import open_calibration
from surp.train.session import evaluation_batches, open_network

HERE = Path(__file__).parent
OUTPUT = HERE / "results" / "post_training"
RATES = (3e-9, 1e-8, 1.5e-8, 2.5e-8, 4e-8, 6e-8, 1e-7, 1.5e-7, 2.5e-7, 4e-7, 6e-7, 1e-6)
QPS = tuple(range(-38, -13, 2))


class Dense:
    """One dense network, its data and how to score other weights for it."""

    def __init__(self, path: Path, data: Path, held_out: int) -> None:
        record = read_json(path.with_suffix(".json"))
        self.name, self.model, self.seed = record["dataset"], record["model"], record["seed"]
        self.state, self.train, self.held_out = read_state(path)[0], data / self.name / "train.safetensors", held_out
        split, info = read_split(self.train)
        _, validation = split_validation(len(split), held_out, self.seed)
        device = torch.device("cpu")
        self.validation = evaluation_batches(split.take(validation), info, device)
        self.test = evaluation_batches(*read_split(data / self.name / "test.safetensors"), device)
        self.network = open_network(self.model, info, device)

    def point(self, side: str, setting: float, size: int, state: State, seconds: float) -> Point:
        set_state(self.network, state)
        accuracies = score(self.network, self.validation)[0], score(self.network, self.test)[0]
        return Point(self.name, self.model, self.seed, side, setting, size, *accuracies, seconds)

    def ours(self, rate: float) -> Point:
        start = time.perf_counter()
        parameters = Parameters(rate_weight=rate)
        calibration = open_calibration(
            self.state, parameters.calibration, model=self.model, train=self.train,
            validation=self.held_out, seed=self.seed, device="cpu", threads=1,
        )  # fmt: skip
        content = codec.encode(quantize(self.state, parameters, calibration), preset="max")
        seconds = time.perf_counter() - start
        return self.point("surp", rate, len(content), codec.open(content).state(), seconds)

    def theirs(self, qp: float) -> Point:
        start = time.perf_counter()
        content = codec.encode(as_they_are(self.state, "float32"), coder="nncodec", settings={"qp": int(qp)})
        state = codec.open(content).state()
        seconds = time.perf_counter() - start
        return self.point("nncodec", qp, len(content), state, seconds)


def measure(arguments: argparse.Namespace, points: list[Point]) -> None:
    """Add what is missing to `points`; the file is written after every point."""
    for path in arguments.dense:
        dense = Dense(path, arguments.data, arguments.validation)
        known = {(p.side, p.setting) for p in points if p.network == (dense.name, dense.model, dense.seed)}
        size = 4 * sum(value.size for value in dense.state.values())
        for side, settings in (("dense", (0.0,)), ("nncodec", arguments.qp), ("surp", arguments.rates)):
            for setting in settings:
                if (side, setting) in known:
                    continue
                if side == "dense":
                    points.append(dense.point(side, setting, size, dense.state, 0.0))
                else:
                    points.append(dense.ours(setting) if side == "surp" else dense.theirs(setting))
                print(*asdict(points[-1]).values(), flush=True)
                write_bytes(arguments.output.with_suffix(".csv"), table(points).encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dense", type=Path, nargs="*", help="dense checkpoints")
    parser.add_argument("--data", type=Path, required=True, help="folder with <dataset>/{train,test}.safetensors")
    parser.add_argument("--validation", type=int, default=5000, help="images held out, as when the networks were made")
    parser.add_argument("--qp", type=int, nargs="*", default=QPS, help="of nncodec")
    parser.add_argument("--rates", type=float, nargs="*", default=RATES, help="rate weights of hessian")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="table to write, without its ending")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    points = read_points(arguments.output.with_suffix(".csv"))
    measure(arguments, points)
    text = report(points)
    write_bytes(arguments.output.with_suffix(".md"), text.encode())
    print(text)


if __name__ == "__main__":
    main()
