"""A suite of `params.yaml`: the axes of one comparison, and what it crosses besides."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Annotated

from pydantic import Field

from surp.parameters import Frozen


class Cross(Frozen):
    """More files of some models of a suite: for these seeds and target sparsities, every coder under its quantizer."""

    seeds: tuple[int, ...] = Field(min_length=1)
    sparsities: tuple[float, ...] = Field(min_length=1)
    files: dict[str, tuple[str, ...]] = Field(min_length=1)


class Suite(Frozen):
    """The axes of one comparison: every combination is run.

    model_seeds: the seeds of a model, where they are not `seeds`. cross: further quantizers and coders for some models.
    """

    datasets: tuple[str, ...] = Field(min_length=1)
    models: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field(min_length=1)
    model_seeds: dict[str, Annotated[tuple[int, ...], Field(min_length=1)]] = {}
    recipe: str
    methods: tuple[str, ...] = Field(min_length=1)
    schedules: tuple[str, ...] = Field(min_length=1)
    finetune: str
    quantizers: tuple[str, ...] = Field(min_length=1)
    coders: tuple[str, ...] = Field(default=("adaptive",), min_length=1)
    cross: Cross | None = None

    def networks(self) -> tuple[tuple[str, str, int], ...]:
        """(data set, model, seed) of each dense network."""
        places = product(self.datasets, self.models)
        return tuple((d, model, seed) for d, model in places for seed in self.model_seeds.get(model, self.seeds))

    def names(self, section: str) -> tuple[str, ...]:
        """All names of a section (`methods`, `quantizers`, ...) that the suite uses, each once."""
        crossed: dict[str, Iterable[str]] = {}
        if self.cross:
            files = self.cross.files
            crossed = {"quantizers": files, "coders": (coder for coders in files.values() for coder in coders)}
        return tuple(dict.fromkeys((*getattr(self, section), *crossed.get(section, ()))))

    def files(self, seed: int, target: float) -> tuple[tuple[str, str], ...]:
        """(quantizer, coder) of each file that is made of a model of this seed and target."""
        pairs = [*product(self.quantizers, self.coders)]
        if self.cross and seed in self.cross.seeds and target in self.cross.sparsities:
            pairs += [(quantizer, coder) for quantizer, coders in self.cross.files.items() for coder in coders]
        return tuple(dict.fromkeys(pairs))
