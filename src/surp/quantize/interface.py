"""What every quantizer takes and returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from numpy.typing import NDArray
from pydantic import Field

from surp import registry
from surp.parameters import Frozen
from surp.tensors.levels import Quantized
from surp.tensors.maps import MANTISSA
from surp.tensors.state import Tensors

if TYPE_CHECKING:
    from surp.train.calibration import Calibration

Scale = Literal["tensor", "norm"]
Point = Literal["median", "mean", "lower"]
Made = Literal["levels", "numbers", "floats"]


class QuantizerParameters(Frozen):
    """What every quantizer has."""

    @property
    def makes(self) -> Made:
        """What comes out: integer levels, numbers of another type, or the floats as they were."""
        return "levels"

    @property
    def calibrated(self) -> bool:
        """Whether the quantizer looks at images of the training part."""
        return self.images > 0

    @property
    def images(self) -> int:
        """How many."""
        return 0


class KeptParameters(QuantizerParameters):
    """What quantizers without levels have."""

    @property
    def makes(self) -> Made:
        return "numbers"


class LevelParameters(QuantizerParameters):
    """What quantizers that make levels have.

    tensors: those it describes. mantissa: bits of mantissa of the other floating-point tensors (norms, running
    statistics), which are worth what they are relative to each other: a variance may be a millionth of its neighbour.
    bias_mantissa: of biases beside a matrix, whose own error is larger. Chosen on validation splits of ResNet-20,
    MobileNetV2 and LeNet-300-100: 5 and 3 cost them nothing, one bit more is margin (benchmarks/results/defaults.md).
    """

    tensors: Tensors = "matrices"
    mantissa: int = Field(default=6, ge=0, le=MANTISSA)
    bias_mantissa: int = Field(default=4, ge=0, le=MANTISSA)


class CalibratedParameters(LevelParameters):
    """What quantizers have that measure the network. calibration: images of the training part they may see."""

    calibration: int = Field(default=5000, ge=1)

    @property
    def images(self) -> int:
        return self.calibration


class StepParameters(LevelParameters):
    """What quantizers have whose step follows from the weights.

    step_rel: step over the mean magnitude of the survivors (weights that are not zero). scale: `tensor` takes that mean
    in each tensor, `norm` one mean over all of them, each divided by its L2 norm. point: where a value is put in its
    interval, `lower` is the end nearer to zero.
    """

    step_rel: float = Field(default=0.5, gt=0)
    scale: Scale = "norm"
    point: Point = "median"


class Quantizer(Protocol):
    """A file of `surp/quantize/quantizers/`. Its function takes its own `Parameters`."""

    Parameters: type[QuantizerParameters]

    def quantize(self, state: Mapping[str, NDArray[Any]], parameters: Any, *calibration: Calibration) -> Quantized:
        """A whole model; `Kept` where no levels are made. calibration: one, if the parameters are `calibrated`.

        Raises `WeightsError` naming the tensor, `ParameterError` if a calibration is needed and missing.
        """


def quantizer(name: str) -> Quantizer:
    """The quantizer of that name. Raises `UnknownNameError` with the names that are there."""
    return registry.load("quantizers", name)
