"""`params.yaml`, typed: what the workflow reads before it builds its graph. Nothing else sees the whole of it.

A section (`datasets`, `methods`, `quantizers`, `coders`) maps a name to an entry: `kind`, the file of the folder that
does the work (the name itself unless said), and that file's own parameters. So one method can stand in a suite twice
under two names with two settings. A name without an entry means the file of that name with its defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from surp import registry
from surp.errors import ParameterError, SurpError, UnknownNameError
from surp.parameters import Frozen
from surp.schedule import Schedule
from surp.suite import Suite
from surp.train.recipe import Finetune, Recipe

_FOLDERS = {"datasets": "data", "methods": "prune", "quantizers": "quantize", "coders": "codec"}
_WORDS = {"datasets": "data set", "methods": "pruning method", "quantizers": "quantizer", "coders": "coder"}


class Data(Frozen):
    """root: folder with data sets (else `SURP_DATA`); validation: images held out of the training set."""

    root: Path | None = None
    validation: int = Field(default=5000, ge=1)


class Sections(Frozen):
    """The keys of `params.yaml`. forkserver: stages that run here are forks of one process (`surp.forkserver`); no
    result depends on it."""

    suite: str = "quick"
    forkserver: bool = False
    data: Data = Data()
    datasets: dict[str, dict[str, Any] | None] = {}
    recipes: dict[str, Recipe] = {}
    finetune: dict[str, Finetune] = {}
    methods: dict[str, dict[str, Any] | None] = {}
    schedules: dict[str, Schedule] = {}
    quantizers: dict[str, dict[str, Any] | None] = {}
    coders: dict[str, dict[str, Any] | None] = {}
    suites: dict[str, Suite] = Field(min_length=1)


@dataclass(frozen=True)
class Variant:
    """One entry of a section: its name, the file that does the work, and that file's parameters."""

    name: str
    kind: str
    parameters: Frozen


@dataclass(frozen=True)
class Config:
    """The chosen suite and everything its names stand for."""

    name: str
    forkserver: bool
    suite: Suite
    data: Data
    recipe: Recipe
    finetune: Finetune
    schedules: dict[str, Schedule]
    datasets: dict[str, Variant]
    methods: dict[str, Variant]
    quantizers: dict[str, Variant]
    coders: dict[str, Variant]


def read_config(values: Mapping[str, Any]) -> Config:
    """Check the whole of `params.yaml` (already merged) and pick its suite.

    Raises `UnknownNameError` with the allowed names, or `ParameterError` with the key's path and the rule.
    """
    sections = Sections.parse(values, "")
    variants = {section: _variants(section, getattr(sections, section)) for section in _FOLDERS}
    for name, suite in sections.suites.items():
        _check_suite(name, suite, sections, variants)
    suite = _pick("suite", sections.suite, sections.suites, "suite")
    return Config(
        name=sections.suite,
        forkserver=sections.forkserver,
        suite=suite,
        data=sections.data,
        recipe=sections.recipes[suite.recipe],
        finetune=sections.finetune[suite.finetune],
        schedules={name: sections.schedules[name] for name in suite.schedules},
        **{
            section: {name: _variant(section, name, variants[section]) for name in suite.names(section)}
            for section in _FOLDERS
        },
    )


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a parameter file; raises `ParameterError` naming the line of a syntax error."""
    try:
        values = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ParameterError(f"{path}: no such file") from None
    except yaml.YAMLError as error:
        raise ParameterError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: expected keys and values at the top level")
    return values


def _variants(section: str, entries: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Variant]:
    result = {}
    for name, entry in entries.items():
        settings = dict(entry or {})
        kind = settings.pop("kind", name)
        where = f"{section}.{name}"
        try:
            module = registry.load(_FOLDERS[section], kind)
        except UnknownNameError as error:
            raise ParameterError(f"{where}: {error}") from None
        result[name] = Variant(name, kind, module.Parameters.parse(settings, where))
    return result


def _variant(section: str, name: str, known: Mapping[str, Variant]) -> Variant:
    return known[name] if name in known else _variants(section, {name: None})[name]


def _check_suite(name: str, suite: Suite, sections: Sections, variants: Mapping[str, Mapping[str, Variant]]) -> None:
    where = f"suites.{name}"
    _pick("recipe", suite.recipe, sections.recipes, f"{where}.recipe")
    _pick("fine-tuning", suite.finetune, sections.finetune, f"{where}.finetune")
    for section, folder in _FOLDERS.items():
        allowed = {*variants[section], *registry.names(folder)}
        for i, choice in enumerate(getattr(suite, section)):
            _pick(_WORDS[section], choice, allowed, f"{where}.{section}[{i}]")
        for choice in suite.names(section):
            _pick(_WORDS[section], choice, allowed, f"{where}.cross.files")
    for i, choice in enumerate(suite.models):
        _pick("model", choice, registry.names("models"), f"{where}.models[{i}]")
    for i, choice in enumerate(suite.schedules):
        _pick("schedule", choice, sections.schedules, f"{where}.schedules[{i}]")
    _check_stops(where, suite, sections, variants["methods"])
    _check_cross(where, suite, sections)
    for i, seed in enumerate(suite.seeds):
        if seed < 0:
            raise ParameterError(f"{where}.seeds[{i}]: must be 0 or more (got {seed})")
    for model, seeds in suite.model_seeds.items():
        _pick("model", model, suite.models, f"{where}.model_seeds")
        if unknown := sorted(set(seeds) - set(suite.seeds)):
            raise ParameterError(f"{where}.model_seeds.{model}: {unknown} not in {where}.seeds {list(suite.seeds)}")
    for axis in ("datasets", "models", "seeds", "methods", "schedules", "quantizers", "coders"):
        values = getattr(suite, axis)
        if len(set(values)) < len(values):
            raise ParameterError(f"{where}.{axis}: a value stands twice (got {list(values)})")


def _check_stops(where: str, suite: Suite, sections: Sections, methods: Mapping[str, Variant]) -> None:
    """Every method of a suite can stop at the targets of every schedule of the suite."""
    for i, name in enumerate(suite.methods):
        allowed = _variant("methods", name, methods).parameters.stops  # type: ignore[attr-defined]
        for schedule in suite.schedules:
            if (stop := sections.schedules[schedule].stop) not in allowed:
                raise ParameterError(
                    f"{where}.methods[{i}]: {name!r} cannot stop at a {stop}, which schedule {schedule!r} asks for; "
                    f"allowed: {', '.join(allowed)}"
                )


def _check_cross(where: str, suite: Suite, sections: Sections) -> None:
    """What is crossed is there: its seeds are those of the suite, its sparsities targets of a schedule."""
    if not suite.cross:
        return
    targets = {target for name in suite.schedules for target in sections.schedules[name].targets}
    for key, allowed in (("seeds", set(suite.seeds)), ("sparsities", targets)):
        if missing := sorted(set(getattr(suite.cross, key)) - allowed):
            raise ParameterError(f"{where}.cross.{key}: {missing} not in the suite; allowed: {sorted(allowed)}")


def _pick(what: str, name: str, allowed: Any, where: str) -> Any:
    if name not in allowed:
        try:
            raise UnknownNameError(what, name, allowed)
        except SurpError as error:
            raise ParameterError(f"{where}: {error}") from None
    return allowed[name] if isinstance(allowed, Mapping) else name
