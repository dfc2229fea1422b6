# What the rules share: the checked parameters, the paths, and how parameters become arguments.
import gc
import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

from surp import registry
from surp.config import read_config
from surp.errors import SurpError
from surp.sources import constant, write_manifests

# A graph of thousands of jobs is millions of objects that stay: looking for garbage among them is a seventh to a
# fifth of the planning. Collected again from the first job on (`onstart` in cluster.smk).
gc.disable()

try:
    CONFIG = read_config(config)
except SurpError as error:
    raise WorkflowError(f"params.yaml: {error}") from None

SUITE = CONFIG.name

# The commands that rules call are those of the environment that runs Snakemake, activated or not; in a conda
# environment of their own, which has the libraries only, they run from the sources.
if DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method:
    shell.prefix(f'set -euo pipefail; export PYTHONPATH={Path.cwd() / "src"}; surp() {{ python -m surp "$@"; }}; ')
else:
    shell.prefix(f"set -euo pipefail; export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; ")

DATA = "results/data/{dataset}"
DENSE = "results/dense/{dataset}/{model}/{recipe}/seed{seed}"
SEED = f"results/{SUITE}/{{dataset}}/{{model}}/seed{{seed}}"
ROUND = f"{SEED}/{{method}}/{{schedule}}/round{{round}}"
FILE = f"{ROUND}/{{quantizer}}/{{coder}}"


wildcard_constraints:
    dataset="[^/]+",
    model="[^/]+",
    recipe="[^/]+",
    method="[^/]+",
    schedule="[^/]+",
    quantizer="[^/]+",
    coder="[^/]+",
    figure="[^/.]+",
    seed=r"\d+",
    round=r"\d+",


# All of them now: Snakemake lists the files that are there once, before it asks for those of the second target.
MANIFESTS = {module: str(path) for module, path in write_manifests(Path(".snakemake/sources")).items()}


def sources(*modules):
    """Files with the digests of the sources that a stage's modules import, so that an edit reruns what depends on it.

    Not the sources themselves: with 35 inputs more for each job, a graph of 10,000 jobs takes much longer.
    """
    return [MANIFESTS[module] for module in modules]


def arguments(parameters):
    """`--set key=value` for every parameter that differs from its default."""
    changed = parameters.model_dump(mode="json", exclude_defaults=True)
    return " ".join(f"--set {shlex.quote(f'{key}={json.dumps(value)}')}" for key, value in changed.items())


def combine(pattern, **axes):
    """`expand` over the axes of the suite that are not fixed by `axes`."""
    suite = CONFIG.suite
    defaults = {
        "dataset": suite.datasets,
        "model": suite.models,
        "seed": suite.seeds,
        "quantizer": suite.quantizers,
        "coder": suite.coders,
        "recipe": suite.recipe,
    }
    return expand(pattern, **{**defaults, **axes})


def rounds(pattern, **axes):
    """`pattern` for every method, schedule and round of the suite."""
    return [
        path
        for schedule, plan in CONFIG.schedules.items()
        for path in combine(
            pattern,
            method=CONFIG.suite.methods,
            schedule=schedule,
            round=range(1, len(plan.targets) + 1),
            **axes,
        )
    ]


def every(paths, *names, **axes):
    """Files of all outputs of the rules `names`; `paths` is `combine` or `rounds`."""
    return [path for name in names for pattern in getattr(rules, name).output for path in paths(str(pattern), **axes)]


def before(wildcards, name):
    """File `name` of the model that this round prunes: the dense one, or the round before, fine-tuned."""
    number = int(wildcards.round)
    if CONFIG.schedules[wildcards.schedule].kind == "one_shot" or number == 1:
        recipe = CONFIG.suite.recipe
        return f"{DENSE}/{{name}}".format(recipe=recipe, name=name, **wildcards)
    return f"{ROUND}/{{name}}".format(**{**wildcards, "round": number - 1}, name=name)


def calibrated(wildcards):
    """Whether the method measures importance, and so reads training images."""
    return CONFIG.methods[wildcards.method].parameters.importance != "none"


def prune_modules(wildcards):
    """What pruning runs. A rate in passes is measured by the coder, which no other pruning depends on."""
    method = CONFIG.methods[wildcards.method]
    modules = ["surp.stages.prune", f"surp.prune.{method.kind}"]
    if calibrated(wildcards):
        modules += ["surp.train.calibration", f"surp.models.{wildcards.model}"]
    if CONFIG.schedules[wildcards.schedule].stop == "rate":
        modules.append("surp.codec.adaptive")
    return modules


def prune_target(wildcards):
    """The option that names this round's target."""
    schedule = CONFIG.schedules[wildcards.schedule]
    return f"--{schedule.stop} {schedule.targets[int(wildcards.round) - 1]}"


def figure_files():
    names = registry.names("figures")
    return expand(f"results/{SUITE}/figures/{{name}}.{{ending}}", name=names, ending=["svg", "png"])


def growing(amount):
    """A resource that each attempt asks for that much more of."""
    return lambda wildcards, attempt: amount * attempt


def repeat(option, values):
    return " ".join(f"{option} {shlex.quote(str(value))}" for value in values)


def figure_source(name):
    """The file that a figure draws: the suite's table, or the first dense network."""
    if constant(f"surp.figures.{name}", "NEEDS") == "summary":
        return f"results/{SUITE}/summary.csv"
    return combine(f"{DENSE}/weights.safetensors")[0]
