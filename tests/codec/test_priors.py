"""Where coders start is part of the format: docs/format.md has the priors' hashes, golden files read every table."""

from __future__ import annotations

import re
from base64 import b85decode, b85encode
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from zlib import compress, decompress

import numpy as np
import pytest
from make_golden import GOLDEN, described, linked

from surp.codec.coders import adaptive
from surp.codec.entropy import contexts as _contexts
from surp.codec.entropy import fast_model as _model
from surp.codec.entropy import fast_scan as _fastscan
from surp.codec.entropy import mixed_layout as at
from surp.codec.entropy.mixed_model import KINDS, PASSES, Mixing, new_mixer, read_priors
from surp.codec.frame.container import open_file
from surp.codec.frame.header import Tensor
from surp.codec.priors.adaptive import PRIORS
from surp.codec.sections import plain_of

FORMAT = Path(__file__).parents[2] / "docs" / "format.md"
MAX_ONLY = {"HIT_HINT", "HIT_NEAR", "HIT_WIDE", "HIT_WINDOW", "SIGN_WINDOW", "SIGN_SUM", "LENGTH_OWN"}
MAX_ONLY |= {"SET_HIT_SLOW", "SET_SIGN_SLOW", "SET_LENGTH_SLOW"}
PLAIN_ONLY = {"LENGTH_OWN", "LENGTH_BESIDE", "LENGTH_JOINT", "MANTISSA", "SET_LENGTH", "SET_LENGTH_SLOW"}
PASSES_ONLY = {"REFINE_OWN", "REFINE_DENSITY", "REFINE_BESIDE", "SET_REFINE"}
MIXED = pytest.mark.parametrize("preset", sorted(PRIORS))


def hashes(preset: str, text: str) -> tuple[str, str]:
    """SHA-256 of the bytes that the text holds, and of the numbers that a decoder starts from."""
    minds = b"".join(mixer.mind.astype("<i4").tobytes() for mixer in read_priors(text, int(preset == "max")))
    return sha256(decompress(b85decode(text))).hexdigest(), sha256(minds).hexdigest()


def documented(preset: str) -> tuple[str, str]:
    (row,) = re.findall(rf"^\| `{preset}` \| `([0-9a-f]{{64}})` \| `([0-9a-f]{{64}})` \|$", FORMAT.read_text(), re.M)
    return row


@MIXED
def test_the_priors_have_the_hashes_of_the_document(preset):
    assert hashes(preset, PRIORS[preset]) == documented(preset)
    model = adaptive._model(preset)
    assert isinstance(model, Mixing)
    numbers = b"".join(mixer.mind.astype("<i4").tobytes() for mixer in model.mixers)
    assert sha256(numbers).hexdigest() == documented(preset)[1]


@MIXED
def test_any_changed_byte_of_the_priors_is_seen(preset):
    data = bytearray(decompress(b85decode(PRIORS[preset])))
    for place in np.random.default_rng(0).choice(len(data), 20, replace=False):
        changed = data.copy()
        changed[place] ^= 1
        assert hashes(preset, b85encode(compress(bytes(changed))).decode())[0] != documented(preset)[0]


def tables() -> dict[str, slice]:
    """Where each group of cells, and each set of weights, stands in a mind (cells: one number of two)."""
    groups = ("HIT_", "SIGN_", "LENGTH_", "MANTISSA", "REFINE_", "AVERAGE")
    cells = {name: place for name, place in vars(at).items() if name.startswith(groups)}
    sets = {name: place for name, place in vars(at).items() if name.startswith("SET_")}
    ends = [*list(cells.values())[1:], at.CELLS], [*list(sets.values())[1:], at.MIND]
    found = {name: slice(2 * a, 2 * b) for (name, a), b in zip(cells.items(), ends[0], strict=True)}
    return found | {name: slice(a, b) for (name, a), b in zip(sets.items(), ends[1], strict=True)}


def changes(mind: np.ndarray, name: str, place: slice) -> list[np.ndarray]:
    """The mind with one table changed: of cells the estimates or the counts, of a set its weights."""
    if name.startswith("SET_"):
        moved = mind.copy()
        moved[place] += 20000
        return [moved]
    estimates, counts = mind.copy(), mind.copy()
    estimates[place.start : place.stop : 2] ^= 1 << 21
    seen = mind[place.start + 1 : place.stop : 2]
    counts[place.start + 1 : place.stop : 2] = np.where(seen > 2, 0, 30)
    return [estimates, counts]


def written(preset: str, passes: bool) -> list[bytes]:
    """The codes of the golden file `linked`, or of the one in passes, by the priors as they are."""
    parameters = adaptive.Parameters(preset=preset)
    if passes:
        return list(adaptive.encode_passes([linked()[n] for n in described(linked(), 6).embedded], 6, parameters))
    tensors = [Tensor(n, v.shape, "int32", "int32") for n, v in linked().items()]
    tensors.sort(key=lambda t: (t.kind, t.name))
    sections = [(plain_of(t.shape, "int32", t.kind), linked()[t.name]) for t in tensors]
    return [adaptive.encode_plain(sections, parameters)]


def golden(preset: str, passes: bool) -> list[bytes]:
    name = f"linked{'-successive' * passes}-adaptive-{preset}.surp"
    blocks = [block for block in open_file((GOLDEN / name).read_bytes())[1] if block.name.startswith("pass") == passes]
    return [block.content[2 * (passes and i + 1 < len(blocks)) :] for i, block in enumerate(blocks)]


@MIXED
@pytest.mark.parametrize("kind", range(KINDS), ids=["vectors", "weights", "passes"])
def test_a_change_of_any_table_of_the_priors_changes_a_golden_file(preset, kind, monkeypatch):
    unread = (PASSES_ONLY if kind != PASSES else PLAIN_ONLY) | (MAX_ONLY if preset != "max" else set())
    mixers, wanted = read_priors(PRIORS[preset], int(preset == "max")), golden(preset, kind == PASSES)
    assert written(preset, kind == PASSES) == wanted
    unseen = set()
    for name, place in tables().items():
        for mind in changes(mixers[kind].mind, name, place):
            now = [new_mixer((mind if i == kind else m.mind).copy(), m.deep) for i, m in enumerate(mixers)]
            monkeypatch.setattr(adaptive, "read_priors", lambda *_, now=now: now)
            if written(preset, kind == PASSES) == wanted:
                unseen.add(name)
    assert unseen == unread


def fast_tables() -> list[tuple[bool, str, slice]]:
    """The tables that the preset `fast` starts from: whether of passes, the array, the rows."""
    plain = [_fastscan.EMPTY, _fastscan.HIT, _fastscan.LENGTH, _fastscan.CONTEXTS]
    passes = [_contexts.HIT, _contexts.SIGN, _contexts.REFINE, _contexts.AVERAGE, _contexts.CONTEXTS]
    symbols = [_fastscan.FIRST, _fastscan.SIZE, _fastscan.DISTRIBUTIONS]
    found = [(True, "cells", slice(a, b)) for a, b in pairwise(passes)]
    found += [(False, "cells", slice(a, b)) for a, b in pairwise(plain)]
    return found + [(False, "symbols", slice(a, b)) for a, b in pairwise(symbols)]


@pytest.mark.parametrize(("passes", "array", "rows"), fast_tables(), ids=str)
def test_a_change_of_any_table_that_fast_starts_from_changes_a_golden_file(passes, array, rows, monkeypatch):
    assert written("fast", passes) == golden("fast", passes)
    cells, state = _model.new_cells(), _model.new_state()
    if array == "symbols":
        state.symbols[rows, 3:9] += 40
    else:
        (cells if passes else state.cells)[rows, :2] //= 2
    monkeypatch.setattr(_model, "new_cells", lambda: cells.copy())
    monkeypatch.setattr(_model, "new_state", lambda: type(state)(*(part.copy() for part in state)))
    assert written("fast", passes) != golden("fast", passes)
