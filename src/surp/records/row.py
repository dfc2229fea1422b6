"""The row of `summary.csv`: the sections of all stages, the axes that tell rows apart, and what follows from a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ConfigDict, ValidationError

from surp.errors import SurpError
from surp.parameters import mistakes
from surp.records.coding import DecodeColumns, EncodeColumns, SizeColumns
from surp.records.columns import AXES
from surp.records.evaluation import EvaluateColumns
from surp.records.pruning import PruneColumns
from surp.records.quantization import QuantizeColumns
from surp.records.training import FinetuneColumns, PretrainColumns, TrainingColumns


class CodedRow(
    PretrainColumns, TrainingColumns, PruneColumns, FinetuneColumns, QuantizeColumns, SizeColumns, EncodeColumns
):
    """What is known of a file before it is decoded. suite, schedule: given by the workflow as tags.

    sparsity: that of the decoded file, where rows about files were made of evaluated ones (`surp layers`).
    """

    model_config = ConfigDict(extra="ignore")
    suite: str = ""
    schedule: str = ""
    sparsity: float | None = None

    @classmethod
    def parse(cls, columns: Mapping[str, Any], where: str) -> Self:
        """Raises `SurpError` naming `where` (file and row), the column and its value."""
        try:
            return cls.model_validate({name: value for name, value in columns.items() if value not in ("", None)})
        except ValidationError as error:
            raise SurpError(f"{where}: {mistakes(error, '')}") from None

    @property
    def level(self) -> float | None:
        """The sparsity that the model was pruned to: the one aimed at, or that found where a rate was the target."""
        sparsity = self.sparsity if self.target_sparsity is None else self.target_sparsity
        return None if sparsity is None else round(sparsity, 4)

    @property
    def series(self) -> str:
        """The method, with its mode if that is no usual one: what is one line of a figure."""
        return self.method if self.mode in ("", "reference") else f"{self.method}_{self.mode}"


class Row(CodedRow, DecodeColumns, EvaluateColumns):
    """One evaluated file."""

    model_config = ConfigDict(extra="ignore")

    def place(self, axes: tuple[str, ...] = AXES) -> tuple[str, ...]:
        """The values of these axes, as texts."""
        return tuple(str(getattr(self, axis)) for axis in axes)
