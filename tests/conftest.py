"""Small real things that tests share: pictures of four classes as an image folder, and its two split files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
CLASSES = ("bar", "box", "cross", "slope")


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


@pytest.fixture(scope="session")
def picture_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with `pictures/{train,test}/<class>/<n>.png`: 400 training and 80 test images."""
    from PIL import Image

    root = tmp_path_factory.mktemp("root")
    rng = np.random.default_rng(0)
    for part, each in (("train", 100), ("test", 20)):
        for kind, name in enumerate(CLASSES):
            folder = root / "pictures" / part / name
            folder.mkdir(parents=True)
            for i in range(each):
                Image.fromarray(_picture(kind, rng)).save(folder / f"{i}.png")
    return root


@pytest.fixture(scope="session")
def splits(picture_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Training and test split files of the pictures."""
    from surp.stages.data import data

    folder = tmp_path_factory.mktemp("splits")
    train, test = folder / "train.safetensors", folder / "test.safetensors"
    data("pictures", train, test, kind="image_folder", root=picture_root, settings=["path=pictures", "channels=1"])
    return train, test
