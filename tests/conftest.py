"""Small real things that tests share: pictures of four classes as an image folder, and its two split files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePath

import numpy as np
import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

os.environ.setdefault("OMP_NUM_THREADS", "1")
CLASSES = ("bar", "box", "cross", "slope")
MadeOnce = Callable[[str, Callable[[Path], object]], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that run the workflow take longest and begin first, then those that train."""
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("workflow", "trains")])


class ByPlace(LoadScopeScheduling):
    """The tests of a file, and of a folder that runs the workflow, stay on one worker: what they share is made once,
    and one of them may change it for a while."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePath(nodeid.partition("::")[0])
        return str(path.parent if path.parent.name in ("workflow", "dvc") else path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByPlace:
    return ByPlace(config, log)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """A function (name, make) that returns the folder `make` filled; of several workers, the first that asks makes it.

    What is in the folder is read by all: a test that changes it works on a copy.
    """
    own = tmp_path_factory.getbasetemp()
    base = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        result, done = base / name, base / f"{name}.made"
        with FileLock(base / f"{name}.lock"):
            if not done.exists():
                result.mkdir()
                make(result)
                done.touch()
        return result

    return folder


def _picture(kind: int, rng: np.random.Generator) -> np.ndarray:
    image = np.zeros((28, 28))
    row, column = rng.integers(4, 12, 2)
    if kind == 0:
        image[row : row + 3, :] = 1
    elif kind == 1:
        image[row : row + 12, column : column + 12] = 1
    elif kind == 2:
        image[row + 4, :] = image[:, column + 4] = 1
    else:
        image[np.arange(28), np.arange(28)] = image[np.arange(27), np.arange(1, 28)] = 1
    return np.clip(200 * image + rng.normal(25, 20, image.shape), 0, 255).astype(np.uint8)


def _draw(root: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    for part, each in (("train", 100), ("test", 20)):
        for kind, name in enumerate(CLASSES):
            folder = root / "pictures" / part / name
            folder.mkdir(parents=True)
            for i in range(each):
                Image.fromarray(_picture(kind, rng)).save(folder / f"{i}.png")


@pytest.fixture(scope="session")
def picture_root(made_once: MadeOnce) -> Path:
    """A data root with `pictures/{train,test}/<class>/<n>.png`: 400 training and 80 test images."""
    return made_once("root", _draw)


@pytest.fixture(scope="session")
def splits(picture_root: Path, made_once: MadeOnce) -> tuple[Path, Path]:
    """Training and test split files of the pictures."""
    from surp.stages.data import data

    def make(folder: Path) -> None:
        train, test = (folder / f"{part}.safetensors" for part in ("train", "test"))
        data("pictures", train, test, kind="image_folder", root=picture_root, settings=["path=pictures", "channels=1"])

    folder = made_once("splits", make)
    return folder / "train.safetensors", folder / "test.safetensors"
