"""The inputs of rules that depend on the parameters: functions of a job's wildcards, as Snakemake takes them."""

from __future__ import annotations

from collections.abc import Callable

from surp.plan.paths import Wildcards
from surp.plan.suite_files import SuiteFiles


class Inputs:
    def __init__(self, files: SuiteFiles) -> None:
        self.files, self.paths, self.config = files, files.paths, files.config

    def before(self, dense: str, later: str) -> Callable[[Wildcards], str]:
        """A file of the model that a round prunes: the dense one, or the round before, fine-tuned (`later`)."""

        def path(wildcards: Wildcards) -> str:
            number = int(wildcards["round"])
            if self.config.schedules[wildcards["schedule"]].kind == "one_shot" or number == 1:
                return dense.format(**wildcards)
            return later.format(**{**wildcards, "round": number - 1})

        return path

    def of_round(self, pattern: str) -> Callable[[Wildcards], list[str]]:
        """The pattern for every file of a round."""
        return lambda wildcards: self.files.of_round(pattern, wildcards)

    def of_seed(self, pattern: str, **axes: str) -> Callable[[Wildcards], list[str]]:
        """The pattern for every file of a data set, model and seed."""
        return lambda wildcards: self.files.of_rounds(pattern, **{**wildcards, **axes})

    def images_for_pruning(self, wildcards: Wildcards) -> str | list[str]:
        """Training images where the method measures importance on them."""
        return self._images(wildcards, self.config.prunes_calibrated(wildcards["method"]))

    def images_for_quantizing(self, wildcards: Wildcards) -> str | list[str]:
        """Training images where the quantizer looks at them."""
        return self._images(wildcards, self.config.quantizes_calibrated(wildcards["quantizer"]))

    def _images(self, wildcards: Wildcards, wanted: bool) -> str | list[str]:
        return self.paths.train.format(**wildcards) if wanted else []
