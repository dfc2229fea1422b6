"""Any state dict as one `.surp` file, and back: what `surp.encode`, `surp.decode`, `surp.load` and `surp.save` do."""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field, model_validator

from surp import codec, registry
from surp.codec.passes.search import finest
from surp.errors import TargetError, WeightsError
from surp.files import read_bytes, write_bytes
from surp.parameters import Frozen
from surp.select import survivors
from surp.tensors.bfloat16 import upper, widened
from surp.tensors.checkpoints import Checkpoint, from_state_dict
from surp.tensors.dtypes import dtype_of
from surp.tensors.layout import State, check_finite, takes_part
from surp.tensors.levels import as_they_are
from surp.tensors.torch_tensors import to_torch

if TYPE_CHECKING:
    from surp.codec.work import Work

STEP_REL_SPARSE = 0.25
"""Precision of the survivors after `sparsity`: that of fine-tuned survivors in `params.yaml` (docs/method.md)."""
_COARSEST, _FINEST, _PER_OCTAVE = 20, -14, 128
"""`step_rel` of a search: from 2^20 to 2^-14, 128 values an octave."""


class Options(Frozen):
    """How a checkpoint is coded.

    sparsity: zeros over all weights (matrices among the parameters); norm-scaled magnitude decides,
    and survivors stay survivors. At most one of the others says how finely the rest is described: step_rel, a step over
    the mean magnitude of the survivors; max_bytes, the finest file of at most so many bytes; bits_per_weight, the same
    by 8 x bytes / floating-point elements. exact: every tensor keeps its bits and its name; NaN and infinity are
    allowed, and masks of torch.nn.utils.prune are not folded.
    """

    sparsity: float | None = Field(default=None, ge=0, lt=1)
    step_rel: float | None = Field(default=None, gt=0)
    max_bytes: int | None = Field(default=None, ge=1)
    bits_per_weight: float | None = Field(default=None, gt=0)
    exact: bool = False
    quantizer: str | None = None
    quantizer_settings: dict[str, Any] = {}
    coder: str = "adaptive"
    preset: str = "default"
    coder_settings: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_precision(self) -> Self:
        ways = {key: getattr(self, key) for key in ("step_rel", "max_bytes", "bits_per_weight")}
        ways["quantizer_settings.step_rel"] = self.quantizer_settings.get("step_rel")
        given = [key for key, value in ways.items() if value is not None] + ["exact"] * self.exact
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other")
        if self.exact and (self.sparsity is not None or self.quantizer is not None or self.quantizer_settings):
            raise ValueError("exact keeps the weights as they are; it goes with no sparsity, quantizer or settings")
        return self


def encode(state_dict: Mapping[str, Any], **options: Any) -> bytes:
    """A complete `.surp` file of a state dict of numpy arrays or torch tensors; `Options` lists the options.

    Raises `ParameterError` for an option out of range, `WeightsError` for what is no tensor of numbers, `TargetError`
    naming the least size if `max_bytes` or `bits_per_weight` is out of reach.
    """
    parsed = Options.parse(options, "encode")
    return encode_checkpoint(from_state_dict(state_dict, fold=not parsed.exact), parsed)


def decode(data: bytes) -> State:
    """The arrays in a `.surp` file, by name; types that numpy lacks are those of ml_dtypes. Needs no torch."""
    return codec.open(data).state()


def save(state_dict: Mapping[str, Any], path: str | Path, **options: Any) -> None:
    """`encode` into a file, atomically."""
    write_bytes(Path(path), encode(state_dict, **options))


def load(path: str | Path) -> dict[str, Any]:
    """The torch tensors in a `.surp` file, for `model.load_state_dict`."""
    with codec.reading(str(path)):
        return to_torch(*_untyped(codec.open(read_bytes(Path(path))).state()))


def encode_checkpoint(checkpoint: Checkpoint, options: Options, work: Work | None = None) -> bytes:
    """`encode` for a checkpoint that was read already. work: threads, and whom to tell of progress."""
    if options.exact:
        return codec.encode(
            as_they_are(_typed(checkpoint)),
            coder=options.coder,
            preset=options.preset,
            settings=options.coder_settings,
            work=work,
        )
    state = _checked(checkpoint.state)
    name = options.quantizer
    if name is None:
        name = "successive" if options.sparsity is None else "uniform"
    if options.sparsity is not None:
        state = state | survivors(state, options.sparsity)
    floats = sum(value.size for value in state.values() if value.dtype.kind == "f")
    size = options.max_bytes
    if options.bits_per_weight is not None:
        size = int(options.bits_per_weight * floats / 8)
    if size is None:
        return _coded(state, checkpoint.types, name, options, options.step_rel, work)
    try:
        return finest(
            lambda index: _coded(state, checkpoint.types, name, options, _step(index), work),
            size,
            (_COARSEST - _FINEST) * _PER_OCTAVE,
            _guess(state, size),
        )
    except TargetError as error:
        what = "" if options.bits_per_weight is None else f"bits_per_weight {options.bits_per_weight:g}: "
        raise TargetError(f"{what}{error}") from None


def _typed(checkpoint: Checkpoint) -> State:
    """bfloat16 tensors as such, bit for bit."""
    narrow, types = dtype_of("bfloat16"), checkpoint.types
    return {n: upper(v).view(narrow) if types[n] == "bfloat16" else v for n, v in checkpoint.state.items()}


def _untyped(state: State) -> tuple[State, dict[str, str]]:
    """Inverse of `_typed`: bfloat16 as float32."""
    types = {name: value.dtype.name for name, value in state.items()}
    return {n: widened(v.view(np.uint16)) if types[n] == "bfloat16" else v for n, v in state.items()}, types


def float_elements(checkpoint: Checkpoint) -> int:
    return sum(value.size for value in checkpoint.state.values() if value.dtype.kind == "f")


def _checked(state: State) -> State:
    check_finite(state)
    for name, value in state.items():
        if value.dtype.kind not in "fiub" or value.dtype.itemsize > 8:
            raise WeightsError(f"tensor {name!r} has dtype {value.dtype}; allowed: floats, integers and bool")
    return state


def _coded(
    state: State, types: Mapping[str, str], name: str, options: Options, step_rel: float | None, work: Work | None
) -> bytes:
    """Quantized and coded with one step; None for the default."""
    module = registry.load("quantizers", name)
    settings: dict[str, Any] = dict(options.quantizer_settings)
    if step_rel is not None:
        settings["step_rel"] = step_rel
    if options.sparsity is not None and name == "uniform":
        settings = {"keep_survivors": True, "rounding": 0.5, "step_rel": STEP_REL_SPARSE, **settings}
    quantized = module.quantize(state, module.Parameters.parse(settings, f"quantizers.{name}"))
    quantized.dtypes.update({name: types[name] for name, level_map in quantized.maps.items() if level_map})
    return codec.encode(
        quantized, coder=options.coder, preset=options.preset, settings=options.coder_settings, work=work
    )


def _step(index: int) -> float:
    """`step_rel` number `index` of a search, finer ones later; the same everywhere up to the last bit of a power."""
    return float(2 ** (_COARSEST - index / _PER_OCTAVE))


def _guess(state: State, size: int) -> int:
    """Where a search begins: a weight takes about log2(1 / step_rel) + 2 bits, if it is not zero."""
    weights = [value for name, value in state.items() if takes_part(name, value, "matrices")]
    nonzero = sum(int(np.count_nonzero(value)) for value in weights)
    bits = 8 * size / max(nonzero, 1)
    return round((_COARSEST + min(bits, 12) - 2 - (log2(3 / bits) if bits < 3 else 0)) * _PER_OCTAVE)
