"""What do default settings do to networks with batch normalisation? Trained, encoded, decoded by `surp`, measured.

    python benchmarks/bench_defaults.py [--cache FOLDER] [--networks resnet20 mobilenet_v2]

ResNet-20 and MobileNetV2 (depthwise layers) are trained on the JPEG copy of CIFAR-10, an hour and more on two cores;
both trainings resume, and what is in the folder already is used. Each file is made by `surp encode`, decoded by a
`surp decode` of its own process, and measured on the validation split, which the precision was chosen on, and on the
test set. Writes benchmarks/results/defaults.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TOP = Path(__file__).parents[1]
OUTPUT = TOP / "benchmarks" / "results" / "defaults.md"
DATA = ["cifar10_jpeg", "--kind", "image_folder", "--set", "path=cifar10-jpeg", "--set", "size=[32,32]"]
RECIPES = {
    "resnet20": {"epochs": 14, "learning_rate": 0.2, "augment": "flip_crop", "precision": "bfloat16"},
    "mobilenet_v2": {"epochs": 4, "learning_rate": 0.1, "augment": "flip_crop"},
}
MANTISSAS = (2, 3, 4, 5, 8, 23)
BIAS_MANTISSAS = (2, 4, 6)
SETTINGS: dict[str, list[str]] = {
    "defaults": [],
    **{f"mantissa {bits}": ["--set", f"mantissa={bits}"] for bits in MANTISSAS},
    **{f"bias_mantissa {bits}": ["--set", f"bias_mantissa={bits}"] for bits in BIAS_MANTISSAS},
    **{f"step_rel {step}": ["--step-rel", str(step)] for step in (0.1, 0.15, 0.25, 0.35, 0.5)},
    "uniform, step_rel 0.2": ["--quantizer", "uniform", "--step-rel", "0.2"],
}
ROW = dict[str, float]


def surp(*words: object) -> None:
    subprocess.run([Path(sys.executable).with_name("surp"), *map(str, words)], check=True)


def train(folder: Path, network: str) -> Path:
    """The trained network; a training that was broken off goes on."""
    weights = folder / f"{network}.safetensors"
    if not (folder / "test.safetensors").exists():
        surp("data", *DATA, "--train", folder / "train.safetensors", "--test", folder / "test.safetensors")
    if not weights.exists():
        recipe = [word for key, value in RECIPES[network].items() for word in ("--set", f"{key}={value}")]
        surp("pretrain", folder / "train.safetensors", "--model", network, *recipe, "-o", weights)
    return weights


def measure(folder: Path, network: str) -> dict[str, ROW]:
    """Bytes and accuracies of the network as it is, and of each file, decoded."""
    weights = train(folder, network)
    decoded, sizes = {"trained": weights}, {"trained": weights.stat().st_size}
    for name, words in SETTINGS.items():
        file = folder / f"{network} {name}.surp"
        decoded[name] = file.with_suffix(".safetensors")
        surp("encode", weights, *words, "-o", file)
        surp("decode", file, "-o", decoded[name])
        sizes[name] = file.stat().st_size
    rows = folder / f"{network}.metrics.json"
    splits = ["--test", folder / "test.safetensors", "--train", folder / "train.safetensors"]
    surp("evaluate", *decoded.values(), "--model", network, *splits, "-o", rows)
    columns = ("val_accuracy", "accuracy")
    found = zip(decoded, json.loads(rows.read_text()), strict=True)
    return {name: {"bytes": sizes[name], **{key: row[key] for key in columns}} for name, row in found}


def report(found: dict[str, dict[str, ROW]]) -> str:
    lines = ["# Defaults on networks with batch normalisation", ""]
    lines += [
        "`mantissa`: bits of mantissa of norms and running statistics; `bias_mantissa`: of biases beside matrices.",
        "",
    ]
    for network, rows in found.items():
        dense = rows["trained"]
        recipe = ", ".join(f"{key} {value}" for key, value in RECIPES[network].items())
        lines += [f"## {network} (CIFAR-10, JPEG copy; {recipe}; seed 0, n = 1)", ""]
        lines += ["| file | bytes | validation | points lost | test | points lost |", "|---|---:|---:|---:|---:|---:|"]
        for name, row in rows.items():
            shown = [
                f"{100 * row[key]:.2f} % | {100 * (dense[key] - row[key]):.2f}" for key in ("val_accuracy", "accuracy")
            ]
            lines.append(f"| {name} | {row['bytes']:,} | {' | '.join(shown)} |")
        lines.append("")
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "numpy", "numba"))
    lines.append(f"{platform.machine()}, one thread; {versions}. Regenerate: `python benchmarks/bench_defaults.py`.")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=TOP / ".cache" / "defaults", help="folder of the networks")
    parser.add_argument("--networks", nargs="+", choices=RECIPES, default=list(RECIPES))
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    text = report({network: measure(arguments.cache, network) for network in arguments.networks})
    OUTPUT.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
