"""Every constant of the `.surp` format. Specified byte by byte in `docs/format.md`.

A changed value here changes the format: golden files break, and `VERSION` moves.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = b"SuRP"
VERSION: Final = 1
"""Version 1 will be readable for ever."""

KINDS: Final = {"levels": 0, "model": 1}
CODERS: Final = {"adaptive": 0, "huffman_csr": 1, "bitmap_zstd": 2, "nncodec": 3}
OTHER_CODER: Final = 15
"""Wire id of a coder whose name follows as text."""
PRESETS: Final = {"default": 0, "fast": 1, "max": 2}
QUANTIZERS: Final = {"": 0, "uniform": 1, "successive": 2}
OTHER_QUANTIZER: Final = 3
"""Wire id of a quantizer whose name follows as text."""
RULES: Final = {"": 0, "scaled_rows": 1, "removed_units": 2, "difference": 3, "shared": 4}
OTHER_RULE: Final = 5
"""Wire id of a rule whose name follows as text; 0: the tensor is an array."""
DTYPES: Final = {
    **{"bool": 0, "uint8": 1, "int8": 2, "uint16": 3, "int16": 4, "uint32": 5, "int32": 6},
    **{"uint64": 7, "int64": 8, "float16": 9, "float32": 10, "float64": 11, "bfloat16": 12},
    **{"float8_e4m3fn": 13, "float8_e5m2": 14, "float8_e4m3fnuz": 15, "float8_e5m2fnuz": 16},
}

USUAL: Final = 1
EXACT: Final = 2
NARROW_STEPS: Final = 4
CUT: Final = 8
TAIL: Final = 16
FORMS: Final = 32
WHOLE: Final = 64
FLAGS: Final = 127
"""Flags of a file: its arrays are stored as usual, or all as they are; steps in 16 bits; was cut; was cut within a
pass; some tensors have a form; blocks are not cut into lanes. FLAGS: all of them."""
AS_IT_IS: Final = 0
STEPS: Final = 1
RELATIVE: Final = 2
EMBEDDED: Final = 4
OWN_LEVEL_TYPE: Final = 8
"""How an array is stored: without a map, or with one of steps or of equal relative precision; and besides: in passes;
its levels are not int32, their type follows."""
TRELLIS: Final = 256
"""A ratio of TRELLIS + k says that the map is a trellis of 2^k states."""

BASE: Final = 1
"""A field of the header that only some files have. Odd ones must be known, even ones may be passed over."""

FOREIGN: Final = {"nncodec": bytes.fromhex("00040201")}
"""How files begin that are a coder's own and have no frame of ours: nncodec's begin with a start unit of four bytes."""

VARINT_BYTES: Final = 9
"""Most bytes of a varint: 63 bits."""
CRC_BYTES: Final = 4
MOST_PASSES: Final = 31
MOST_DIMENSIONS: Final = 64
MOST_OFFSET: Final = 1 << 31
"""Offsets of a map are smaller in magnitude."""
POINT_UNIT: Final = 2
"""A prefix's reconstruction offsets are int8 in units of 2/256."""
DIGEST_BYTES: Final = 32
"""A base is named by its SHA-256."""

LANE: Final = 1 << 20
"""Elements that fill a lane: the next array begins another, and one of twice as many is cut by rows."""
FREE_ELEMENTS: Final = 1 << 20
ELEMENTS_PER_BYTE: Final = 1 << 12
MOST_ELEMENTS: Final = 1 << 33
"""A file may declare FREE_ELEMENTS + ELEMENTS_PER_BYTE for each byte of its blocks, and never more than the last."""
FREE_DECISIONS: Final = 1 << 18
DECISIONS_PER_BYTE: Final = 1 << 10
"""A header may take FREE_DECISIONS + DECISIONS_PER_BYTE for each of its bytes."""

DICTIONARY: Final = (
    "fc1.bias fc1.weight fc2.bias fc2.weight conv1.bias conv1.weight conv2.bias conv2.weight fc.bias fc.weight "
    "features.0.bias features.0.weight features.10.bias features.10.weight classifier.6.bias classifier.6.weight "
    "bn1.bias bn1.num_batches_tracked bn1.running_mean bn1.running_var bn1.weight layer1.0.conv1.weight "
    "layer1.0.downsample.0.weight layer1.0.downsample.1.num_batches_tracked layer4.2.bn3.running_mean "
    "layer4.2.bn3.running_var blocks.0.attn.proj.bias blocks.0.attn.qkv.weight blocks.0.mlp.fc1.weight "
    "blocks.0.norm1.bias encoder.layer.0.attention.self.query.weight encoder.layer.0.output.LayerNorm.bias "
    "encoder.layers.encoder_layer_0.self_attention.in_proj_weight encoder.layer.0.output.dense.weight "
    "model.layers.0.mlp.down_proj.weight model.layers.0.mlp.gate_proj.weight model.layers.0.mlp.up_proj.weight "
    "model.layers.0.self_attn.k_proj.weight model.layers.0.self_attn.o_proj.weight "
    "model.layers.0.input_layernorm.weight model.embed_tokens.weight lm_head.weight "
    "features.3.block.1.0.weight shortcut.0.weight transformer.h.0.attn.c_attn.bias"
)
"""Names of the usual layers, which the estimates of a header's text have seen before it begins."""
