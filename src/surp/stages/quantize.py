from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import Metrics, Output, Record, Settings, Tags, choices, parse_settings, say

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
    quantizer: Annotated[str, typer.Option(help=choices("Quantizer", "quantize"))] = "successive",
    settings: Settings = None,
    permute: Permute = None,
    record: Record = None,
    metrics: Metrics = None,
    tag: Tags = None,
) -> None:
    """Turn weights into integer levels and the map from level to value.

    Example: surp quantize tuned.safetensors --quantizer uniform --set step_rel=0.5 -o levels.safetensors
    """
    from surp import files, registry
    from surp.evaluate.distortion import distortion_columns
    from surp.layout import check_finite, read_state
    from surp.levels import write_levels

    module = registry.load("quantize", quantizer)
    parameters = module.Parameters.parse(parse_settings(settings), f"quantizers.{quantizer}")
    with files.locked(output):
        state, _ = read_state(weights)
        check_finite(state, str(weights))
        if permute is not None:
            from surp.permute import permute as reordered

            state = reordered(state, permute)
        quantized = module.quantize(state, parameters)
        write_levels(output, quantized)
        columns = files.record(record, {"quantizer": quantizer, "permuted": permute is not None})
        columns |= distortion_columns(state, quantized.state(), columns.get("tensors", "all"))
        if metrics:
            files.write_json(metrics, {**columns, **parse_settings(tag)})
    say(f"{quantizer}: relative l1 distortion {columns['distortion_l1']:.4f} -> {output}")
