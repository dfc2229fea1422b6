from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import Metrics, Output, Record, Seed, Settings, Tags, choices, parse_settings, say


def prune(
    weights: Annotated[Path, typer.Argument(help="Weights of the round before, .safetensors.")],
    sparsity: Annotated[float, typer.Option(help="Target: zeros over all elements of the pruned tensors, [0, 1).")],
    output: Output,
    method: Annotated[str, typer.Option(help=choices("Pruning method", "prune"))] = "surp",
    settings: Settings = None,
    iterative: Annotated[bool, typer.Option(help="One of several rounds with training between.")] = False,
    round_: Annotated[int, typer.Option("--round", min=1, help="Round; each draws its own random numbers.")] = 1,
    seed: Seed = 0,
    steps: Annotated[Path | None, typer.Option(help="Where SuRP's sequence of indices goes, .safetensors.")] = None,
    record: Record = None,
    metrics: Metrics = None,
    tag: Tags = None,
) -> None:
    """Prune to a target sparsity, met to one weight.

    Example: surp prune dense.safetensors --method surp --sparsity 0.95 --seed 0 -o pruned.safetensors
    """
    import numpy as np

    from surp import files, registry
    from surp.layout import read_state, write_state
    from surp.prune import run

    parameters = registry.load("prune", method).Parameters.parse(parse_settings(settings), f"methods.{method}")
    with files.locked(output):
        state, _ = read_state(weights)
        start = time.perf_counter()
        pruned = run(state, method, sparsity, parameters, np.random.default_rng([seed, round_]), iterative)
        seconds = time.perf_counter() - start
        write_state(output, pruned.state, {"surp.kind": "weights"})
        if steps:
            indices = pruned.steps if pruned.steps is not None else np.zeros(0, dtype=np.int32)
            write_state(steps, {"steps": indices}, {"surp.kind": "steps"})
        if metrics:
            columns = {
                "method": method,
                "mode": getattr(parameters, "mode", ""),
                "keep": parameters.keep,
                "tensors": parameters.tensors,
                "round": round_,
                "target_sparsity": sparsity,
                "seconds_prune": seconds,
                **parse_settings(tag),
            }
            files.write_json(metrics, files.record(record, columns))
    say(
        f"{method}: {pruned.survivors} of {pruned.size} weights survive, sparsity {pruned.sparsity:.6f}, {seconds:.2f} s"
    )
