"""Where coders start is part of the format: docs/format.md has the priors' hashes, golden files read every table."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from zlib import compress

import numpy as np
import pytest
from make_golden import GOLDEN, described, linked

from surp import codec
from surp.codec import priors
from surp.codec.coders import adaptive
from surp.codec.entropy import contexts as _contexts
from surp.codec.entropy import fast_model as _model
from surp.codec.entropy import fast_scan as _fastscan
from surp.codec.entropy import mixed_layout as at
from surp.codec.entropy.mixed_model import KINDS, PASSES, Mixer, Mixing, mixers_of, new_mixer
from surp.codec.scan import scan_of, to_scan
from surp.errors import SurpError

FORMAT = Path(__file__).parents[2] / "docs" / "format.md"
MAX_ONLY = {"HIT_HINT", "HIT_NEAR", "HIT_WIDE", "HIT_WINDOW", "SIGN_WINDOW", "SIGN_SUM", "LENGTH_OWN"}
MAX_ONLY |= {"SET_HIT_SLOW", "SET_SIGN_SLOW", "SET_LENGTH_SLOW"}
PLAIN_ONLY = {"LENGTH_OWN", "LENGTH_BESIDE", "LENGTH_JOINT", "MANTISSA", "SET_LENGTH", "SET_LENGTH_SLOW"}
PASSES_ONLY = {"REFINE_OWN", "REFINE_DENSITY", "REFINE_BESIDE", "SET_REFINE"}
MIXED = pytest.mark.parametrize("preset", sorted(priors.DIGESTS))


def taught(preset: str) -> list[Mixer]:
    return mixers_of(priors.read(preset), int(preset == "max"))


def numbers_of(mixers: list[Mixer]) -> str:
    """SHA-256 of the numbers that a decoder starts from."""
    return sha256(b"".join(mixer.memory.astype("<i4").tobytes() for mixer in mixers)).hexdigest()


def documented(preset: str) -> tuple[str, str]:
    (row,) = re.findall(rf"^\| `{preset}` \| `([0-9a-f]{{64}})` \| `([0-9a-f]{{64}})` \|$", FORMAT.read_text(), re.M)
    return row


@MIXED
def test_the_priors_have_the_hashes_of_the_document(preset):
    found = sha256(priors.read(preset)).hexdigest(), numbers_of(taught(preset))
    assert found == documented(preset)
    assert priors.DIGESTS[preset] == found[0]
    model = adaptive._model(preset)
    assert isinstance(model, Mixing)
    assert numbers_of(model.mixers) == found[1]


@MIXED
def test_any_changed_byte_of_the_priors_is_refused(preset, tmp_path, monkeypatch):
    monkeypatch.setattr(priors, "__file__", str(tmp_path / "__init__.py"))
    data = bytearray(priors.read(preset))
    for place in np.random.default_rng(0).choice(len(data), 20, replace=False):
        changed = data.copy()
        changed[place] ^= 1
        (tmp_path / f"{preset}-{priors.VERSION}.zlib").write_bytes(compress(bytes(changed)))
        with pytest.raises(SurpError, match="not the priors of version 1; surp has to be installed anew"):
            priors.read.__wrapped__(preset)
    (tmp_path / f"{preset}-{priors.VERSION}.zlib").write_bytes(compress(bytes(data)))
    assert priors.read.__wrapped__(preset) == data


def tables() -> dict[str, slice]:
    """Where each group of cells, and each set of weights, stands in a memory (cells: one number of two)."""
    groups = ("HIT_", "SIGN_", "LENGTH_", "MANTISSA", "REFINE_", "AVERAGE")
    cells = {name: place for name, place in vars(at).items() if name.startswith(groups)}
    sets = {name: place for name, place in vars(at).items() if name.startswith("SET_")}
    ends = [*list(cells.values())[1:], at.CELLS], [*list(sets.values())[1:], at.MEMORY]
    found = {name: slice(2 * a, 2 * b) for (name, a), b in zip(cells.items(), ends[0], strict=True)}
    return found | {name: slice(a, b) for (name, a), b in zip(sets.items(), ends[1], strict=True)}


def changes(memory: np.ndarray, name: str, place: slice) -> list[np.ndarray]:
    """The memory with one table changed: of cells the estimates or the counts, of a set its weights."""
    if name.startswith("SET_"):
        moved = memory.copy()
        moved[place] += 20000
        return [moved]
    estimates, counts = memory.copy(), memory.copy()
    estimates[place.start : place.stop : 2] ^= 1 << 21
    seen = memory[place.start + 1 : place.stop : 2]
    counts[place.start + 1 : place.stop : 2] = np.where(seen > 2, 0, 30)
    return [estimates, counts]


def written(preset: str, passes: bool) -> list[bytes]:
    """The codes of the golden file `linked`, or of the one in passes, by the priors as they are."""
    parameters = adaptive.Parameters(preset=preset)
    if passes:
        return list(adaptive.encode_passes([linked()[n] for n in described(linked(), 6).embedded], 6, parameters))
    tensors = sorted(linked().items(), key=lambda item: (item[1].ndim > 1, item[0]))
    scans = [(scan_of(v.shape, "int32", int(v.ndim > 1)), v) for _, v in tensors]
    return [adaptive.encode_plain([(scan, to_scan(v, scan)) for scan, v in scans], parameters)]


def golden(preset: str, passes: bool) -> list[bytes]:
    file = codec.open((GOLDEN / f"linked{'-successive' * passes}-adaptive-{preset}.surp").read_bytes())
    places = [place for place in file.places if place.block.startswith("pass") == passes]
    return [file.piece(place.block, place.lane).content for place in places]


@MIXED
@pytest.mark.parametrize("kind", range(KINDS), ids=["vectors", "weights", "passes"])
def test_a_change_of_any_table_of_the_priors_changes_a_golden_file(preset, kind, monkeypatch):
    unread = (PASSES_ONLY if kind != PASSES else PLAIN_ONLY) | (MAX_ONLY if preset != "max" else set())
    mixers, wanted = taught(preset), golden(preset, kind == PASSES)
    assert written(preset, kind == PASSES) == wanted
    unseen = set()
    for name, place in tables().items():
        for memory in changes(mixers[kind].memory, name, place):
            now = [new_mixer((memory if i == kind else m.memory).copy(), m.deep) for i, m in enumerate(mixers)]
            monkeypatch.setattr(adaptive, "mixers_of", lambda *_, now=now: now)
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
    cells, estimates = _model.new_cells(), _model.new_estimates()
    if array == "symbols":
        estimates.symbols[rows, 3:9] += 40
    else:
        (cells if passes else estimates.cells)[rows, :2] //= 2
    monkeypatch.setattr(_model, "new_cells", lambda: cells.copy())
    monkeypatch.setattr(_model, "new_estimates", lambda: type(estimates)(*(part.copy() for part in estimates)))
    assert written("fast", passes) != golden("fast", passes)
