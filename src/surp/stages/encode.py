from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surp.stages._options import Metrics, Record, Settings, Tags, choices, parse_settings, say

if TYPE_CHECKING:
    from surp.levels import Quantized


def encode(
    source: Annotated[Path, typer.Argument(help="Levels from `surp quantize`, or any checkpoint (quantized first).")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else SOURCE with the ending .surp.")
    ] = None,
    coder: Annotated[str, typer.Option(help=choices("Entropy coder", "codec"))] = "adaptive",
    preset: Annotated[str, typer.Option(help="The coder's preset.")] = "default",
    quantizer: Annotated[str, typer.Option(help=choices("Quantizer of a checkpoint", "quantize"))] = "successive",
    settings: Settings = None,
    record: Record = None,
    metrics: Metrics = None,
    tag: Tags = None,
) -> None:
    """Code levels, or any checkpoint, into one `.surp` file that decodes without the model's code.

    --set gives the parameters of the quantizer; for levels it has no use.

    Examples: surp encode levels.safetensors -o model.surp; surp encode model.safetensors --set step_rel=0.25
    """
    from surp import codec, files

    target = output or source.with_suffix(".surp")
    with files.locked(target):
        quantized = _read(source, quantizer, settings)
        codec.warm_up(coder)
        start = time.perf_counter()
        content = codec.encode(quantized, coder=coder, preset=preset)
        seconds = time.perf_counter() - start
        files.write_bytes(target, content)
        floats = sum(v.size for name, v in quantized.levels.items() if quantized.maps[name] is not None)
        columns = {
            "coder": coder,
            "preset": preset,
            "bytes": target.stat().st_size,
            "bits_per_weight": 8 * len(content) / max(floats, 1),
            "ratio": 4 * floats / len(content),
            "dense_bytes": 4 * floats,
            "seconds_encode": seconds,
        }
        if metrics:
            files.write_json(metrics, files.record(record, {**columns, **parse_settings(tag)}))
    say(f"{len(content)} bytes, {columns['bits_per_weight']:.4f} bits/weight, ratio {columns['ratio']:.1f} -> {target}")


def _read(source: Path, quantizer: str, settings: list[str] | None) -> Quantized:
    """Levels as they are, or a checkpoint, quantized; told apart by the file's `surp.kind`."""
    from surp import registry
    from surp.layout import check_finite, read_state
    from surp.levels import read_levels

    state, metadata = read_state(source)
    if metadata.get("surp.kind") == "levels":
        return read_levels(source)
    check_finite(state, str(source))
    module = registry.load("quantize", quantizer)
    quantized: Quantized = module.quantize(
        state, module.Parameters.parse(parse_settings(settings), f"quantizers.{quantizer}")
    )
    return quantized
