from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.calibration import CalibrationOptions
from surp.command_line.option_types import Device, Metrics, Output, Record, Seed, Settings, Tags, Threads, Validation
from surp.command_line.options import choices, parse_settings, refuse, refuse_without, say

Permute = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Put this network's hidden units into the order that codes best first; it computes the same.",
    ),
]


def quantize(
    weights: Annotated[Path, typer.Argument(help="Any checkpoint, .safetensors.")],
    output: Output,
    quantizer: Annotated[str, typer.Option(help=choices("Quantizer", "quantizers"))] = "successive",
    settings: Settings = None,
    permute: Permute = None,
    train: Annotated[Path | None, typer.Option(help="Training split; only for calibrated quantizers.")] = None,
    model: Annotated[str | None, typer.Option(help=choices("Network; only with --train", "models"))] = None,
    validation: Validation = 5000,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = 1,
    record: Record = None,
    metrics: Metrics = None,
    tag: Tags = None,
) -> None:
    """Turn weights into integer levels and the map from level to value.

    Examples: surp quantize tuned.safetensors --quantizer uniform --set step_rel=0.5 -o levels.safetensors;
    surp quantize dense.safetensors --quantizer hessian --train train.safetensors --model lenet5_caffe -o l.safetensors
    """
    refuse_without(metrics, record=record, tag=tag)
    from surp import files
    from surp.evaluate.distortion import distortion
    from surp.quantize import quantizer as quantizer_named
    from surp.records.pruning import pruned_tensors
    from surp.records.quantization import QuantizeColumns
    from surp.records.section import read_record, write_record
    from surp.tensors.levels_file import write_levels
    from surp.tensors.safetensors_file import read_state
    from surp.tensors.state import check_finite

    chosen = quantizer_named(quantizer)
    parameters = chosen.Parameters.parse(parse_settings(settings), f"quantizers.{quantizer}")
    options = CalibrationOptions(train, model, validation, seed, device, threads)
    images = parameters.images
    if images:
        options.require(f"quantizers.{quantizer}:")
    else:
        refuse(f"{quantizer} is not calibrated, so it looks at no images", train=train, model=model)
    with files.locked(output):
        state, _ = read_state(weights)
        check_finite(state, str(weights))
        if permute is not None:
            from surp.represent.permute import permute as reordered

            state = reordered(state, permute)
        start = time.perf_counter()
        calibration = [options.open(state, images, str(weights))] if images else []
        quantized = chosen.quantize(state, parameters, *calibration)
        seconds = time.perf_counter() - start
        write_levels(output, quantized)
        earlier = read_record(record)
        error, reference = distortion(state, quantized.state(), pruned_tensors(earlier))
        if metrics:
            columns = QuantizeColumns(
                quantizer=quantizer,
                permuted=permute is not None,
                seconds_quantize=seconds,
                distortion_l1=error,
                laplacian_reference=reference,
            )
            write_record(metrics, earlier, columns, tags=parse_settings(tag))
    say(f"{quantizer}: relative l1 distortion {error:.4f}, {seconds:.2f} s -> {output}")
