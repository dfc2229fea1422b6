"""The daemons of the test cluster: configured in a folder, started in order, waited for, stopped."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "etc"
NODES = ("cpu", "gpu")
PORTS = ("controller_port", "cpu_port", "gpu_port", "accounting_port", "database_port")
ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort=$accounting_port
AccountingStoragePass=$folder/munge.socket
AccountingStorageEnforce=associations
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
"""
ACCOUNT = "research"


class ClusterError(Exception):
    """A daemon that did not come up; the message ends with its log."""


def configure(folder: Path, accounting: bool) -> dict[str, str]:
    """Write the configuration and munge's key; returns the values of its placeholders."""
    values = {"folder": str(folder), **dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))}
    text = ACCOUNTING if accounting else "AccountingStorageType=accounting_storage/none\n"
    values["accounting"] = Template(text).substitute(values)
    etc = folder / "etc"
    etc.mkdir()
    (folder / "state").mkdir()
    for template in TEMPLATES.iterdir():
        path = etc / template.name
        path.write_text(Template(template.read_text()).substitute(values))
        path.chmod(0o600 if template.name == "slurmdbd.conf" else 0o644)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(64))
    key.chmod(0o400)
    return values


@contextlib.contextmanager
def running(folder: Path, accounting: bool) -> Iterator[None]:
    """The cluster while the block runs. Must be called in mount and process namespaces of its own."""
    values = configure(folder, accounting)
    Path("/etc/slurm").mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", str(folder / "etc"), "/etc/slurm"], check=True)
    with contextlib.ExitStack() as stack:
        start = lambda name, *command: stack.enter_context(_daemon(folder, name, command))  # noqa: E731
        munge = [f"--{kind}={folder}/munge{end}" for kind, end in _MUNGE.items()]
        start("munged", "munged", "--foreground", "--force", *munge)
        _wait(folder, "munged", lambda: (folder / "munge.socket").exists())
        if accounting:
            _start_accounting(folder, values, start)
        start("slurmctld", "slurmctld", "-D")
        _wait(folder, "slurmctld", lambda: "UP" in _output("scontrol", "ping"))
        for node in NODES:
            start(f"slurmd.{node}", "slurmd", "-D", "-N", node)
        _wait(
            folder,
            "slurmd.gpu",
            lambda: _output("sinfo", "-h", "-N", "-p", "main,gpu", "-t", "idle").count("idle") == 2,
        )
        yield


_MUNGE = {
    "socket": ".socket",
    "key-file": ".key",
    "pid-file": ".pid",
    "log-file": ".own.log",
    "seed-file": ".seed",
}


def _start_accounting(folder: Path, values: dict[str, str], start: Callable[..., object]) -> None:
    """MariaDB, slurmdbd, and one account that root may charge."""
    data = folder / "mysql"
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root", "--skip-test-db"]
    install += ["--auth-root-authentication-method=normal"]
    subprocess.run(install, check=True, capture_output=True)
    socket_option = f"--socket={folder}/mysql.socket"
    place = [f"--datadir={data}", socket_option, f"--port={values['database_port']}", "--bind-address=127.0.0.1"]
    start("mariadbd", "mariadbd", "--no-defaults", "--user=root", *place, "--innodb-buffer-pool-size=64M")
    _wait(folder, "mariadbd", lambda: "1" in _output("mariadb", socket_option, "-e", "select 1"))
    grant = "create user slurm@127.0.0.1 identified by 'slurm'; grant all on slurm.* to slurm@127.0.0.1;"
    subprocess.run(["mariadb", socket_option, "-e", grant], check=True)
    start("slurmdbd", "slurmdbd", "-D")
    _wait(folder, "slurmdbd", lambda: "Cluster" in _output("sacctmgr", "show", "cluster"))
    for entity in (["cluster", "surp"], ["account", ACCOUNT], ["user", "root", f"account={ACCOUNT}"]):
        subprocess.run(["sacctmgr", "-i", "add", *entity], check=True, capture_output=True)


@contextlib.contextmanager
def _daemon(folder: Path, name: str, command: tuple[str, ...]) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(folder: Path, name: str, ready: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise ClusterError(
                f"{name} did not come up in {seconds:.0f} s:\n{(folder / f'{name}.log').read_text()[-2000:]}"
            )
        time.sleep(0.2)


def _output(*command: str) -> str:
    return subprocess.run(command, text=True, capture_output=True, check=False).stdout


def _free_ports(count: int) -> list[str]:
    """Ports that are free now, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [str(item.getsockname()[1]) for item in sockets]
