"""What a file holds, whoever wrote it: our frame, or a coder's own file."""

from __future__ import annotations

from surp import registry
from surp.codec.assemble import Contents, read
from surp.codec.exact import join_all
from surp.codec.frame import wire
from surp.codec.frame.container import open_file
from surp.codec.interface import coder_of, load_coder, quantizes
from surp.codec.lanes import Work
from surp.codec.passes.prefix import truncated
from surp.errors import ParameterError
from surp.tensors.kept import times
from surp.tensors.layout import State
from surp.tensors.levels import Quantized


def framed(data: bytes) -> bool:
    """Whether the file has our frame; one of a coder's own has not."""
    return data.startswith(wire.MAGIC)


def name_of_coder(data: bytes, wanted: str | None = None, partial: bool = False) -> str:
    """The coder that a file says it is of. wanted: what the user says, for a file that says nothing.

    Raises `CorruptFileError` for a file that is of none, `ParameterError` if it says another than the one wanted.
    """
    said = next((coder for coder, start in wire.FOREIGN.items() if data.startswith(start)), None)
    trusted = wanted is not None and quantizes(load_coder(wanted, "default")) and not framed(data)
    if said is None and not trusted:
        header, *_ = open_file(data, partial)
        coder_of(header)
        said = header.coder
    if said is not None and wanted not in (None, said):
        raise ParameterError(f"coder {wanted}: this file was written by the coder {said}")
    return said or str(wanted)


def model_of(contents: Contents, passes: int | None) -> Quantized:
    """The model that the passes read tell; `passes`: as many as were asked for."""
    header = contents.header
    whole = Quantized(
        levels={tensor.name: contents.levels[tensor.name] for tensor in header.tensors},
        maps={tensor.name: tensor.map for tensor in header.tensors},
        dtypes={tensor.name: tensor.dtype for tensor in header.tensors},
        quantizer=header.quantizer,
        passes=header.passes,
        embedded=tuple(tensor.name for tensor in header.embedded),
        tail=header.tail,
    )
    if passes is None and contents.passes == header.passes:
        return whole
    return truncated(whole, contents.passes, contents.points)


def state_of(
    data: bytes, coder: str | None = None, partial: bool = False, work: Work | None = None
) -> tuple[State, dict[str, str]]:
    """Arrays by name, and the type of each; int8 rows that have scales as float32."""
    name = name_of_coder(data, coder, partial)
    if not framed(data):
        state: State = registry.load("coders", name).decode_floats(data)
        return state, {name: value.dtype.name for name, value in state.items()}
    contents = read(data, "", partial=partial, work=work)
    if contents.header.kind == "model":
        model = model_of(contents, None)
        return model.state(), dict(model.dtypes)
    header, state = contents.header, contents.levels
    if header.exact:
        state = state | join_all(header.exact, state, contents.signs, contents.blocks[-1])
    state |= {t.name: times(state[t.name], state[t.scales.name]) for t in header.tensors if t.scales is not None}
    return {t.name: state[t.name] for t in header.tensors}, {t.name: t.dtype for t in header.tensors}


def elements_of(data: bytes, partial: bool = False) -> int:
    """Elements of all tensors by the header; 0 for a coder's own file, which has none of ours."""
    return open_file(data, partial)[0].elements if framed(data) else 0
