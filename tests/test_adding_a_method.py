"""`docs/adding-a-method.md`, followed in a copy of the project: one file is added, and nothing is edited."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

TOP = Path(__file__).parents[1]
PAGE = (TOP / "docs/adding-a-method.md").read_text()
TRIED = ("prune", "test_each_parameter.py", "test_registry.py", "plan/test_config.py", "tables/test_tables.py")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Sources and tests, with the file of the page."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("src", "tests"):
        shutil.copytree(TOP / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "golden"))
    for name in ("params.yaml", "pyproject.toml", "docs"):
        (folder / name).symlink_to(TOP / name)
    (code,) = re.findall("```python\n(.*?)```", PAGE, re.S)
    (folder / "src/surp/prune/methods/mine.py").write_text(code)
    return folder


def run(project, *command):
    found = {**os.environ, "PYTHONPATH": str(project / "src")}
    done = subprocess.run(
        [sys.executable, *command], cwd=project, env=found, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_that_are_there_try_a_new_method_and_no_list_lacks_it(project):
    files = [f"tests/{name}" for name in TRIED]
    options = ["-o", "addopts=", "-v", "--basetemp", "temporary"]
    said = run(project, "-m", "pytest", *files, *options, "-k", "mine or names or docs")
    for claim in ("sparsity_is_met_to_one_weight", "buffers_are_neither", "changes_who_survives_or_what[mine-jitter]"):
        assert re.search(rf"{re.escape(claim)}.*PASSED", said), claim


def test_the_suite_of_the_page_is_read_and_its_command_prunes(project, tmp_path):
    (more,) = re.findall("```yaml\nmethods:\n  mine.*?```", PAGE, re.S)
    program = f"""
import shlex, numpy as np, yaml
from surp.cli import app
from surp.plan.config import read_config, read_yaml
from surp.names import title
from surp.files import read_json
from surp.tensors.safetensors_file import read_state, write_state
from pathlib import Path
params, more = read_yaml(Path("params.yaml")), yaml.safe_load({more[8:-3]!r})
params["methods"] |= more["methods"]
params["suites"]["quick"] |= more["suites"]["quick"]
assert read_config(params).methods["mine"].parameters.jitter == 0.2
write_state(Path("dense.safetensors"), {{"w": np.random.default_rng(0).normal(size=(40, 50))}})
app(shlex.split({_command()!r}), standalone_mode=False)
assert np.count_nonzero(read_state(Path("pruned.safetensors"))[0]["w"]) == 200
assert title("mine") == "mine"
"""
    run(project, "-c", program)


def _command():
    (line,) = re.findall("`surp (prune .*? --method mine .*?)`", PAGE)
    return line
