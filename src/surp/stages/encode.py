from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from surp.command_line.option_types import CoderSettings, Cores, Metrics, Record, Settings, Tags
from surp.command_line.options import choices, parse_settings, refuse, refuse_without, say
from surp.command_line.progress import working

_PRECISION = "Precision (at most one of these)"


def encode(
    source: Annotated[
        Path,
        typer.Argument(help="Any checkpoint (.safetensors, .pt with weights only), or levels from `surp quantize`."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else SOURCE with the ending .surp.")
    ] = None,
    sparsity: Annotated[
        float | None,
        typer.Option(
            help="Prune first: this share of the weights (matrices, no biases) becomes zero, by "
            "norm-scaled magnitude. The survivors stay, uniformly quantized with --step-rel 0.25 unless told otherwise."
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option("--bytes", min=1, rich_help_panel=_PRECISION, help="The finest file of at most N bytes."),
    ] = None,
    bits_per_weight: Annotated[
        float | None,
        typer.Option(rich_help_panel=_PRECISION, help="The same by 8 x bytes of the file / floating-point elements."),
    ] = None,
    step_rel: Annotated[
        float | None,
        typer.Option(
            rich_help_panel=_PRECISION,
            help="Step over mean magnitude of the weights that are not zero. With none of these: 0.2 in passes.",
        ),
    ] = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            rich_help_panel=_PRECISION,
            help="Keep every tensor bit for bit (-0 and NaN too), masks unfolded.",
        ),
    ] = False,
    coder: Annotated[str, typer.Option(help=choices("Entropy coder", "coders"))] = "adaptive",
    preset: Annotated[str, typer.Option(help="The coder's preset.")] = "default",
    quantizer: Annotated[
        str | None,
        typer.Option(help=choices("Quantizer of a checkpoint", "quantizers") + " Files of `successive` can be cut."),
    ] = None,
    settings: Settings = None,
    coder_settings: CoderSettings = None,
    threads: Cores = 0,
    record: Record = None,
    metrics: Metrics = None,
    tag: Tags = None,
) -> None:
    """Code any checkpoint, or levels, into one `.surp` file that decodes without the model's code.

    A checkpoint that was pruned elsewhere keeps its zeros; masks of torch.nn.utils.prune are folded, but not with
    --exact. --set gives the parameters of the quantizer, --coder-set those of the coder. For levels nothing is to be
    said of a quantizer.

    Examples: surp encode model.safetensors --bytes 20000; surp encode pruned.pt --exact; surp encode levels.safetensors
    """
    refuse_without(metrics, record=record, tag=tag)
    from surp import files
    from surp.records.coding import EncodeColumns, SizeColumns
    from surp.records.section import read_record, write_record

    target = output or source.with_suffix(".surp")
    options: dict[str, Any] = {
        "sparsity": sparsity,
        "max_bytes": size,
        "bits_per_weight": bits_per_weight,
        "step_rel": step_rel,
        "exact": exact,
        "quantizer": quantizer,
        "quantizer_settings": parse_settings(settings),
    }
    chosen = {"coder": coder, "preset": preset, "coder_settings": parse_settings(coder_settings, "--coder-set")}
    with files.locked(target):
        if _holds_levels(source):
            wishes = {"sparsity": sparsity, "bytes": size, "bits_per_weight": bits_per_weight, "step_rel": step_rel}
            refuse(
                f"{source} holds levels, which nothing of a quantizer can change",
                **wishes,
                exact=exact,
                quantizer=quantizer,
                set=settings,
            )
            content, floats, seconds = _from_levels(source, chosen, threads)
        else:
            content, floats, seconds = _from_checkpoint(source, {**options, **chosen}, threads)
        files.write_bytes(target, content)
        sizes = SizeColumns.of_file(target.stat().st_size, floats)
        if metrics:
            columns = EncodeColumns(
                coder=coder, preset=preset, surp_sha256=files.digest(target), seconds_encode=seconds
            )
            write_record(metrics, read_record(record), sizes, columns, tags=parse_settings(tag))
    say(f"{sizes.bytes} bytes, {sizes.bits_per_weight:.4f} bits/weight, ratio {sizes.ratio:.1f} -> {target}")


def _holds_levels(source: Path) -> bool:
    """Told apart by the metadata `surp.kind` of a safetensors file."""
    from surp.errors import WeightsError
    from surp.tensors.levels_file import KIND
    from surp.tensors.safetensors_file import read_metadata

    if not source.is_file():
        return False
    try:
        return read_metadata(source).get("surp.kind") == KIND
    except WeightsError:
        return False


def _from_levels(source: Path, chosen: dict[str, Any], threads: int) -> tuple[bytes, int, float]:
    """The file, its floating-point elements, and the seconds that coding took."""
    from surp import codec
    from surp.tensors.levels_file import read_levels

    model = read_levels(source)
    codec.warm_up(chosen["coder"])
    start = time.perf_counter()
    with working("encode", model.elements, threads) as work:
        content = codec.encode(
            model, coder=chosen["coder"], preset=chosen["preset"], settings=chosen["coder_settings"], work=work
        )
    return content, model.floats, time.perf_counter() - start


def _from_checkpoint(source: Path, options: dict[str, Any], threads: int) -> tuple[bytes, int, float]:
    from surp import codec
    from surp.compress import Options, encode_checkpoint
    from surp.tensors.checkpoints import read_checkpoint, with_note_of_signs
    from surp.tensors.state import float_elements

    parameters = Options.parse(options, "encode")
    checkpoint = read_checkpoint(source, fold=not parameters.exact)
    if parameters.exact:
        checkpoint = with_note_of_signs(checkpoint)
    for notice in checkpoint.notices:
        say(f"note: {notice}")
    codec.warm_up(parameters.coder)
    start = time.perf_counter()
    floats = float_elements(checkpoint.state)
    with working("encode", sum(v.size for v in checkpoint.state.values()), threads) as work:
        content = encode_checkpoint(checkpoint, parameters, work)
    return content, floats, time.perf_counter() - start
