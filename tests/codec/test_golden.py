"""Golden files: the bytes of version 0, and decoders that see nothing else."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from make_golden import GOLDEN, files, levels, model

from surp.codec import decode, decode_levels

SCRIPT = """
import hashlib, json, sys
from surp.codec import decode, decode_levels, describe
result = {}
for path in sys.argv[1:]:
    data = open(path, "rb").read()
    model = describe(data)["kind"] == "model"
    state = decode(data).state() if model else decode_levels(data)
    for name, tensor in state.items():
        result[name] = [str(tensor.dtype), list(tensor.shape), hashlib.sha256(tensor.tobytes()).hexdigest()]
assert "torch" not in sys.modules
print(json.dumps(result))
"""


@pytest.mark.parametrize("name", files())
def test_the_same_integers_give_the_golden_bytes(name):
    assert files()[name] == (GOLDEN / name).read_bytes()


def test_golden_levels_are_decoded():
    found = decode_levels((GOLDEN / "levels-v0.surp").read_bytes())
    assert all(np.array_equal(found[name], level) for name, level in levels().items())
    assert {name: level.dtype for name, level in found.items()} == {n: v.dtype for n, v in levels().items()}


def test_golden_model_is_decoded():
    found, wanted = decode((GOLDEN / "model-v0.surp").read_bytes()), model()
    assert all(np.array_equal(found.levels[name], level) for name, level in wanted.levels.items())
    assert found.maps == wanted.maps


@pytest.mark.parametrize("jit", ["compiled", "interpreted"])
def test_a_fresh_process_decodes_the_same_values_without_torch(jit, tmp_path):
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1" if jit == "interpreted" else "0"}
    paths = [str(GOLDEN / name) for name in files()]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, *paths],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    from hashlib import sha256

    wanted = {
        name: [str(tensor.dtype), list(tensor.shape), sha256(tensor.tobytes()).hexdigest()]
        for name, tensor in {**levels(), **model().state()}.items()
    }
    assert json.loads(run.stdout) == wanted


def test_importing_the_package_imports_no_kernel():
    code = "import sys, surp.codec; assert not {'numba', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
