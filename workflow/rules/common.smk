# What the rules share: the checked parameters, and from `src/surp/plan` what they mean for paths and commands.
import gc
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from surp import registry
from surp.errors import SurpError
from surp.forkserver import launch
from surp.plan import arguments, engine, shell as commands
from surp.plan.arguments import Arguments
from surp.plan.code import Code
from surp.plan.config import read_config
from surp.plan.inputs import Inputs
from surp.plan.paths import Paths
from surp.plan.resources import resources
from surp.plan.shown import Shown
from surp.plan.suite_files import SuiteFiles
from surp.provenance import planned_code, runs

# A graph of thousands of jobs is millions of objects that stay: looking for garbage among them is a seventh to a
# fifth of the planning. Collected again from the first job on (`onstart` in start.smk).
gc.disable()

USES_CONDA = engine.uses_conda(workflow)

try:
    RUN = planned_code.join(config, plans=engine.plans(workflow), pinned=not USES_CONDA)
    CONFIG = read_config(RUN.parameters)
except SurpError as error:
    raise WorkflowError(f"params.yaml: {error}") from None


envvars:
    runs.VARIABLE,


SUITE = CONFIG.name
PATHS = Paths(SUITE, CONFIG.suite.recipe)
FILES = SuiteFiles(CONFIG, PATHS)
SHOWN = Shown(FILES)
INPUTS = Inputs(FILES)
ARGUMENTS = Arguments(CONFIG)
CODE = Code(CONFIG, RUN)
RESOURCES = resources(CONFIG)

if CONFIG.forkserver and USES_CONDA:
    raise WorkflowError("forkserver=true runs stages in this environment, --use-conda in others: leave one out")
if CONFIG.forkserver:
    shell.prefix(commands.by_client(sys.executable, launch.client_command()))
elif USES_CONDA:
    shell.prefix(commands.from_sources(Path.cwd() / "src"))
else:
    shell.prefix(commands.beside(sys.executable))

# Of jobs in messages and, on a cluster, of the group of one round's jobs.
NETWORK = "{wildcards.dataset} {wildcards.model} seed {wildcards.seed}"
ROUND = f"{NETWORK}, {{wildcards.method}} {{wildcards.schedule}} round {{wildcards.round}}"
GROUP = "{dataset}.{model}.seed{seed}.{method}.{schedule}.round{round}"


wildcard_constraints:
    dataset="[^/]+",
    model="[^/]+",
    method="[^/]+",
    schedule="[^/]+",
    quantizer="[^/]+",
    coder="[^/]+",
    figure="[^/.]+",
    table="[^/.]+",
    seed=r"\d+",
    round=r"\d+",


def one_of(names):
    """A wildcard constraint; of no names, one that nothing fulfils."""
    return "|".join(map(re.escape, names)) or r"(?!)"
