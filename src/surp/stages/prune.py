from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surp.command_line.calibration import CalibrationOptions
from surp.command_line.option_types import Device, Metrics, Output, Record, Seed, Settings, Tags, Threads, Validation
from surp.command_line.options import choices, parse_settings, refuse, refuse_without, say

if TYPE_CHECKING:
    from surp.prune import Target


def prune(
    weights: Annotated[Path, typer.Argument(help="Weights of the round before, .safetensors.")],
    output: Output,
    sparsity: Annotated[float | None, typer.Option(help="Target: zeros over all pruned weights, [0, 1).")] = None,
    rate: Annotated[float | None, typer.Option(help="Target: bits/weight that the description costs.")] = None,
    distortion: Annotated[float | None, typer.Option(help="Target: mean |u - v| over mean |u|, (0, 1).")] = None,
    method: Annotated[str, typer.Option(help=choices("Pruning method", "methods"))] = "surp",
    settings: Settings = None,
    iterative: Annotated[bool, typer.Option(help="One of several rounds with training between.")] = False,
    round_: Annotated[int, typer.Option("--round", min=1, help="Round; each draws its own random numbers.")] = 1,
    seed: Seed = 0,
    train: Annotated[Path | None, typer.Option(help="Training split; only for importance other than none.")] = None,
    model: Annotated[str | None, typer.Option(help=choices("Network; only with --train", "models"))] = None,
    validation: Validation = 5000,
    device: Device = "auto",
    threads: Threads = 1,
    steps: Annotated[Path | None, typer.Option(help="Where SuRP's sequence of indices goes, .safetensors.")] = None,
    record: Record = None,
    metrics: Metrics = None,
    tag: Tags = None,
) -> None:
    """Prune to exactly one target: a sparsity (met to one weight), a rate or a distortion.

    Example: surp prune dense.safetensors --method surp --sparsity 0.95 --seed 0 -o pruned.safetensors
    """
    refuse_without(metrics, record=record, tag=tag)
    import numpy as np

    from surp import files
    from surp import prune as pruning
    from surp.errors import ParameterError
    from surp.records.pruning import PruneColumns
    from surp.records.section import read_record, write_record
    from surp.tensors.safetensors_file import read_state, write_state
    from surp.tensors.state import check_finite

    parameters = pruning.method(method).Parameters.parse(parse_settings(settings), f"methods.{method}")
    if parameters.trains:
        raise ParameterError(f"--method {method}: trains sparse networks from scratch (`surp train-sparse`)")
    target = _target({"sparsity": sparsity, "rate": rate, "distortion": distortion})
    options = CalibrationOptions(train, model, validation, seed, device, threads)
    images = parameters.images
    if images:
        options.require(f"methods.{method}.importance: {parameters.measured!r}", "; without them: none")
    else:
        refuse(f"{method} measures no importance, so it looks at no images", train=train, model=model)
    with files.locked(output):
        state, _ = read_state(weights)
        check_finite(state, str(weights))
        start = time.perf_counter()
        calibration = options.open(state, images, str(weights)) if images else None
        importance = calibration.importance(parameters.measured) if calibration else None
        rng = np.random.default_rng([seed, round_])
        pruned = pruning.run(state, method, target, parameters, rng, iterative, importance)
        seconds = time.perf_counter() - start
        write_state(output, pruned.state, {"surp.kind": "weights"})
        if steps:
            indices = pruned.selection.steps
            found = np.zeros(0, dtype=np.int32) if indices is None else indices
            write_state(steps, {"steps": found}, {"surp.kind": "steps"})
        if metrics:
            columns = PruneColumns(
                method=method,
                **parameters.record(),
                round=round_,
                target=str(target),
                target_sparsity=sparsity,
                seconds_prune=seconds,
            )
            write_record(metrics, read_record(record), columns, tags=parse_settings(tag))
    survive = f"{pruned.survivors} of {pruned.size} weights survive"
    say(f"{method}, {target}: {survive}, sparsity {pruned.sparsity:.6f}, {seconds:.2f} s")


def _target(given: dict[str, float | None]) -> Target:
    """The one target that was given."""
    from surp.errors import ParameterError
    from surp.prune import Target

    named = [(stop, value) for stop, value in given.items() if value is not None]
    if len(named) != 1:
        options = ", ".join(f"--{stop}" for stop in given)
        got = ", ".join(f"--{stop} {value}" for stop, value in named) or "none"
        raise ParameterError(f"the target: exactly one of {options} (got {got})")
    stop, value = named[0]
    return Target(stop, value)  # type: ignore[arg-type]
