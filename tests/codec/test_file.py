"""A file is opened once and then asked: all of it, one tensor, or its first passes; from bytes or a file object."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from make_golden import GOLDEN, base, described, floats, forms, linked, model, rows, uniform

from surp import codec
from surp.codec.frame import header as header_module
from surp.codec.frame.container import FileBytes, open_header, seal
from surp.errors import CorruptFileError, ParameterError, UnknownNameError
from surp.tensors.levels import as_they_are

WHOLE = {
    "levels": codec.encode_levels(linked()),
    "plain": codec.encode(uniform()),
    "in passes": codec.encode(model()),
    "floats": codec.encode(floats()),
    "rows": codec.encode(rows()),
    "forms": codec.encode(forms(), base=base()),
}


class Counted(io.BytesIO):
    """A file object that knows which of its bytes were read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.seen: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        start = self.tell()
        found = super().read(size)
        self.seen |= set(range(start, start + len(found)))
        return found


def same(found, wanted):
    assert (found.dtype, found.shape, found.tobytes()) == (wanted.dtype, wanted.shape, wanted.tobytes())


@pytest.mark.parametrize("kind", WHOLE)
def test_each_tensor_alone_is_what_it_is_in_the_whole_state(kind):
    file = codec.open(WHOLE[kind])
    state = file.state(base())
    assert list(state) == list(file.names) == sorted(file.names)
    for name in file.names:
        same(file.tensor(name, base()), state[name])


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_object_tells_what_the_bytes_tell(kind, tmp_path):
    path = tmp_path / "model.surp"
    path.write_bytes(WHOLE[kind])
    with path.open("rb") as source:
        file = codec.open(source)
        wanted = codec.open(WHOLE[kind]).state(base())
        for name, value in file.state(base()).items():
            same(value, wanted[name])


@pytest.mark.parametrize("passes", [0, 6])
def test_one_tensor_is_read_from_the_pieces_of_its_lanes_alone(passes, monkeypatch):
    monkeypatch.setattr(header_module, "LANE", 500)
    data = codec.encode(described(linked(), passes=passes))
    places = codec.open(data).places
    for name in linked():
        source = Counted(data)
        file = codec.open(source)
        source.seen.clear()
        file.tensor(name)
        lanes = file.header.pass_lanes if passes and name != "norm.bias" else file.header.plain_lanes
        numbers = {n for n, parts in enumerate(lanes) if any(part.array.name == name for part in parts)}
        wanted = [
            p for p in places if p.lane in numbers and p.block.startswith("pass") == (lanes is file.header.pass_lanes)
        ]
        assert source.seen == {b for p in wanted for b in range(p.offset, p.offset + p.length + 4 * (p.length > 0))}
        assert len(source.seen) < len(data) / 2


def test_the_header_alone_is_read_to_open_a_file():
    source = Counted(codec.encode_levels({"w": np.random.default_rng(0).integers(-99, 99, (400, 90))}))
    file = codec.open(source)
    assert max(source.seen) < 1 << 12 < file.size
    assert file.names == ("w",)


def test_a_damaged_lane_spoils_only_its_own_tensors(monkeypatch):
    monkeypatch.setattr(header_module, "LANE", 500)
    wanted = linked()
    data = bytearray(codec.encode_levels(wanted))
    place = codec.open(bytes(data)).places[0]
    data[place.offset] ^= 255
    file = codec.open(bytes(data))
    broken = {part.array.name for part in file.header.plain_lanes[0]}
    assert 0 < len(broken) < len(wanted)
    for name in wanted.keys() - broken:
        same(file.tensor(name), wanted[name])
    for name in broken:
        with pytest.raises(CorruptFileError, match=f"block plain at byte {place.offset}: its checksum"):
            file.tensor(name)


def test_a_piece_at_another_place_is_noticed(monkeypatch):
    monkeypatch.setattr(header_module, "LANE", 10)
    data = codec.encode_levels({name: np.arange(20).reshape(1, 20) for name in "ab"})
    first, second = codec.open(data).places
    assert first.length == second.length
    size = first.length + 4
    swapped = data[: first.offset] + data[second.offset :][:size] + data[first.offset :][:size]
    with pytest.raises(CorruptFileError, match="checksum"):
        codec.decode_levels(swapped)


def test_a_tensor_that_is_not_there_is_answered_with_the_list():
    with pytest.raises(UnknownNameError, match=r"unknown tensor 'fc1\.wieght'; allowed: .*fc1\.weight"):
        codec.open(WHOLE["plain"]).tensor("fc1.wieght")


@pytest.mark.parametrize("preset", ["fast", "default", "max"])
def test_a_large_array_is_cut_by_rows_into_lanes(preset, monkeypatch):
    monkeypatch.setattr(header_module, "LANE", 600)
    big = np.random.default_rng(0).integers(-3, 4, (97, 31)).astype(np.int32)
    header = codec.open(codec.encode_levels({"w": big}, preset=preset)).header
    assert [part.shape for lane in header.plain_lanes for part in lane] == [(19, 31)] + 2 * [(19, 31), (20, 31)]
    same(codec.decode_levels(codec.encode_levels({"w": big}, preset=preset))["w"], big)
    weights = described({"w": big}, passes=3)
    data = codec.encode(weights, preset=preset)
    same(codec.open(data).tensor("w"), weights.state()["w"])
    for size in (len(data) * 4 // 5, len(data) // 2):
        cut = codec.open(data).truncate(size)
        assert len(cut) <= size
        same(codec.open(cut).tensor("w"), codec.decode(cut).state()["w"])
    values = floats().levels | {"w": (big / 8).astype(np.float32) * -1}
    found = codec.open(codec.encode(as_they_are(values), preset=preset)).state()
    for name, value in values.items():
        same(found[name], value)


def test_golden_files_are_read_through_a_file_object_tensor_by_tensor():
    for path in sorted(GOLDEN.glob("*-adaptive-default.surp")):
        with path.open("rb") as source:
            file = codec.open(source)
            state = codec.open(path.read_bytes()).state(base())
            for name in file.names:
                same(file.tensor(name, base()), state[name])


def test_passes_that_are_not_there_are_refused():
    file = codec.open(WHOLE["in passes"])
    for passes in (0, 4, -1):
        with pytest.raises(ParameterError, match=f"passes: {passes}; this file has 3"):
            file.model(passes)
    with pytest.raises(ParameterError, match="passes: 1; this file has 0"):
        codec.open(WHOLE["plain"]).model(1)


def test_signs_where_no_zero_has_one_are_damage(monkeypatch):
    monkeypatch.setattr(header_module, "LANE", 10)
    values = {"a": np.array([-0.0, 1.0] * 8, np.float32), "b": np.ones(16, np.float32)}
    data = codec.encode(as_they_are(values))
    header, *_ = open_header(FileBytes(data))
    contents = [data[place.offset : place.offset + place.length] for place in codec.open(data).places]
    names = [(place.block, place.lane) for place in codec.open(data).places]
    empty = names.index(("signs", 1))
    assert contents[empty] == b""
    contents[empty] = b"x"
    with pytest.raises(CorruptFileError, match=r"block signs at byte \d+: signs of zeros, but no array"):
        codec.open(seal(replace(header, lengths=(), padding=0), contents)).state()
