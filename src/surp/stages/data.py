from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.option_types import Settings
from surp.command_line.options import choices, parse_settings, say


def data(
    name: Annotated[str, typer.Argument(help="Name of the data set, for the record.")],
    train: Annotated[Path, typer.Option(help="Training split to write.")],
    test: Annotated[Path, typer.Option(help="Test split to write; only `evaluate` is ever given it.")],
    kind: Annotated[str, typer.Option(help=choices("Reader, unless NAME is one", "datasets"))] = "",
    root: Annotated[Path | None, typer.Option(help="Folder with data sets; else SURP_DATA.")] = None,
    settings: Settings = None,
) -> None:
    """Fetch a data set, verify its checksums, and write training and test split as two files.

    Sources are tried in order: the data root, the system's folders, a download.

    Example: surp data fashion_mnist --train train.safetensors --test test.safetensors
    """
    from surp import registry
    from surp.data import write_dataset
    from surp.errors import DataError
    from surp.files import locked

    reader = registry.load("datasets", kind or name)
    parameters = reader.Parameters.parse(parse_settings(settings), f"datasets.{name}")
    chosen = root or (Path(os.environ["SURP_DATA"]) if os.environ.get("SURP_DATA") else None)
    with locked(train), tempfile.TemporaryDirectory(prefix="surp-data-") as work:
        dataset = replace(reader.load(chosen, parameters, Path(work)), name=name)
        if (images := len(dataset.train.labels)) != (parameters.training_images or images):
            raise DataError(f"{name}: {images} training images; its reader declares {parameters.training_images}")
        write_dataset(dataset, train, test)
    say(
        f"{name}: {len(dataset.train.labels)} training and {len(dataset.test.labels)} test images of "
        f"{dataset.train.images.shape[1:]}, {len(dataset.classes)} classes: {dataset.source}"
        + (f", from {dataset.origin}" if dataset.origin else "")
    )
