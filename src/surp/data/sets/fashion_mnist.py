"""Fashion-MNIST: 60,000 + 10,000 images of clothes, 28 x 28 grey, 10 classes (Xiao et al., arXiv 1708.07747)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from surp.data import apt, from_torchvision
from surp.data.dataset import Dataset
from surp.data.idx_set import IdxSet, load_set
from surp.data.parameters import DataParameters

TITLE = "Fashion-MNIST"
_INSTALLED = "/usr/share/datasets/fashion-mnist"  # where Debian's package puts the files
_MIRRORS = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",)

SET = IdxSet(
    name="fashion_mnist",
    title=TITLE,
    classes=(
        "T-shirt/top",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    checksums={
        "published original": (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    },
    folders=(
        "fashion_mnist",
        "fashion-mnist",
        "FashionMNIST/raw",
        "FashionMNIST",
        "dataset-fashion-mnist",
    ),
    system=(Path(_INSTALLED), Path("/usr/local/share/datasets/fashion-mnist")),
    downloads=(
        ("torchvision's download", partial(from_torchvision.download_set, "FashionMNIST", _MIRRORS)),
        ("apt-get download", partial(apt.download, "dataset-fashion-mnist", _INSTALLED)),
    ),
)


class Parameters(DataParameters):
    """There is nothing to choose."""

    TRAINING_IMAGES = 60_000
    SHAPE = (1, 28, 28)


def load(root: Path | None, parameters: Parameters, work: Path) -> Dataset:
    """Data root, system folder, torchvision, Debian's package: the first that has the data whole."""
    return load_set(SET, root, work)
