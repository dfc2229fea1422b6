"""How parameters become words of a stage's command. What takes wildcards is a `params:` function of a rule."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from surp.parameters import Frozen
from surp.plan.config import Config
from surp.plan.paths import Wildcards
from surp.plan.variants import Variant


def as_options(parameters: Frozen, option: str = "--set", without: Collection[str] = ()) -> str:
    """`--set key=value` for every parameter that differs from its default."""
    changed = parameters.model_dump(mode="json", exclude_defaults=True, exclude=set(without))
    return repeat(option, (f"{key}={json.dumps(value)}" for key, value in changed.items()))


def repeat(option: str, values: Iterable[object]) -> str:
    """`-o a -o b`, quoted for a shell."""
    return " ".join(f"{option} {shlex.quote(str(value))}" for value in values)


def of_suite(parameters: Mapping[str, Any], suite: str) -> str:
    """The entries of the parameters that a suite names, as quoted JSON: what its report shows."""
    named = parameters["suites"][suite]
    several = {
        section: {name: parameters.get(section, {}).get(name) for name in named.get(section, [])}
        for section in ("datasets", "methods", "schedules", "quantizers", "coders")
    }
    one = {
        section: {named[key]: parameters[section][named[key]]}
        for section, key in (("recipes", "recipe"), ("finetune", "finetune"))
    }
    data = parameters.get("data", {})
    return shlex.quote(json.dumps({"suite": suite, "suites": {suite: named}, "data": data, **one, **several}))


class Arguments:
    def __init__(self, config: Config) -> None:
        self.config = config

    def kind(self, axis: str) -> Callable[[Wildcards], str]:
        """The file of the folder that does the work of the entry in a wildcard (`method`)."""
        return lambda wildcards: self._variant(axis, wildcards).kind

    def settings(self, axis: str, option: str = "--set", without: Collection[str] = ()) -> Callable[[Wildcards], str]:
        """The parameters of the entry in a wildcard."""
        return lambda wildcards: as_options(self._variant(axis, wildcards).parameters, option, without)

    def preset(self, wildcards: Wildcards) -> str:
        preset: str = self._variant("coder", wildcards).parameters.preset
        return preset

    def target(self, wildcards: Wildcards) -> str:
        """The option that names the target of a round."""
        schedule = self.config.schedules[wildcards["schedule"]]
        return f"--{schedule.stop} {schedule.targets[int(wildcards['round']) - 1]}"

    def iterative(self, wildcards: Wildcards) -> str:
        return "--iterative" if self.config.schedules[wildcards["schedule"]].kind == "iterative" else ""

    def recipe_from_scratch(self, wildcards: Wildcards) -> str:
        """As many epochs as pretraining and fine-tuning up to this round have."""
        number = int(wildcards["round"]) if self.iterative(wildcards) else 1
        epochs = self.config.recipe.epochs + number * self.config.finetune.epochs
        return as_options(self.config.recipe.model_copy(update={"epochs": epochs}), "--recipe-set")

    def calibration(self, wildcards: Wildcards, input: Any, threads: int, resources: Mapping[str, Any]) -> str:
        """What a stage needs to look at the training images that are in its inputs."""
        if not input.train:
            return ""
        validation, device = self.config.data.validation, computes_on(wildcards, resources)
        where = f"--device {device} --threads {threads}"
        return f"--train {input.train} --model {wildcards['model']} --validation {validation} {where}"

    def seeded_calibration(self, wildcards: Wildcards, input: Any, threads: int, resources: Mapping[str, Any]) -> str:
        """The same with the seed, which names the validation images."""
        words = self.calibration(wildcards, input, threads, resources)
        return f"{words} --seed {wildcards['seed']}" if words else ""

    def teacher(self, wildcards: Wildcards, input: Any) -> str:
        return f"--teacher {input.teacher}" if input.teacher else ""

    @property
    def data_root(self) -> str:
        return repeat("--root", filter(None, [self.config.data.root]))

    def _variant(self, axis: str, wildcards: Wildcards) -> Variant:
        variants: dict[str, Variant] = getattr(self.config, f"{axis}s")
        return variants[wildcards[axis]]


def computes_on(wildcards: Wildcards, resources: Mapping[str, Any]) -> str:
    """The GPU if a job asks for one. A parameter that depends on resources reruns nothing."""
    return "cuda" if resources.get("gpu") else "cpu"
