"""CIFAR-10's binary version: archive or folder, and never the pickled one."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from surp.data import from_torchvision
from surp.data.sets import cifar10
from surp.data.sources import SourceError
from surp.errors import DataError

RECORDS = 20


@pytest.fixture(autouse=True)
def _no_other_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> Path:
        raise SourceError("no network here")

    monkeypatch.setattr(cifar10, "_SYSTEM", ())
    monkeypatch.setattr(from_torchvision, "download_file", refuse)


def batches() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    result = {}
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"):
        records = rng.integers(0, 256, (RECORDS, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(RECORDS) % 10
        result[f"{name}.bin"] = records.tobytes()
    return result


def put_folder(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def put_archive(path: Path, files: dict[str, bytes]) -> cifar10.Release:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return cifar10.Release(hashlib.sha256(path.read_bytes()).hexdigest(), RECORDS)


def test_archive_and_folder_give_the_same_images(tmp_path: Path) -> None:
    files = batches()
    published = put_archive(tmp_path / "a" / "cifar10" / "cifar-10-binary.tar.gz", files)
    put_folder(tmp_path / "b" / "cifar-10-batches-bin", files)
    first = cifar10.load_published(published, tmp_path / "a", tmp_path)
    second = cifar10.load_published(published, tmp_path / "b", tmp_path)
    assert (first.source, first.origin) == ("published original", "data root")
    assert "no checksum" in second.source
    assert first.train.images.shape == (5 * RECORDS, 3, 32, 32)
    assert (first.train.images == second.train.images).all()
    assert (first.test.labels == np.arange(RECORDS) % 10).all()
    assert first.test.images.tobytes()[:3072] == files["test_batch.bin"][1:3073]


def test_a_wrong_archive_is_refused(tmp_path: Path) -> None:
    put_archive(tmp_path / "cifar-10-binary.tar.gz", batches())
    with pytest.raises(DataError, match="wrong checksum"):
        cifar10.load_published(cifar10.Release(records=RECORDS), tmp_path, tmp_path)


@pytest.mark.parametrize("change", ["missing", "short", "label"])
def test_a_damaged_folder_is_refused(tmp_path: Path, change: str) -> None:
    files = batches()
    if change == "missing":
        del files["data_batch_3.bin"]
    elif change == "short":
        files["test_batch.bin"] = files["test_batch.bin"][:-1]
    else:
        files["test_batch.bin"] = b"\x0b" + files["test_batch.bin"][1:]
    put_folder(tmp_path / "cifar-10-batches-bin", files)
    with pytest.raises(
        DataError, match=r"data root: .*cifar-10-batches-bin: (lacks data_batch_3|batches of|test images)"
    ):
        cifar10.load_published(cifar10.Release(records=RECORDS), tmp_path, tmp_path)


def test_the_pickled_version_is_named_and_not_read(tmp_path: Path) -> None:
    put_folder(tmp_path / "cifar-10-batches-py", {"data_batch_1": b"cos\nsystem\n(S'exit 1'\ntR."})
    with pytest.raises(DataError, match="cifar-10-batches-py is the pickled version, which is not read"):
        cifar10.load_published(cifar10.Release(records=RECORDS), tmp_path, tmp_path)
