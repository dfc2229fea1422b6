"""Networks from which the coder's priors are taken, and the priors: `src/surp/codec/priors/*.zlib`.

The split: priors come from networks trained on drawn letters (`tools/letters.py`), a data set that no table uses,
and from seeds of 100 and up; some of these networks are held out to tell what the priors gain. Each network is
pretrained briefly, pruned in rounds with one epoch of training after each, and quantized in several ways; nothing else
of it is kept.

    python tools/train_priors.py networks --work FOLDER     trains (an hour on two cores; resumes)
    python tools/train_priors.py fit --work FOLDER          writes the priors of the next version
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zlib import compress

import numpy as np
from letters import write_letters

from surp.codec import priors
from surp.codec.entropy import mixed_layout as at
from surp.codec.entropy.lane_code import LaneCode
from surp.codec.entropy.mixed_model import KINDS, Mixer, Mixing, new_mixer, priors_of
from surp.codec.entropy.mixer import INPUTS, ONE, PRECISION, SET, TRUSTS
from surp.codec.scan import Levels, scan_of
from surp.files import write_bytes
from surp.quantize.quantizers import successive, uniform
from surp.tensors.safetensors_file import read_state

SEEDS = {"lenet300_100": (100, 101, 102, 103), "lenet5_caffe": (100, 101, 102), "resnet20": (100, 101)}
EPOCHS = {"lenet300_100": 6, "lenet5_caffe": 3, "resnet20": 5}
COUNTS = {False: 60_000, True: 20_000}
"""Pictures to train on, grey and coloured."""
METHODS = ("global_magnitude", "surp")
ROUNDS = {
    "lenet300_100": (0.8, 0.9, 0.95, 0.98, 0.99, 0.996),
    "lenet5_caffe": (0.8, 0.9, 0.95, 0.98, 0.99, 0.996),
    "resnet20": (0.8, 0.9, 0.95),
}
HELD_OUT = {("lenet300_100", 103), ("lenet5_caffe", 102), ("resnet20", 101)}
RECIPES = {
    "lenet300_100": (),
    "lenet5_caffe": ("learning_rate=0.03",),
    "resnet20": ("learning_rate=0.05", "precision=bfloat16"),
}
STEPS = (0.2, 0.35, 0.6)
DENSE_STEP = 0.15
FIRST_ROUND = {"lenet300_100": 0, "lenet5_caffe": 1, "resnet20": 0}
"""Dense LeNets of the larger kind have little to learn from priors and take the most time."""
PASSES = 2
MOST_TRUST = 60
PRESETS = ("default", "max")
TARGET = Path(priors.__file__).parent


def stage(*words: object) -> None:
    """Run one stage in a process of its own, one thread."""
    subprocess.run([sys.executable, "-m", "surp", *map(str, words)], check=True)


def networks(work: Path) -> None:
    """Train, prune and fine-tune every network of the split; files that exist are kept."""
    work.mkdir(parents=True, exist_ok=True)
    for model, seeds in SEEDS.items():
        colour = model == "resnet20"
        train, test = (work / f"{'colour' if colour else 'grey'}-{part}.safetensors" for part in ("train", "test"))
        if not train.exists():
            write_letters(train, test, count=COUNTS[colour], colour=colour)
        for index, seed in enumerate(seeds):
            _network(work, train, model, seed, METHODS[index % len(METHODS)])


def _network(work: Path, train: Path, model: str, seed: int, method: str) -> None:
    previous = work / f"{model}-{seed}-0.safetensors"
    recipe = [word for setting in RECIPES[model] for word in ("--set", setting)]
    shared = ("--model", model, "--seed", seed, "--device", "cpu", *recipe)
    if not previous.exists():
        stage("pretrain", train, *shared, "--set", f"epochs={EPOCHS[model]}", "-o", previous)
    for number, sparsity in enumerate(ROUNDS[model], start=1):
        pruned, tuned = work / f"{model}-pruned.safetensors", work / f"{model}-{seed}-{number}.safetensors"
        if not tuned.exists():
            rounds = ("--iterative", "--round", number, "--seed", seed)
            stage("prune", previous, "--method", method, "--sparsity", sparsity, *rounds, "-o", pruned)
            stage("finetune", pruned, "--train", train, *shared, "--set", "epochs=1", "-o", tuned)
        previous = tuned


@dataclass(frozen=True)
class Sample:
    """A network as integers, quantized in both ways; tensors in the order of their names."""

    name: str
    plain: list[Levels]
    passes: list[Levels]
    count: int


def fit(work: Path) -> None:
    """Make the priors of every preset and say what they gain on networks that they were not made from."""
    samples = list(_samples(work))
    held_out = [s for s in samples if _key(s.name) in HELD_OUT]
    training = [s for s in samples if _key(s.name) not in HELD_OUT]
    print(
        f"{len(training)} networks to fit, {len(held_out)} held out; bytes are geometric means of levels and of passes"
    )
    for preset in PRESETS:
        mixers = _untrained(int(preset == "max"))
        print(f"{preset}: held out, without priors {_size(held_out, mixers)}", flush=True)
        mixers = _estimated(training, mixers)
        for _ in range(PASSES):
            mixers = _weighted(training, mixers)
        data = priors_of(mixers)
        path = TARGET / f"{preset}-{priors.VERSION + 1}.zlib"
        write_bytes(path, compress(data, 9))
        print(f"{path}: SHA-256 of its content {sha256(data).hexdigest()}")
        print(f"{preset}: held out, with priors {_size(held_out, mixers)}", flush=True)


def _key(name: str) -> tuple[str, int]:
    model, seed, _ = name.split("-")
    return model, int(seed)


def _samples(work: Path) -> Iterator[Sample]:
    for path in sorted(work.glob("*-???-?.safetensors")):
        model, seed, number = path.stem.split("-")
        if int(number) < FIRST_ROUND[model]:
            continue
        step = STEPS[(int(seed) + int(number)) % len(STEPS)] if int(number) else DENSE_STEP
        state, _ = read_state(path)
        levels = uniform.quantize(state, uniform.Parameters(step_rel=step)).levels
        passes = successive.quantize(state, successive.Parameters(step_rel=0.7 * step))
        embedded = [_scannable(passes.levels[name]) for name in passes.embedded]
        yield Sample(path.stem, [_scannable(levels[name]) for name in sorted(levels)], embedded, passes.passes)


def _scannable(levels: Levels) -> Levels:
    return np.require(levels, dtype=np.int32, requirements=["C", "W"])


def _untrained(deep: int) -> list[Mixer]:
    """Even odds everywhere, weights that take the mean of the cells and add up what average, row and column say."""
    memory = np.zeros(at.MEMORY, dtype=np.int32)
    memory[0 : at.WEIGHTS : 2] = 1 << (PRECISION - 1)
    weights = memory[at.WEIGHTS :].reshape(-1, INPUTS, TRUSTS)
    weights[:, :5] = ONE // 5
    first, last = ((where - at.WEIGHTS) // SET for where in (at.SET_HIT_SLOW, at.SET_SIGN_SLOW))
    hits = [*range(4), *range(first, last)]
    cells = 7 if deep else 3
    weights[hits] = 0
    weights[hits, :cells] = ONE // (cells + 2)
    weights[hits, cells : cells + 3] = ONE // 5
    return [new_mixer(memory.copy(), deep) for _ in range(KINDS)]


def _run(sample: Sample, mixers: list[Mixer]) -> tuple[list[Mixer], tuple[int, int]]:
    """Code a network; returns what the mixers have become, and the bytes of levels and of passes."""
    ends = [new_mixer(m.memory.copy(), m.deep) for m in mixers]
    model, code = Mixing(ends), LaneCode()
    for levels in sample.plain:
        scan = scan_of(levels.shape, "int32", int(levels.ndim > 1))
        model.plain(code, scan, levels, np.array([scan.least, scan.greatest], dtype=np.int64))
    sizes = [len(code.bytes())]
    model.begin_passes([levels.shape for levels in sample.passes])
    for place in range(sample.count - 1, -1, -1):
        code = LaneCode()
        for index, levels in enumerate(sample.passes):
            model.plane(code, index, levels, place)
        sizes.append(len(code.bytes()))
    return ends, (sizes[0], sum(sizes[1:]))


def _size(samples: list[Sample], mixers: list[Mixer]) -> tuple[int, int]:
    sizes = np.log([_run(sample, mixers)[1] for sample in samples]).mean(axis=0)
    return int(np.exp(sizes[0])), int(np.exp(sizes[1]))


def _estimated(samples: list[Sample], mixers: list[Mixer]) -> list[Mixer]:
    """The estimates that each network comes to by itself, averaged."""
    ends = [_run(sample, mixers)[0] for sample in samples]
    result = []
    for kind, mixer in enumerate(mixers):
        cells = np.array([end[kind].memory[: at.WEIGHTS].reshape(-1, 2) for end in ends]).astype(np.float64)
        memory = mixer.memory.copy()
        memory[: at.WEIGHTS] = _pooled(cells).reshape(-1)
        result.append(new_mixer(memory, mixer.deep))
    return result


def _weighted(samples: list[Sample], mixers: list[Mixer]) -> list[Mixer]:
    """The weights that each network comes to from there, averaged."""
    ends = [_run(sample, mixers)[0] for sample in samples]
    result = []
    for kind, mixer in enumerate(mixers):
        memory = mixer.memory.copy()
        memory[at.WEIGHTS :] = np.rint(np.mean([end[kind].memory[at.WEIGHTS :] for end in ends], axis=0))
        result.append(new_mixer(memory, mixer.deep))
    return result


def _pooled(found: np.ndarray) -> np.ndarray:
    """Prior of each cell from the cells of all networks, shape (networks, CELLS, 2), as int32 (CELLS, 2).

    Estimates are averaged; by how much networks differ beyond the noise of what each has seen tells how many decisions
    the average counts for (the moments of a beta distribution).
    """
    values, seen = found[:, :, 0] / 2**PRECISION, found[:, :, 1]
    share = np.minimum(seen, 40)
    total = share.sum(axis=0)
    mean = ((share * values).sum(axis=0) + 0.3) / (total + 0.6)
    spread = (share * (values - mean) ** 2).sum(axis=0) / np.maximum(total, 1)
    noise = mean * (1 - mean) * (share / np.maximum(seen, 1)).sum(axis=0) / np.maximum(total, 1)
    between = np.maximum(spread - noise, mean * (1 - mean) / 400)
    trust = np.minimum(np.clip(mean * (1 - mean) / between - 1, 0, MOST_TRUST), total)
    cells = np.stack([(mean * 2**PRECISION).clip(1, 2**PRECISION - 1), trust], axis=1)
    return cells.astype(np.int32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("networks", "fit"))
    parser.add_argument("--work", type=Path, required=True, help="folder of the networks")
    arguments = parser.parse_args()
    if arguments.step == "networks":
        networks(arguments.work)
    else:
        fit(arguments.work)


if __name__ == "__main__":
    main()
