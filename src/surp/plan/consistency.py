"""What of a suite does not go together, as far as it is known before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from surp import registry
from surp.errors import ParameterError
from surp.plan.sections import Sections
from surp.plan.suite import Suite
from surp.plan.variants import SECTIONS, Variant, check_name, pick, variant_of

_TAKEN = ("data", "dense", "figures", "logs")
"""Folders beside those of the suites."""


@dataclass(frozen=True)
class Checked:
    """A suite whose names are known, where it stands in the parameters, and all sections."""

    where: str
    suite: Suite
    sections: Sections
    variants: Mapping[str, Mapping[str, Variant]]

    def of(self, section: str) -> Iterator[tuple[str, Any]]:
        """Where each entry of a section that the suite uses stands, and its parameters."""
        for name in self.suite.names(section):
            yield f"{section}.{name}", variant_of(section, name, self.variants[section]).parameters


def check_suite(checked: Checked) -> None:
    """What every suite is held to. Raise `ParameterError` naming the key, the value and what is allowed."""
    name = checked.where.partition(".")[2]
    check_name(checked.where, name)
    if name in _TAKEN:
        raise ParameterError(f"{checked.where}: results/{name} is no suite's; use another name")
    _check_names(checked)
    _check_seeds(checked)
    _check_stops(checked)
    _check_cross(checked)


def check_chosen(checked: Checked) -> None:
    """What only the chosen suite is held to, for it imports every quantizer and coder of the suite."""
    _check_images(checked)
    _check_files(checked)


def _check_names(checked: Checked) -> None:
    where, suite, sections = checked.where, checked.suite, checked.sections
    pick("recipe", suite.recipe, sections.recipes, f"{where}.recipe")
    pick("fine-tuning", suite.finetune, sections.finetune, f"{where}.finetune")
    for section in SECTIONS:
        allowed = {*checked.variants[section], *registry.names(section)}
        for i, choice in enumerate(getattr(suite, section)):
            pick(registry.FOLDERS[section].word, choice, allowed, f"{where}.{section}[{i}]")
        for choice in suite.names(section):
            pick(registry.FOLDERS[section].word, choice, allowed, f"{where}.cross.files")
    for i, choice in enumerate(suite.models):
        pick("model", choice, registry.names("models"), f"{where}.models[{i}]")
    for i, choice in enumerate(suite.schedules):
        pick("schedule", choice, sections.schedules, f"{where}.schedules[{i}]")
    for axis in ("datasets", "models", "methods", "schedules", "quantizers", "coders"):
        _check_once(f"{where}.{axis}", getattr(suite, axis))


def _check_seeds(checked: Checked) -> None:
    where, suite = checked.where, checked.suite
    for i, seed in enumerate(suite.seeds):
        if seed < 0:
            raise ParameterError(f"{where}.seeds[{i}]: must be 0 or more (got {seed})")
    _check_once(f"{where}.seeds", suite.seeds)
    for model, seeds in suite.model_seeds.items():
        pick("model", model, suite.models, f"{where}.model_seeds")
        _check_once(f"{where}.model_seeds.{model}", seeds)
        if unknown := sorted(set(seeds) - set(suite.seeds)):
            raise ParameterError(f"{where}.model_seeds.{model}: {unknown} not in {where}.seeds {list(suite.seeds)}")


def _check_once(where: str, values: tuple[Any, ...]) -> None:
    if len(set(values)) < len(values):
        raise ParameterError(f"{where}: a value stands twice (got {list(values)})")


def _check_stops(checked: Checked) -> None:
    """Every method of a suite can stop at the targets of every schedule of the suite."""
    for i, (where, method) in enumerate(checked.of("methods")):
        for schedule in checked.suite.schedules:
            if (stop := checked.sections.schedules[schedule].stop) not in method.stops:
                raise ParameterError(
                    f"{checked.where}.methods[{i}]: {where.partition('.')[2]!r} cannot stop at a {stop}, which "
                    f"schedule {schedule!r} asks for; allowed: {', '.join(method.stops)}"
                )


def _check_cross(checked: Checked) -> None:
    """What is crossed is there: its seeds are those of the suite, its sparsities targets of a schedule."""
    suite = checked.suite
    if not suite.cross:
        return
    plans = [checked.sections.schedules[name] for name in suite.schedules]
    targets = {target for plan in plans if plan.stop == "sparsity" for target in plan.targets}
    for key, allowed in (("seeds", set(suite.seeds)), ("sparsities", targets)):
        if missing := sorted(set(getattr(suite.cross, key)) - allowed):
            where = f"{checked.where}.cross.{key}"
            raise ParameterError(f"{where}: {missing} not in the suite; allowed: {sorted(allowed)}")


def _check_images(checked: Checked) -> None:
    """Where a reader knows its images before it reads them: they fit the networks, and there are enough of them."""
    for where, data in checked.of("datasets"):
        for i, model in enumerate(checked.suite.models):
            wanted = registry.constant("models", model, "SHAPE")
            if data.shape not in (None, wanted):
                raise ParameterError(
                    f"{checked.where}.models[{i}]: {model!r} takes images of shape {wanted}, {where} has {data.shape}"
                )
        if data.training_images is not None:
            _check_counts(checked, where, data.training_images)


def _check_counts(checked: Checked, dataset: str, images: int) -> None:
    validation = checked.sections.data.validation
    if validation >= images:
        raise ParameterError(
            f"data.validation: must be from 1 to {images - 1}, for {images} training images of {dataset} "
            f"(got {validation})"
        )
    left = images - validation
    looking = [(where, m.calibration) for where, m in checked.of("methods") if m.measured != "none"]
    looking += [(where, q.calibration) for where, q in checked.of("quantizers") if q.calibrated]
    for where, count in looking:
        if count > left:
            raise ParameterError(
                f"{where}.calibration: must be from 1 to {left}, the training images of {dataset} left by {validation} "
                f"for validation (got {count})"
            )
    recipe, finetune = checked.sections.recipes[checked.suite.recipe], checked.sections.finetune[checked.suite.finetune]
    steps = (recipe.epochs + finetune.epochs) * -(-left // recipe.batch_size)  # of the shortest training from scratch
    for where, method in checked.of("methods"):
        if method.trains:
            try:
                method.check_steps(steps)
            except ParameterError as error:
                raise ParameterError(f"{where}.{error}") from None


def _check_files(checked: Checked) -> None:
    """Every coder can code what its quantizer makes, and every parameter of it is read."""
    suite = checked.suite
    pairs = [(quantizer, coder) for quantizer in suite.quantizers for coder in suite.coders]
    if suite.cross:
        pairs += [(quantizer, coder) for quantizer, coders in suite.cross.files.items() for coder in coders]
    for quantizer, coder in pairs:
        makes = variant_of("quantizers", quantizer, checked.variants["quantizers"]).parameters.makes
        _check_coder(checked.where, quantizer, makes, variant_of("coders", coder, checked.variants["coders"]))


def _check_coder(suite: str, quantizer: str, makes: str, coder: Variant) -> None:
    module = registry.load("coders", coder.kind)
    takes_floats = hasattr(module, "encode_floats")
    if takes_floats and makes == "numbers":
        raise ParameterError(
            f"{suite}: coder {coder.name!r} quantizes floats by itself; quantizer {quantizer!r} has narrowed them; "
            "allowed: float32, or a quantizer of levels"
        )
    unread = set(getattr(module, "OF_FLOATS", ())) & coder.parameters.model_fields_set
    if unread and not (takes_floats and makes == "floats"):
        raise ParameterError(
            f"coders.{coder.name}.{min(unread)}: is read of floats only, but in {suite} this coder is given what "
            f"quantizer {quantizer!r} makes; allowed there: {coder.kind} without it"
        )
