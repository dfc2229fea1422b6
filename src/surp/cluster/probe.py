"""What a tiny job sees on its node: `python -m surp.cluster.probe FOLDER` writes FOLDER/probe.json."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from pydantic import ConfigDict

from surp.files import read_bytes, write_json
from surp.parameters import Frozen

QUESTION = "question"
ANSWER = "probe.json"


class Seen(Frozen):
    """token: what the login node wrote into the folder; torch_gpus: names of the GPUs that torch can use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    token: str
    free_gb: float
    scratch_gb: float
    cuda_visible_devices: str | None
    torch: str
    torch_gpus: tuple[str, ...]


def look(folder: Path) -> Seen:
    """Everything at once, on the machine that this runs on."""
    import torch

    gpus = range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    return Seen(
        host=socket.gethostname(),
        token=read_bytes(folder / QUESTION).decode(),
        free_gb=shutil.disk_usage(folder).free / 1e9,
        scratch_gb=shutil.disk_usage(tempfile.gettempdir()).free / 1e9,
        cuda_visible_devices=os.environ.get("CUDA_VISIBLE_DEVICES"),
        torch=torch.__version__,
        torch_gpus=tuple(torch.cuda.get_device_name(i) for i in gpus),
    )


if __name__ == "__main__":
    place = Path(sys.argv[1])
    write_json(place / ANSWER, look(place).settings())
