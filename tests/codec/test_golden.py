"""Golden files: the bytes of version 1, and decoders that see nothing else."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from make_golden import (
    GOLDEN,
    LARGE,
    LAYOUTS,
    MAKERS,
    PEERS,
    PRESETS,
    base,
    described,
    floats,
    forms,
    lanes,
    levels,
    linked,
    model,
    of_layout,
    quantized_by_the_coder,
    rows,
    uniform,
    unusual,
)

from surp import codec
from surp.codec import decode
from surp.codec.peers import nncodec as peer
from surp.errors import ParameterError

STATES = {
    "levels": levels,
    "uniform": lambda: uniform().state(),
    "exact": lambda: floats().state(),
    "int8": lambda: rows().state(),
    "forms": lambda: forms().state(base()),
    "successive": lambda: model().state(),
    "linked": linked,
    "linked-successive": lambda: described(linked(), passes=6, ratio=77).state(),
    "unusual": lambda: unusual().state(),
    "lanes": lanes,
    **{f"layout-{path.stem}": lambda path=path: of_layout(path).state() for path in LAYOUTS},
}
"""What was written into a golden file of a kind; cut files hold less than what was written."""
SCRIPT = """
import hashlib, json, numpy, sys
from surp import codec
result = {}
base = {"changed": numpy.arange(12, dtype="float32").reshape(3, 4)}
for path in sys.argv[1:]:
    for name, tensor in codec.open(open(path, "rb")).state(base).items():
        digest = hashlib.sha256(tensor.tobytes()).hexdigest()
        result[path.rsplit("/")[-1] + " " + name] = [str(tensor.dtype), list(tensor.shape), digest]
assert "torch" not in sys.modules
print(json.dumps(result))
"""


def state_of(file):
    return codec.open((GOLDEN / file).read_bytes()).state(base())


def wanted_of(file):
    """The state that a golden file holds."""
    kind = max((k for k in STATES if file.startswith((f"{k}-", f"{k}."))), key=len, default=None)
    return STATES[kind]() if kind else state_of(file)


def assert_same(found, wanted):
    assert {n: (v.dtype, v.shape) for n, v in found.items()} == {n: (v.dtype, v.shape) for n, v in wanted.items()}
    assert {n: v.tobytes() for n, v in found.items()} == {n: v.tobytes() for n, v in wanted.items()}


def digests(file, state):
    return {f"{file} {n}": [str(v.dtype), list(v.shape), sha256(v.tobytes()).hexdigest()] for n, v in state.items()}


def test_every_golden_file_has_its_maker_and_is_tiny():
    assert {path.name for path in GOLDEN.iterdir()} == {*MAKERS, *LARGE, *PEERS}
    assert max(path.stat().st_size for path in GOLDEN.iterdir()) < 1500


@pytest.mark.parametrize("name", [name for name in MAKERS | LARGE if "zstd" not in name])
def test_the_same_integers_give_the_golden_bytes(name):
    """But not of zstd, whose releases need not write the same bytes."""
    assert (MAKERS | LARGE)[name]() == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("name", MAKERS | LARGE)
def test_golden_files_give_every_bit_that_was_written(name):
    assert_same(state_of(name), wanted_of(name))


@pytest.mark.parametrize("name", PEERS)
def test_golden_files_of_peers_give_what_was_written(name):
    try:
        peer.python()
    except ParameterError as error:
        pytest.skip(str(error))
    found = state_of(name)
    if not name.startswith("own"):
        assert_same(found, wanted_of(name))
        return
    wanted = quantized_by_the_coder().state()
    assert {n: (v.dtype, v.shape) for n, v in found.items()} == {n: (v.dtype, v.shape) for n, v in wanted.items()}
    assert all(np.abs(found[n] - v).max() < 2 ** (-38 / 4) * 1.5 for n, v in wanted.items())


@pytest.mark.parametrize("name", [name for name in PEERS if not name.startswith("own")])
def test_golden_frames_of_peers_are_those_of_any_coder(name):
    """Also where nncodec is not installed, so that a change of the header is not forgotten there."""
    header, other = (
        codec.open((GOLDEN / n).read_bytes()).header for n in (name, name.replace("nncodec", "huffman_csr"))
    )
    assert replace(header, coder="", lengths=()) == replace(other, coder="", lengths=())


def described_by(found):
    """What a model says besides its levels; a reader gives components names of its own."""
    own = found.levels.keys() - found.components
    forms = {name: (form.rule, form.shape, form.dtype, form.parameters) for name, form in found.forms.items()}
    return {name: (found.maps[name], found.dtypes[name]) for name in own}, found.quantizer, forms


def test_golden_models_have_their_maps_types_and_forms():
    kinds = {"uniform": uniform, "successive": model, "unusual": unusual, "int8": rows, "forms": forms}
    for name in MAKERS:
        if make := kinds.get(name.split("-")[0]):
            assert described_by(decode((GOLDEN / name).read_bytes())) == described_by(make())
    assert any(decode((GOLDEN / f"cut-adaptive-{preset}.surp").read_bytes()).tail for preset in PRESETS)


@pytest.mark.parametrize("jit", ["compiled", "interpreted"])
def test_a_fresh_process_decodes_the_same_values_without_torch(jit, tmp_path):
    """Interpreted, the small files: those of every kind that `adaptive` writes."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1" if jit == "interpreted" else "0"}
    names = [name for name in MAKERS if jit == "compiled" or ("adaptive" in name and not name.startswith("linked"))]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, *(str(GOLDEN / name) for name in names)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = {key: value for name in names for key, value in digests(name, wanted_of(name)).items()}
    assert json.loads(run.stdout) == wanted


def test_importing_the_package_imports_no_kernel():
    code = "import sys, surp.codec; assert not {'numba', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
