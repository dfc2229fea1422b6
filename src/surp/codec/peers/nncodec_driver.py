"""DeepCABAC as in nncodec 2.1.3, the reference software of the MPEG standard NNC (ISO/IEC 15938-17).

Driven at the level of its `nnc_core`, with the settings of `nncodec.nnc.compress` and of `nncodec.nn.encode`
(row skipping on, context initialisation chosen by the encoder), because the packages above it import torch and more.
int32 tensors are coded as they are: no quantization. The bitstream is complete: names, shapes, types.

nncodec needs numpy below 2, so this file runs in the environment of `make peers`, by its path and with nothing of
`surp`; the coder `nncodec` talks to it through files (`pack`, `unpack`):

    python -I _nncodec_driver.py encode TENSORS.npz STREAM.nnc [--qp -38]
    python -I _nncodec_driver.py decode STREAM.nnc TENSORS.npz [--memory BYTES]
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Tensors = Mapping[str, "np.ndarray[Any, Any]"]
QP, NONWEIGHT_QP, QP_DENSITY, UNARY_LENGTH = -38, -75, 2, 10
_MAPS = ("sparsification", "pruning", "unification", "decomposition_performance_map")


def encode(levels: Tensors) -> bytes:
    """Integer tensors of one or more dimensions that fit 32 bits, without loss."""
    return compress({name: np.ascontiguousarray(level, dtype=np.int32) for name, level in levels.items()})


def decode(data: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """Inverse of `encode` and, up to quantization, of `compress`."""
    from nncodec import nnc_core

    contents = nnc_core.coder.decode(bytearray(data), _empty_model(), hls_stats={}, oob_dict={})
    nnc_core.approximator.rec(contents)
    return dict(contents["parameters"])


def compress(tensors: Tensors, qp: int = QP, trellis: bool = True) -> bytes:
    """A complete bitstream. float32 tensors are quantized: those of two or more dimensions with a step of
    2^(qp / 4) (up to its linear interpolation), the others with that of `NONWEIGHT_QP`; trellis: dependent
    quantization. int32 tensors are coded as they are."""
    from nncodec import nnc_core

    parameters = dict(tensors)
    model = nnc_core.nnr_model.NNRModel(parameters).model_info
    data = nnc_core.approximator.init_approx_data(parameters, model, qp_density=QP_DENSITY, scan_order=0)
    chosen = nnc_core.approximator.ApproxInfo(
        data, model, "uniform", 0, qp, False, not trellis, UNARY_LENGTH, 0, nonweight_qp=NONWEIGHT_QP
    )
    settings = {
        "cabac_unary_length_minus1": UNARY_LENGTH,
        "param_opt_flag": True,
        "partial_data_counter": 0,
        "general_profile_idc": 1,
        "node_id_present_flag": 1,
        "device_id": 0,
        "mps_parent_signalling_enabled_flag": 0,
        "parent_node_id_present_flag": 0,
        "temporal_context_modeling_flag": 0,
        "row_skip_enabled_flag": 1,
        "pre_signalling": 0,
    }
    quantized = nnc_core.approximator.approx(chosen.approx_info, model, data, settings)
    stream, _ = nnc_core.coder.encode(enc_info=settings, model_info=model, approx_data=quantized)
    return bytes(stream)


def _empty_model() -> dict[str, Any]:
    """What `nncodec.nnc.decompress` starts from: everything is told by the bitstream."""
    flags: dict[str, Any] = {f"{level}_{name}_flag": {} for level in ("mps", "lps") for name in _MAPS}
    return {
        "parameter_type": {},
        "parameter_dimensions": {},
        "parameter_index": {},
        "block_identifier": {},
        "topology_storage_format": None,
        "topology_compression_format": None,
        "performance_maps": {"mps": {}, "lps": {}},
        "performance_map_flags": flags,
    }


def pack(path: Path, tensors: Tensors) -> None:
    """Tensors in one `.npz`, whose own keys are numbers: any text may be a tensor's name."""
    arrays = {str(number): value for number, value in enumerate(tensors.values())}
    np.savez(path, names=np.array(list(tensors), dtype=np.str_), **arrays)  # type: ignore[arg-type]


def unpack(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Inverse of `pack`. Nothing in the file is executed."""
    with np.load(path, allow_pickle=False) as file:
        return {str(name): file[str(number)] for number, name in enumerate(file["names"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=["encode", "decode"])
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--qp", type=int, default=QP, help="quantization parameter of floats, as nncodec defines it")
    parser.add_argument("--memory", type=int, help="bytes that the process may map; more is an error")
    arguments = parser.parse_args()
    if arguments.memory:
        resource.setrlimit(resource.RLIMIT_AS, (arguments.memory, arguments.memory))
    if arguments.way == "encode":
        arguments.output.write_bytes(compress(unpack(arguments.source), arguments.qp))
    else:
        pack(arguments.output, decode(arguments.source.read_bytes()))


if __name__ == "__main__":
    main()
