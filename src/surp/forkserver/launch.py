"""Starting the server for the time of a run, and the command that its clients are."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

SOCKET = Path(".snakemake/forkserver")
PATIENCE = 60.0
"""Seconds until the libraries are loaded."""
_started: list[subprocess.Popen[bytes]] = []
"""Kept, because the server ends when the pipe to it is closed."""


def client_command(socket: Path = SOCKET) -> list[str]:
    """What stands for `surp` in a shell command; it is the plain program where no server listens."""
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("client.py")), str(socket)]


def start(socket: Path = SOCKET) -> None:
    """Start the server and wait until it listens; it ends when the pipe to it does, with this process."""
    program = Path(sys.executable).with_name("surp")
    log = socket.with_suffix(".log")
    with log.open("w") as stream:
        server = subprocess.Popen([program, "forkserver", socket], stdin=subprocess.PIPE, stdout=stream, stderr=stream)
    _started.append(server)
    deadline = time.monotonic() + PATIENCE
    while not socket.exists() and server.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if not socket.exists():
        print(f"the fork server did not start (see {log}); stages run by themselves", file=sys.stderr)
