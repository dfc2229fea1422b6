"""A data set survives its two files, and a file that is not whole or not one is refused by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surp.data import Dataset, Split, read_split, split_validation, write_dataset
from surp.data.dataset import statistics
from surp.errors import DataError
from surp.tensors.safetensors_file import read_state, write_state


def make_split(n: int, classes: int = 3, shape: tuple[int, int, int] = (2, 5, 4), seed: int = 0) -> Split:
    rng = np.random.default_rng(seed)
    return Split(rng.integers(0, 256, (n, *shape), dtype=np.uint8), rng.integers(0, classes, n))


def make_dataset(title: str = "") -> Dataset:
    return Dataset("toy", make_split(11), make_split(5, seed=1), ("a", "b", "c"), "made up", title)


@pytest.fixture
def written(tmp_path: Path) -> tuple[Dataset, Path, Path]:
    dataset, train, test = make_dataset("Toys"), tmp_path / "train.safetensors", tmp_path / "test.safetensors"
    write_dataset(dataset, train, test)
    return dataset, train, test


def test_a_data_set_survives_its_files(written: tuple[Dataset, Path, Path]) -> None:
    dataset, train, test = written
    for part, path, split in (("train", train, dataset.train), ("test", test, dataset.test)):
        back, info = read_split(path)
        assert (back.images == split.images).all()
        assert (back.labels == split.labels).all()
        assert (info.split, info.name, info.title, info.classes) == (part, "toy", "Toys", ("a", "b", "c"))
        assert (info.shape, info.source) == ((2, 5, 4), "made up")


def test_both_files_carry_the_statistics_of_the_training_split(written: tuple[Dataset, Path, Path]) -> None:
    dataset, train, test = written
    pixels = dataset.train.images / 255
    for path in (train, test):
        info = read_split(path)[1]
        np.testing.assert_allclose(info.mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-12)
        np.testing.assert_allclose(info.std, pixels.std(axis=(0, 2, 3)), rtol=1e-12)


def test_statistics_of_a_constant_channel_have_no_spread() -> None:
    assert statistics(np.full((5000, 1, 2, 2), 255, dtype=np.uint8)) == ((1.0,), (0.0,))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.safetensors: no such file"):
        read_split(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(written: tuple[Dataset, Path, Path], keep: int) -> None:
    path = written[1]
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"train\.safetensors"):
        read_split(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_state(path, {"w": np.zeros(3)}, {"surp.kind": "levels"})
    with pytest.raises(DataError, match=r"not a data split: surp\.kind is 'levels'"):
        read_split(path)


def test_an_altered_pixel_is_noticed(written: tuple[Dataset, Path, Path]) -> None:
    path = written[1]
    state, metadata = read_state(path)
    state["images"][0, 0, 0, 0] ^= 1
    write_state(path, state, metadata)
    with pytest.raises(DataError, match="SHA-256"):
        read_split(path)


@pytest.mark.parametrize(
    ("images", "labels", "complaint"),
    [
        (np.zeros((2, 5, 4), np.uint8), np.zeros(2, np.int64), "images: expected"),
        (np.zeros((2, 1, 5, 4), np.float32), np.zeros(2, np.int64), "images: expected"),
        (np.zeros((2, 2, 5, 4), np.uint8), np.zeros(3, np.int64), "labels: expected"),
        (np.zeros((2, 2, 5, 4), np.uint8), np.full(2, 9, np.int64), "labels must be from 0 to 2"),
        (np.zeros((2, 3, 5, 4), np.uint8), np.zeros(2, np.int64), "does not fit 3 channels"),
    ],
)
def test_wrong_shapes_are_refused(
    written: tuple[Dataset, Path, Path], images: np.ndarray, labels: np.ndarray, complaint: str
) -> None:
    path = written[1]
    write_state(path, {"images": images, "labels": labels}, read_state(path)[1])
    with pytest.raises(DataError, match=rf"train\.safetensors: .*{complaint}"):
        read_split(path)


@pytest.mark.parametrize("header", ["", "[]", "{}", '{"name": 1}'])
def test_a_damaged_header_is_refused(written: tuple[Dataset, Path, Path], header: str) -> None:
    path = written[1]
    write_state(path, read_state(path)[0], {"surp.kind": "data", "surp.data": header})
    with pytest.raises(DataError, match=r"surp\.data is damaged"):
        read_split(path)


def test_splits_that_do_not_fit_each_other_are_refused() -> None:
    with pytest.raises(DataError, match="training images are"):
        Dataset("toy", make_split(4), make_split(4, shape=(1, 5, 4)), ("a", "b", "c"), "")
    with pytest.raises(DataError, match="toy: test: labels must be from 0 to 2"):
        Dataset("toy", make_split(4), Split(make_split(1).images, np.array([3])), ("a", "b", "c"), "")


@given(st.integers(2, 300), st.data(), st.integers(0, 2**40))
def test_a_validation_split_is_disjoint_and_complete(n: int, data: st.DataObject, seed: int) -> None:
    size = data.draw(st.integers(1, n - 1))
    training, validation = split_validation(n, size, seed)
    assert len(validation) == size
    assert sorted([*training, *validation]) == list(range(n))
    again = split_validation(n, size, seed)
    assert (again[0] == training).all()
    assert (again[1] == validation).all()


def test_a_validation_split_depends_on_the_seed() -> None:
    assert (split_validation(1000, 100, 0)[1] != split_validation(1000, 100, 1)[1]).any()


def test_a_validation_split_is_the_same_for_ever() -> None:
    # Results of years apart are compared on it: a change of the random stream must not pass unseen.
    content = split_validation(1000, 100, 7)[1].astype("<i8").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "4e2eb5b25b135a12"


@pytest.mark.parametrize("size", [0, -1, 10, 11])
def test_a_validation_split_needs_room(size: int) -> None:
    with pytest.raises(DataError, match=f"from 1 to 9, for 10 training images \\(got {size}\\)"):
        split_validation(10, size, 0)
