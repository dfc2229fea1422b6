"""Data that Debian packages, fetched with `apt-get download`: no root rights, no prepared package lists.

apt gets lists and cache folders of its own inside the work folder, so the system's are neither read nor changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from surp.data.sources import SourceError

_UPDATE_SECONDS = 120
_DOWNLOAD_SECONDS = 900
_CONNECT_SECONDS = 5


def download(package: str, folder: str, work: Path) -> Path:
    """Unpack Debian's `package` under `work` and return its `folder` (absolute path inside the package)."""
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise SourceError(f"no program {program} here (not a Debian-like system)")
    base = (work / "apt").resolve()
    for name in ("lists/partial", "cache/archives/partial", "unpacked"):
        (base / name).mkdir(parents=True, exist_ok=True)
    apt_get = ["apt-get", "-q", *_options(base)]
    updated = _run("apt-get update", [*apt_get, "update"], base, _UPDATE_SECONDS)
    # `update` succeeds without a network, so its complaint is kept for the message of the step that fails.
    _run("apt-get download", [*apt_get, "download", package], base, _DOWNLOAD_SECONDS, before=updated)
    archive = max(base.glob(f"{package}_*.deb"), default=None)
    if archive is None:
        raise SourceError(f"apt-get download {package} left no file")
    _run("dpkg-deb", ["dpkg-deb", "-x", str(archive), str(base / "unpacked")], base, _UPDATE_SECONDS)
    return base / "unpacked" / folder.lstrip("/")


def _options(base: Path) -> list[str]:
    settings = {
        "Dir::State::lists": str(base / "lists"),
        "Dir::Cache": str(base / "cache"),
        "Acquire::Retries": "0",
        "Acquire::http::Timeout": str(_CONNECT_SECONDS),
        "Acquire::https::Timeout": str(_CONNECT_SECONDS),
        "Acquire::Languages": "none",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _run(what: str, command: Sequence[str], folder: Path, seconds: int, before: str = "") -> str:
    """Run a program; return the first error it printed, else the first warning, else nothing."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"{what}: no end after {seconds} s") from None
    lines = [line.strip() for line in done.stdout.splitlines()]
    said = next((line for sign in ("E:", "dpkg", "W:") for line in lines if line.startswith(sign)), "")
    if done.returncode != 0:
        reason = " / ".join(filter(None, (said, before))) or "it said nothing"
        raise SourceError(f"{what}: exit status {done.returncode}: {reason}")
    return said
