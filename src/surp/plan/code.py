"""The parameter `code` of the rules: it changes with what the modules of a job and all that they import do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from surp import registry
from surp.plan.config import Config
from surp.plan.paths import Wildcards
from surp.provenance import planned_code
from surp.provenance.runs import Run

_FILES = ("model", "figure", "table")
"""Wildcards whose values are files of a folder; those of the others are entries of `params.yaml`."""


class Code:
    """What stands for the code of jobs that are planned in `run`."""

    def __init__(self, config: Config, run: Run) -> None:
        self.config = config
        self._described = cache(lambda *modules: planned_code.describe(run, *modules))

    def of(self, stage: str, *axes: str) -> Callable[[Wildcards], str]:
        """Of a stage, and of the variants that stand in the wildcards `axes`."""
        return lambda wildcards: self._of(stage, *(self._module(axis, wildcards[axis]) for axis in axes))

    def of_prune(self, wildcards: Wildcards) -> str:
        """A rate in passes is measured by the coder, which no other pruning depends on."""
        modules = [self._module("method", wildcards["method"])]
        if self.config.prunes_calibrated(wildcards["method"]):
            modules += ["train.calibration", self._module("model", wildcards["model"])]
        if self.config.schedules[wildcards["schedule"]].stop == "rate":
            modules.append("codec.coders.adaptive")
        return self._of("prune", *modules)

    def of_quantize(self, wildcards: Wildcards) -> str:
        modules = [self._module("quantizer", wildcards["quantizer"])]
        if self.config.quantizes_calibrated(wildcards["quantizer"]):
            modules += ["train.calibration", self._module("model", wildcards["model"])]
        return self._of("quantize", *modules)

    def of_breakdown(self) -> str:
        return self._of("breakdown", self._module("coder", self.config.suite.coders[0]))

    def of_report(self) -> str:
        return self._of("report", *(registry.module("tables", name) for name in registry.names("tables")))

    def _of(self, stage: str, *modules: str) -> str:
        described: str = self._described(f"stages.{stage}", *modules)
        return described

    def _module(self, axis: str, name: str) -> str:
        section = f"{axis}s"
        return registry.module(section, name if axis in _FILES else getattr(self.config, section)[name].kind)
