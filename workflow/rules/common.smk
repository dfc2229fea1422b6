# What the rules share: the checked parameters, the paths, and how parameters become arguments.
import gc
import json
import os
import re
import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

from surp import registry
from surp.provenance import digest as provenance
from surp.provenance import runs
from surp.plan.config import read_config
from surp.errors import SurpError
from surp.records.columns import AXES
from surp.summary.partial import Expected
from surp.names import OURS, is_ours, shown_levels, twin
from surp.provenance.sources import caption, constant

# A graph of thousands of jobs is millions of objects that stay: looking for garbage among them is a seventh to a
# fifth of the planning. Collected again from the first job on (`onstart` in cluster.smk).
gc.disable()

USES_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method

# What this run is planned with. A job that runs elsewhere parses the workflow anew: it takes code and parameters as they
# were planned, so that an edit in between stops it (`surp --code`) instead of being recorded as what ran.
if workflow.is_main_process:
    RUN = provenance.plan(config, pinned=not USES_CONDA)
    os.environ[runs.VARIABLE] = str(RUN.path)
elif RUN := runs.current():
    config.clear()
    config.update(RUN.parameters)
else:
    raise WorkflowError(f"the run that this job belongs to has ended: {os.environ.get(runs.VARIABLE)} is not there")


envvars:
    runs.VARIABLE,


try:
    CONFIG = read_config(config)
except SurpError as error:
    raise WorkflowError(f"params.yaml: {error}") from None

SUITE = CONFIG.name
# Methods that prune trained networks, and those that train sparse ones from scratch.
TRAINERS = [name for name, method in CONFIG.methods.items() if method.parameters.trains]
PRUNERS = [name for name in CONFIG.methods if name not in TRAINERS]

# The commands that rules call are those of the environment that runs Snakemake, activated or not; in a conda
# environment of their own, which has the libraries only, they run from the sources.
if USES_CONDA:
    shell.prefix(f'set -euo pipefail; export PYTHONPATH={Path.cwd() / "src"}; surp() {{{{ python -m surp "$@"; }}}}; ')
else:
    shell.prefix(f"set -euo pipefail; export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; ")

DATA = "results/data/{dataset}"
DENSE = "results/dense/{dataset}/{model}/{recipe}/seed{seed}"
SEED = f"results/{SUITE}/{{dataset}}/{{model}}/seed{{seed}}"
ROUND = f"{SEED}/{{method}}/{{schedule}}/round{{round}}"
FILE = f"{ROUND}/{{quantizer}}/{{coder}}"
# One round of one network: what a job on a cluster holds, as a part of its name.
PLACE = "{dataset}.{model}.seed{seed}.{method}.{schedule}.round{round}"


wildcard_constraints:
    dataset="[^/]+",
    model="[^/]+",
    recipe="[^/]+",
    method="[^/]+",
    schedule="[^/]+",
    quantizer="[^/]+",
    coder="[^/]+",
    figure="[^/.]+",
    table="[^/.]+",
    seed=r"\d+",
    round=r"\d+",


@cache
def code_of(*modules):
    """The parameter `code` of a job that runs `modules`: it changes with what they and all that they import do."""
    return provenance.describe(RUN, *modules)


def arguments(parameters, option="--set", without=()):
    """`--set key=value` for every parameter that differs from its default."""
    changed = parameters.model_dump(mode="json", exclude_defaults=True, exclude=set(without))
    return " ".join(f"{option} {shlex.quote(f'{key}={json.dumps(value)}')}" for key, value in changed.items())


def one_of(names):
    """A wildcard constraint; of no names, one that nothing fulfils."""
    return "|".join(map(re.escape, names)) or r"(?!)"


def allowed(axes, place):
    """Whether `axes` (a value or several for an axis) allow the values of `place`."""
    given = {axis: axes[axis] for axis in place if axis in axes}
    several = {axis: [values] if isinstance(values, (str, int)) else values for axis, values in given.items()}
    return all(str(place[axis]) in map(str, values) for axis, values in several.items())


def networks(**axes):
    """Wildcards of every dense network of the suite, or of those that `axes` allow."""
    named = [dict(zip(("dataset", "model", "seed"), network)) for network in CONFIG.suite.networks()]
    return [{**network, "recipe": CONFIG.suite.recipe} for network in named if allowed(axes, network)]


def combine(pattern, **axes):
    """`expand` for every network of the suite that `axes` allow, and over the other `axes`."""
    paths = (path for network in networks(**axes) for path in expand(pattern, **{**axes, **network}))
    return list(dict.fromkeys(paths))


def files(pattern, place, **axes):
    """`pattern` for every file that is made of one round's model; `place`: the wildcards of that round."""
    target = CONFIG.schedules[place["schedule"]].targets[int(place["round"]) - 1]
    pairs = [dict(zip(("quantizer", "coder"), pair)) for pair in CONFIG.suite.files(int(place["seed"]), target)]
    # A pattern without quantizer or coder stands for several files, once.
    return list(dict.fromkeys(pattern.format(**{**place, **pair}) for pair in pairs if allowed(axes, pair)))


def rounds(pattern, **axes):
    """`pattern` for every file of every method, schedule and round of the suite."""
    places = (
        {**network, "method": method, "schedule": schedule, "round": number}
        for network in networks(**axes)
        for method in CONFIG.suite.methods
        for schedule, plan in CONFIG.schedules.items()
        for number in range(1, len(plan.targets) + 1)
    )
    return [path for place in places if allowed(axes, place) for path in files(pattern, place, **axes)]


def expected_rows():
    """Every row of the suite's table, with the files that it comes from."""
    made = ["weights.safetensors", "{quantizer}/levels.safetensors", "{quantizer}/{coder}/model.surp"]
    made += ["{quantizer}/{coder}/decoded.safetensors", "metrics.json"]
    paths = [f"{DENSE}/weights.safetensors", *(f"{ROUND}/{name}" for name in made)]
    axes = [f"{{{axis}}}" for axis in AXES]
    rows = (row.split("\t") for row in rounds("\t".join([*axes, *paths])))
    return [Expected(tuple(row[: len(axes)]), tuple(map(Path, row[len(axes) :]))) for row in rows]


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
    return CONFIG.methods[wildcards.method].parameters.measured != "none"


def prune_modules(wildcards):
    """What pruning runs. A rate in passes is measured by the coder, which no other pruning depends on."""
    method = CONFIG.methods[wildcards.method]
    modules = ["stages.prune", registry.module("methods", method.kind)]
    if calibrated(wildcards):
        modules += ["train.calibration", registry.module("models", wildcards.model)]
    if CONFIG.schedules[wildcards.schedule].stop == "rate":
        modules.append("codec.coders.adaptive")
    return modules


def prune_target(wildcards):
    """The option that names this round's target."""
    schedule = CONFIG.schedules[wildcards.schedule]
    return f"--{schedule.stop} {schedule.targets[int(wildcards.round) - 1]}"


def device(wildcards, resources):
    """Where a job computes: on a GPU if it asks for one. A parameter that depends on resources reruns nothing."""
    return "cuda" if resources.get("gpu") else "cpu"


def calibration(wildcards, input, threads, resources):
    """The arguments of a stage that looks at training images, where `input` holds them."""
    if not input.train:
        return ""
    validation = CONFIG.data.validation
    where = f"--device {device(wildcards, resources)} --threads {threads}"
    return f"--train {input.train} --model {wildcards.model} --validation {validation} {where}"


def training_images(wildcards, wanted):
    return f"{DATA}/train.safetensors".format(**wildcards) if wanted else []


def quantizes_calibrated(wildcards):
    """Whether the quantizer looks at training images."""
    return CONFIG.quantizers[wildcards.quantizer].parameters.calibrated


def quantize_modules(wildcards):
    modules = ["stages.quantize", registry.module("quantizers", CONFIG.quantizers[wildcards.quantizer].kind)]
    if quantizes_calibrated(wildcards):
        modules += ["train.calibrator", registry.module("models", wildcards.model)]
    return modules


def scratch_recipe(wildcards):
    """The recipe of a training from scratch: as many epochs as pretraining and fine-tuning up to this round have."""
    number = int(wildcards.round) if CONFIG.schedules[wildcards.schedule].kind == "iterative" else 1
    return CONFIG.recipe.model_copy(update={"epochs": CONFIG.recipe.epochs + number * CONFIG.finetune.epochs})


def first_pair():
    """The quantizer and the coder of the main tables, as axes: the first of the suite."""
    return {"quantizer": CONFIG.suite.quantizers[:1], "coder": CONFIG.suite.coders[:1]}


def broken_down(name):
    """File `name` of the few models whose bytes are looked into: first seed, SuRP and its twin, two sparsities."""
    methods = [method for method in (OURS, twin(CONFIG.suite.methods)) if method in CONFIG.suite.methods]
    chosen = {"seed": CONFIG.suite.seeds[:1], "method": methods, **first_pair()}
    return [
        path
        for schedule, plan in CONFIG.schedules.items()
        if plan.stop == "sparsity"
        for level in shown_levels(plan.targets)
        for path in rounds(f"{FILE}/{name}", schedule=schedule, round=plan.targets.index(level) + 1, **chosen)
    ]


def figure_names():
    """The figures of the folder that this suite has the data of."""
    methods = CONFIG.suite.methods
    same = any(plan.stop == "sparsity" for plan in CONFIG.schedules.values())  # else no two models are equally sparse
    compares = same and OURS in methods and not all(is_ours(method) for method in methods)
    return [
        name
        for name in registry.names("figures")
        if (compares or not constant(registry.path("figures", name), "COMPARES", False))
        and (constant(registry.path("figures", name), "NEEDS") != "breakdown" or broken_down("model.surp"))
    ]


def figure_files():
    return expand(f"results/{SUITE}/figures/{{name}}.{{ending}}", name=figure_names(), ending=["svg", "png"])


def view_files(folder):
    """What the view shows of a suite, in the suite's folder or at the top of `results`."""
    figures = expand(f"{folder}/figures/{{name}}.{{ending}}", name=figure_names(), ending=["svg", "png"])
    return [*(f"{folder}/{name}" for name in ("summary.csv", "metrics.json", "report.html")), *figures]


def table_files():
    names = registry.names("tables")
    return expand(f"results/{SUITE}/tables/{{name}}.{{ending}}", name=names, ending=["csv", "md", "html"])


def suite_parameters():
    """The entries of the parameters that the suite names, as JSON: what its report shows."""
    suite = config["suites"][SUITE]
    chosen = {
        key: {name: config.get(key, {}).get(name) for name in suite.get(key, [])}
        for key in ("datasets", "methods", "schedules", "quantizers", "coders")
    }
    one = {
        key: {suite[name]: config[key][suite[name]]} for key, name in (("recipes", "recipe"), ("finetune", "finetune"))
    }
    return json.dumps({"suite": SUITE, "suites": {SUITE: suite}, "data": config.get("data", {}), **one, **chosen})


def growing(amount):
    """A resource that each attempt asks for that much more of."""
    return lambda wildcards, attempt: amount * attempt


def repeat(option, values):
    return " ".join(f"{option} {shlex.quote(str(value))}" for value in values)


def figure_source(name):
    """The file that a figure draws: the suite's table, rows about its files, or the first dense network."""
    needs = constant(registry.path("figures", name), "NEEDS")
    if needs == "weights":
        return combine(f"{DENSE}/weights.safetensors")[0]
    return f"results/{SUITE}/summary.csv" if needs == "summary" else f"results/{SUITE}/{needs}.json"
