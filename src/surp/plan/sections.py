"""The keys of `params.yaml` and what each may hold, without what their names stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from surp.parameters import Frozen
from surp.plan.schedule import Schedule
from surp.plan.suite import Suite
from surp.train.recipe import Finetune, Recipe


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
