"""Golden files: the bytes of version 1, and decoders that see nothing else."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from make_golden import GOLDEN, files, floats, levels, model, uniform

from surp.codec import decode, decode_levels, decode_state

SCRIPT = """
import hashlib, json, sys
from surp.codec import decode_state
result = {}
for path in sys.argv[1:]:
    for name, tensor in decode_state(open(path, "rb").read())[0].items():
        digest = hashlib.sha256(tensor.tobytes()).hexdigest()
        result[path.rsplit("/")[-1] + " " + name] = [str(tensor.dtype), list(tensor.shape), digest]
assert "torch" not in sys.modules
print(json.dumps(result))
"""


@pytest.mark.parametrize("name", files())
def test_the_same_integers_give_the_golden_bytes(name):
    assert files()[name] == (GOLDEN / name).read_bytes()


def test_golden_levels_are_decoded():
    found = decode_levels((GOLDEN / "levels-v1.surp").read_bytes())
    assert all(np.array_equal(found[name], level) for name, level in levels().items())
    assert {name: level.dtype for name, level in found.items()} == {n: v.dtype for n, v in levels().items()}


def test_golden_model_is_decoded():
    found, wanted = decode((GOLDEN / "successive-v1.surp").read_bytes()), model()
    assert all(np.array_equal(found.levels[name], level) for name, level in wanted.levels.items())
    assert found.maps == wanted.maps


def test_golden_floats_are_decoded_bit_for_bit_but_for_negative_zeros():
    found, types = decode_state((GOLDEN / "exact-v1.surp").read_bytes())
    state, wanted_types = floats()
    assert types == wanted_types
    for name, value in state.items():
        assert found[name].tobytes() == np.where(value == 0, 0, value).astype(value.dtype).tobytes()


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
        f"{file} {name}": [str(tensor.dtype), list(tensor.shape), sha256(tensor.tobytes()).hexdigest()]
        for file in files()
        for name, tensor in decode_state((GOLDEN / file).read_bytes())[0].items()
    }
    known = {"levels-v1.surp": levels(), "uniform-v1.surp": uniform().state(), "successive-v1.surp": model().state()}
    for file, state in known.items():
        for name, tensor in state.items():
            assert wanted[f"{file} {name}"][2] == sha256(tensor.tobytes()).hexdigest()
    assert json.loads(run.stdout) == wanted


def test_importing_the_package_imports_no_kernel():
    code = "import sys, surp.codec; assert not {'numba', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
