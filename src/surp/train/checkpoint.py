"""A training's own checkpoint: what a killed run resumes from. Never a declared output of a rule."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from pickle import UnpicklingError  # only the name of the refusal: weights_only unpickles no objects
from typing import Any

import torch

from surp.files import write_bytes

Training = dict[str, Any]


def write_training(path: Path, content: Training) -> None:
    """Write atomically; `content` is tensors and plain values only."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def read_training(path: Path, fingerprint: str) -> Training | None:
    """The checkpoint, if there is one of the same training (`fingerprint`); no pickle is executed.

    One of another recipe, data set or seed, or one that cannot be read, is set aside with a line on stderr.
    """
    if not path.is_file():
        return None
    try:
        content: Training = torch.load(path, weights_only=True, map_location="cpu")
    except (UnpicklingError, RuntimeError, OSError, EOFError, ValueError) as error:
        reason = str(error).partition("\n")[0][:80]
        print(f"checkpoint {path} cannot be read ({reason}); training starts anew", file=sys.stderr, flush=True)
        return None
    if not isinstance(content, dict) or content.get("fingerprint") != fingerprint:
        print(f"checkpoint {path} is of another training; training starts anew", file=sys.stderr, flush=True)
        return None
    return content
