"""The process that is forked. It must have one thread whenever it forks: a lock that another one held would stay held.

A child is watched through its pidfd, so Linux only. It ends with its client: a signal that the client got is sent on,
and a client that is gone means SIGTERM.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import surp
from surp import registry
from surp.cli import main
from surp.errors import SurpError

KEPT_OUT = ("surp.__main__", "surp.forkserver", "surp.figures", "surp.report")
"""Not loaded beforehand: what ends the process, and what few stages of a suite need."""
PATIENCE = 10.0
"""Seconds for a request to arrive whole."""


@dataclass(frozen=True)
class Child:
    pid: int
    pidfd: int
    connection: socket.socket


def preload() -> None:
    """Import every module of surp and load the compiled kernels; torch's optimizers load their half at first use."""
    import torch

    from surp import codec

    for module in pkgutil.walk_packages(surp.__path__, "surp."):
        if not module.name.startswith(KEPT_OUT):
            importlib.import_module(module.name)
    for coder in registry.names("coders"):
        with suppress(SurpError):  # a coder whose environment is not there; the stage that needs it will say so
            codec.warm_up(coder)
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    if (threads := sum(1 for _ in Path("/proc/self/task").iterdir())) > 1:
        raise SurpError(f"the fork server has {threads} threads after loading the libraries, and must have one")
    gc.collect()
    gc.freeze()


def serve(path: Path, alive: int) -> None:
    """Fork for every client of the socket `path`, until the file descriptor `alive` ends and no stage runs any more."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(str(path))
        listener.listen(128)
        selector.register(listener, selectors.EVENT_READ)
        selector.register(alive, selectors.EVENT_READ)
        _loop(selector, listener, alive, path)


def _loop(selector: selectors.BaseSelector, listener: socket.socket, alive: int, path: Path) -> None:
    stopping = False
    while not (stopping and len(selector.get_map()) == 0):
        for key, _ in selector.select():
            if key.fileobj is listener:
                _accept(selector, listener)
            elif key.fileobj == alive:
                stopping = True
                path.unlink(missing_ok=True)  # now, not at the end: another server may be there by then
                selector.unregister(alive)
                selector.unregister(listener)
            elif isinstance(key.data, Child) and key.fileobj == key.data.pidfd:
                _reap(selector, key.data)
            elif key.data in [other.data for other in selector.get_map().values()]:
                _forward(selector, key.data)


def _accept(selector: selectors.BaseSelector, listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE)
    streams: list[int] = []
    try:
        size, streams, _, _ = socket.recv_fds(connection, 4, 3)
        request = json.loads(_receive(connection, int.from_bytes(size, "little")))
        pid = os.fork()
        if pid == 0:
            _close_all(selector, connection)
            _run(request, streams)
    except (OSError, ValueError) as error:  # the client is gone, or no client of ours
        print(f"surp forkserver: a request failed: {error}", file=sys.stderr, flush=True)
        connection.close()
        return
    finally:
        for stream in streams:
            os.close(stream)
    child = Child(pid, os.pidfd_open(pid), connection)
    selector.register(child.pidfd, selectors.EVENT_READ, child)
    selector.register(connection, selectors.EVENT_READ, child)


def _receive(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        if not (part := connection.recv(size - len(content))):
            raise OSError("the client closed")
        content += part
    return content


def _forward(selector: selectors.BaseSelector, child: Child) -> None:
    """A byte is the number of a signal that the client got; the end means that it is gone."""
    try:
        numbers = child.connection.recv(16)
    except OSError:
        numbers = b""
    if not numbers:
        selector.unregister(child.connection)
    for number in numbers or bytes([signal.SIGTERM]):
        with suppress(ProcessLookupError):
            os.kill(child.pid, number)


def _reap(selector: selectors.BaseSelector, child: Child) -> None:
    _, status = os.waitpid(child.pid, 0)
    selector.unregister(child.pidfd)
    os.close(child.pidfd)
    with suppress(KeyError):  # its client is gone
        selector.unregister(child.connection)
    with suppress(OSError):
        child.connection.send(os.waitstatus_to_exitcode(status).to_bytes(4, "little", signed=True))
    child.connection.close()


def _close_all(selector: selectors.BaseSelector, connection: socket.socket) -> None:
    """In the child: what only the server may hold open, so that the ends of clients are seen."""
    for key in list(selector.get_map().values()):
        os.close(key.fd)
    selector.close()
    connection.close()


def _run(request: dict[str, Any], streams: list[int]) -> None:
    """In the child: become the command. Never returns."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = ["surp", *request["words"]]
        code = _command()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _command() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
