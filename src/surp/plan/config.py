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

from surp.errors import ParameterError
from surp.plan.consistency import Checked, check_chosen, check_suite
from surp.plan.schedule import Schedule
from surp.plan.sections import Data, Sections
from surp.plan.suite import Suite
from surp.plan.variants import SECTIONS, Variant, check_name, pick, read_variants, variant_of
from surp.train.recipe import Finetune, Recipe


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

    @property
    def trainers(self) -> tuple[str, ...]:
        """Methods that train sparse networks from scratch; the others prune trained ones."""
        return tuple(name for name, method in self.methods.items() if method.parameters.trains)

    @property
    def pruners(self) -> tuple[str, ...]:
        return tuple(name for name in self.methods if name not in self.trainers)

    def prunes_calibrated(self, method: str) -> bool:
        """Whether the method measures importance, and so looks at training images."""
        return bool(self.methods[method].parameters.measured != "none")

    def quantizes_calibrated(self, quantizer: str) -> bool:
        """Whether the quantizer looks at training images."""
        return bool(self.quantizers[quantizer].parameters.calibrated)


def read_config(values: Mapping[str, Any]) -> Config:
    """Check the whole of `params.yaml` (already merged) and pick its suite.

    Raises `UnknownNameError` with the allowed names, or `ParameterError` with the key's path and the rule.
    """
    sections = Sections.parse(values, "")
    variants = {section: read_variants(section, getattr(sections, section)) for section in SECTIONS}
    for section in (*SECTIONS, "recipes", "schedules"):
        for name in getattr(sections, section):
            check_name(f"{section}.{name}", name)
    for name, suite in sections.suites.items():
        check_suite(Checked(f"suites.{name}", suite, sections, variants))
    suite = pick("suite", sections.suite, sections.suites, "suite")
    check_chosen(Checked(f"suites.{sections.suite}", suite, sections, variants))
    return Config(
        name=sections.suite,
        forkserver=sections.forkserver,
        suite=suite,
        data=sections.data,
        recipe=sections.recipes[suite.recipe],
        finetune=sections.finetune[suite.finetune],
        schedules={name: sections.schedules[name] for name in suite.schedules},
        **{
            section: {name: variant_of(section, name, variants[section]) for name in suite.names(section)}
            for section in SECTIONS
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
