"""MNIST: 60,000 + 10,000 handwritten digits, 28 x 28 grey, 10 classes (LeCun et al., Proc. IEEE 86(11), 1998)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from surp.data import from_torchvision
from surp.data.dataset import Dataset
from surp.data.idx_set import IdxSet, load_set
from surp.data.parameters import DataParameters

TITLE = "MNIST"
_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz",
    "http://yann.lecun.com/exdb/mnist/train-labels-idx1-ubyte.gz",
)

SET = IdxSet(
    name="mnist",
    title=TITLE,
    classes=tuple("0123456789"),
    checksums={
        "published original": (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        # A lossless copy used where the original cannot be downloaded: the same images and labels, each split in
        # one fixed other order. Accuracies are comparable; a validation split of one seed holds other images.
        "same images in a fixed shuffled order": (
            "18c9a46dfe34b52c1ae068e5d0a06db112d840cddb221deaaaeca60b93096bcd",
            "a7a000f88acebef0832bb44faca0f9aa7b5914ef31ff773787accd422e257c35",
            "ebd9debcd526107f6e47df2bb5e4ff5df7f621a728ea2e1c3f8d5a835e407576",
            "00ba07834c1c2bf01894b4f28fee9240e83dc2ec7c7819e1f3b7679aad24d4af",
        ),
    },
    folders=("mnist", "MNIST/raw", "MNIST"),
    system=(Path("/usr/share/datasets/mnist"), Path("/usr/local/share/datasets/mnist")),
    downloads=(("torchvision's download", partial(from_torchvision.download_set, "MNIST", _MIRRORS)),),
)


class Parameters(DataParameters):
    """There is nothing to choose."""

    TRAINING_IMAGES = 60_000
    SHAPE = (1, 28, 28)


def load(root: Path | None, parameters: Parameters, work: Path) -> Dataset:
    """Data root, system folder, torchvision: the first that has the data whole."""
    return load_set(SET, root, work)
