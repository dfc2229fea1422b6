# What the rules share: the checked parameters, the paths, and how parameters become arguments.
import json
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

from surp import registry
from surp.config import read_config
from surp.errors import SurpError
from surp.sources import constant, write_manifests

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


def arguments(parameters, option="--set", without=()):
    """`--set key=value` for every parameter that differs from its default."""
    changed = parameters.model_dump(mode="json", exclude_defaults=True, exclude=set(without))
    return " ".join(f"{option} {shlex.quote(f'{key}={json.dumps(value)}')}" for key, value in changed.items())


def one_of(names):
    """A wildcard constraint; of no names, one that nothing fulfils."""
    return "|".join(map(re.escape, names)) or r"(?!)"


def networks(**axes):
    """Wildcards of every dense network of the suite, or of those that `axes` allow."""
    named = [dict(zip(("dataset", "model", "seed"), network)) for network in CONFIG.suite.networks()]
    return [
        {**network, "recipe": CONFIG.suite.recipe}
        for network in named
        if all(str(axes.get(axis, value)) == str(value) for axis, value in network.items())
    ]


def combine(pattern, **axes):
    """`expand` for every network of the suite that `axes` allow, and over the other `axes`."""
    paths = (path for network in networks(**axes) for path in expand(pattern, **{**axes, **network}))
    return list(dict.fromkeys(paths))


def files(pattern, place):
    """`pattern` for every file that is made of one round's model; `place`: the wildcards of that round."""
    target = CONFIG.schedules[place["schedule"]].targets[int(place["round"]) - 1]
    pairs = CONFIG.suite.files(int(place["seed"]), target)
    # A pattern without quantizer or coder stands for several files, once.
    return list(dict.fromkeys(pattern.format(**{**place, "quantizer": q, "coder": c}) for q, c in pairs))


def rounds(pattern, **axes):
    """`pattern` for every file of every method, schedule and round of the suite."""
    methods = [axes["method"]] if isinstance(axes.get("method"), str) else axes.get("method", CONFIG.suite.methods)
    return [
        path
        for network in networks(**axes)
        for method in methods
        for schedule, plan in CONFIG.schedules.items()
        for number in range(1, len(plan.targets) + 1)
        for path in files(pattern, {**network, "method": method, "schedule": schedule, "round": number})
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


def calibration(wildcards, input, threads):
    """The arguments of a stage that looks at training images, where `input` holds them."""
    if not input.train:
        return ""
    validation = CONFIG.data.validation
    return f"--train {input.train} --model {wildcards.model} --validation {validation} --threads {threads}"


def training_images(wildcards, wanted):
    return f"{DATA}/train.safetensors".format(**wildcards) if wanted else []


def quantizes_calibrated(wildcards):
    """Whether the quantizer looks at training images."""
    return CONFIG.quantizers[wildcards.quantizer].parameters.calibrated


def quantize_modules(wildcards):
    modules = ["surp.stages.quantize", f"surp.quantize.{CONFIG.quantizers[wildcards.quantizer].kind}"]
    if quantizes_calibrated(wildcards):
        modules += ["surp.train.calibrator", f"surp.models.{wildcards.model}"]
    return modules


def scratch_recipe(wildcards):
    """The recipe of a training from scratch: as many epochs as pretraining and fine-tuning up to this round have."""
    number = int(wildcards.round) if CONFIG.schedules[wildcards.schedule].kind == "iterative" else 1
    return CONFIG.recipe.model_copy(update={"epochs": CONFIG.recipe.epochs + number * CONFIG.finetune.epochs})


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
