"""The columns of the stage `quantize`."""

from __future__ import annotations

from surp.records.section import Section


class QuantizeColumns(Section):
    """distortion_l1, laplacian_reference: see `surp.evaluate.distortion`."""

    quantizer: str
    permuted: bool | None = None
    seconds_quantize: float | None = None
    distortion_l1: float | None = None
    laplacian_reference: float | None = None
