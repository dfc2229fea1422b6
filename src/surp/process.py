"""Which process of which machine holds something, written so that others can tell whether it still runs."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ProcessState = Literal["runs", "ended", "elsewhere"]


@dataclass(frozen=True)
class Process:
    """host: name of the machine; machine, boot: its number and that of its last start; namespace: of process numbers
    (a container has its own); started: when the process did, in the kernel's clock. "" is what cannot be known."""

    host: str
    machine: str
    boot: str
    namespace: str
    pid: int
    started: str

    def state(self) -> ProcessState:
        """Whether it runs, as far as this process can see: only on the same machine, and in the same container."""
        here = this_process()
        if self.host != here.host:
            return "elsewhere"
        if self.boot != here.boot:  # a proof only if the name is not that of two machines
            return "ended" if self.machine and self.machine == here.machine else "elsewhere"
        if self.namespace != here.namespace:
            return "elsewhere"
        started = _started(self.pid)
        if started is None:
            return "ended"
        return "runs" if started == self.started or "" in (started, self.started) else "ended"

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def this_process() -> Process:
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    boot = _read("/proc/sys/kernel/random/boot_id")
    pid = os.getpid()
    return Process(socket.gethostname(), _read("/etc/machine-id"), boot, namespace, pid, _started(pid) or "")


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When process `pid` of this machine started, "" if that cannot be seen; None if it has ended."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if fields:
        return None if fields[0] in "ZX" else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:  # another user's, which this machine does not show
        pass
    return ""
