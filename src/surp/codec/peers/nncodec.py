"""The environment of the peers (`make peers`), and nncodec run in it as a process of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from surp.codec.frame import wire
from surp.codec.peers import nncodec_driver as driver
from surp.errors import ParameterError, SurpError

VARIABLE, FOLDER = "SURP_PEERS", ".venv-peers"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_MEMORY, _BYTES_PER_ELEMENT = 1 << 30, 32
"""What a decoding process may map: numpy and nncodec themselves, and for each element."""
_SECONDS, _ELEMENTS_PER_SECOND = 120.0, 50_000
"""What it may take; nncodec decodes 20 million elements a second."""


class RunError(SurpError):
    """nncodec ended with an error: the last line of what it said."""


def python() -> Path:
    """The interpreter of the peers. Raises `ParameterError` if it is not there."""
    path = Path(os.environ.get(VARIABLE) or FOLDER).expanduser() / "bin" / "python"
    if not path.exists():
        raise ParameterError(
            f"coder nncodec: {path} is not there; `make peers` builds {FOLDER} in the project's folder, and "
            f"{VARIABLE} names the folder of the environment where it is another"
        )
    return path.absolute()


def encode(tensors: Mapping[str, NDArray[Any]], qp: int = driver.QP) -> bytes:
    """nncodec's bitstream of int32 tensors (as they are) and float32 ones (quantized)."""
    with tempfile.TemporaryDirectory(prefix="surp-") as folder:
        source, output = Path(folder, "tensors.npz"), Path(folder, "stream.nnc")
        driver.pack(source, tensors)
        _run(["encode", source, output, f"--qp={qp}"], None)
        return output.read_bytes()


def decode(stream: bytes, elements: int | None = None) -> dict[str, NDArray[Any]]:
    """Inverse of `encode`: int32 and float32. elements: how many there should be at most, else by the stream's size.

    The process may take memory and time for so many and not for more. Raises `RunError`.
    """
    allowed = min(wire.FREE_ELEMENTS + wire.ELEMENTS_PER_BYTE * len(stream), wire.MOST_ELEMENTS)
    most = allowed if elements is None else elements
    with tempfile.TemporaryDirectory(prefix="surp-") as folder:
        source, output = Path(folder, "stream.nnc"), Path(folder, "tensors.npz")
        source.write_bytes(stream)
        memory = _MEMORY + _BYTES_PER_ELEMENT * most
        _run(["decode", source, output, f"--memory={memory}"], _SECONDS + most / _ELEMENTS_PER_SECOND)
        if output.stat().st_size > memory:
            raise RunError("more came out than the stream can hold")
        return driver.unpack(output)


def _run(arguments: list[str | Path], seconds: float | None) -> None:
    """`-I`: the folder of the driver holds a module `nncodec` too, and nothing of this environment belongs there."""
    command = [str(word) for word in (python(), "-I", driver.__file__, *arguments)]
    try:
        run = subprocess.run(
            command,
            env={**os.environ, **dict.fromkeys(_THREADS, "1")},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RunError(f"not done after {seconds:.0f} s") from None
    if run.returncode:
        said = (run.stderr.strip() or f"exit status {run.returncode}").splitlines()[-1]
        raise RunError(said[:200])
