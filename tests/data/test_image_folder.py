"""Your own pictures: folder and archive give the same data set, and nothing hostile or odd passes unseen."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from surp.data import Dataset
from surp.data.sets.image_folder import Parameters, load
from surp.errors import DataError, ParameterError


def picture(seed: int, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> bytes:
    shape = size if mode == "L" else (*size, 3)
    stream = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


def tree() -> dict[str, bytes]:
    names = [f"{part}/{label}/{i}.png" for part in ("train", "test") for label in ("dog", "cat") for i in range(3)]
    return {name: picture(seed) for seed, name in enumerate(names)}


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def pack(path: Path, files: dict[str, bytes], top: str = "pets/") -> None:
    mode: Any = {".gz": "w:gz", ".xz": "w:xz"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(top + name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def read(root: Path, path: str = "pets", **settings: Any) -> Dataset:
    return load(root, Parameters.parse({"path": path, **settings}, "datasets.pets"), root)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    put(tmp_path / "pets", {**tree(), "README.txt": b"", "train/dog/notes.txt": b"", "train/dog/._0.png": b""})
    dataset = read(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert dataset.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.train.images.shape == (6, 3, 6, 4)
    first = np.asarray(Image.open(io.BytesIO(tree()["train/cat/0.png"])))
    assert (dataset.train.images[0] == first.transpose(2, 0, 1)).all()
    assert (dataset.name, dataset.title) == ("pets", "pets")


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
@pytest.mark.parametrize("top", ["pets/", "", "./", "./other/"])
def test_an_archive_gives_the_same_data_set_as_the_folder(tmp_path: Path, suffix: str, top: str) -> None:
    put(tmp_path / "folder" / "pets", tree())
    pack(tmp_path / f"pets{suffix}", dict(reversed(tree().items())), top)
    folder, archive = read(tmp_path / "folder"), read(tmp_path, title="Pets (packed)")
    for part in ("train", "test"):
        assert (getattr(folder, part).images == getattr(archive, part).images).all()
        assert (getattr(folder, part).labels == getattr(archive, part).labels).all()
    assert archive.title == "Pets (packed)"
    assert not (tmp_path / "pets").exists()


@pytest.mark.parametrize("evil", ["../train/cat/x.png", "/train/cat/x.png", "pets/../../train/cat/x.png", "../x"])
def test_a_member_that_points_outside_is_refused(tmp_path: Path, evil: str) -> None:
    pack(tmp_path / "pets.tar", {**tree(), evil: picture(0)}, "")
    with pytest.raises(DataError, match=r"pets\.tar: member .* points outside"):
        read(tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_member_that_is_no_regular_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "pets.tar", "w") as tar:
        member = tarfile.TarInfo("pets/train/cat/x.png")
        member.type, member.linkname = kind, "/etc/hostname"
        tar.addfile(member)
    with pytest.raises(DataError, match=r"x\.png' is not a regular file"):
        read(tmp_path)


def test_a_truncated_archive_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "pets.tar.gz"
    pack(path, tree())
    whole = path.read_bytes()
    for keep in (0, 1, 20, len(whole) // 2, len(whole) - 300, len(whole) - 1):
        path.write_bytes(whole[:keep])
        with pytest.raises(DataError, match=r"pets\.tar\.gz"):
            read(tmp_path)


def test_two_top_folders_are_refused(tmp_path: Path) -> None:
    pack(tmp_path / "pets.tar", {f"{top}/{name}": b for top in ("a", "b") for name, b in tree().items()}, "")
    with pytest.raises(DataError, match="more than one top folder: a, b"):
        read(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("content", [b"", b"not a picture", picture(0)[:60], picture(0)[:-30]])
def test_a_corrupt_picture_is_named(tmp_path: Path, packed: bool, content: bytes) -> None:
    files = {**tree(), "train/dog/1.png": content}
    if packed:
        pack(tmp_path / "pets.tar.xz", files)
    else:
        put(tmp_path / "pets", files)
    with pytest.raises(DataError, match=r"train/dog/1\.png'?: not a readable picture"):
        read(tmp_path)


def test_pictures_of_different_sizes_need_the_parameter(tmp_path: Path) -> None:
    put(tmp_path / "pets", {**tree(), "test/cat/1.png": picture(0, (8, 8))})
    with pytest.raises(DataError, match=r"test/cat/0\.png is 6 x 4, test/cat/1\.png is 8 x 8; set the parameter size"):
        read(tmp_path)
    assert read(tmp_path, size=[5, 7]).test.images.shape == (6, 3, 5, 7)


def test_channels_are_as_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "pets", {**tree(), "test/cat/1.png": picture(0, mode="L")})
    assert read(tmp_path, channels=1).train.images.shape == (6, 1, 6, 4)
    assert read(tmp_path, channels=3).test.images.shape == (6, 3, 6, 4)


def test_pictures_of_sixteen_bits_are_refused_rather_than_clipped(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((6, 4), 40000, dtype=np.uint16)).save(stream, "png")
    put(tmp_path / "pets", {**tree(), "test/cat/1.png": stream.getvalue()})
    with pytest.raises(DataError, match=r"1\.png: mode I;16 has more than 8 bits"):
        read(tmp_path)


def test_classes_and_splits_that_lack_pictures_are_named(tmp_path: Path) -> None:
    files = {name: b for name, b in tree().items() if not name.startswith("train/dog")}
    put(tmp_path / "pets", files)
    with pytest.raises(DataError, match="test/ has classes that train/ lacks: dog"):
        read(tmp_path)
    put(tmp_path / "half", {name: b for name, b in tree().items() if name.startswith("train")})
    with pytest.raises(DataError, match="no pictures in test/"):
        read(tmp_path, "half")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no pictures as"):
        read(tmp_path, "empty")


def test_a_missing_folder_is_named_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pets: no such folder, nor an archive of that name \(\.tar, "):
        read(tmp_path)
    with pytest.raises(DataError, match="no data root is given"):
        load(None, Parameters.parse({"path": "no-such-pets"}, ""), tmp_path)


@pytest.mark.parametrize("settings", [{}, {"path": "x", "channels": 2}, {"path": "x", "size": [0, 5]}])
def test_parameters_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"datasets\.pets"):
        Parameters.parse(settings, "datasets.pets")
