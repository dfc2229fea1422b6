"""A one-machine SLURM for the time of one command: `python tests/cluster/with_slurm.py [--accounting] -- COMMAND`.

Needs root and Debian's packages, no systemd. A cluster that is configured on the machine is neither seen nor
touched: /etc/slurm is another folder in a mount namespace of our own, and ports, spool, state and munge's socket
and key are ours. A process namespace of our own ends every daemon and every job with the command.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from daemons import running

NEEDED = {"unshare": "util-linux", "munged": "munge", "slurmctld": "slurm-wlm", "slurmd": "slurm-wlm"}
ACCOUNTING = {"slurmdbd": "slurmdbd", "mariadbd": "mariadb-server"}
INSIDE = "SURP_CLUSTER_INSIDE"


def obstacles(accounting: bool) -> list[str]:
    """Why this machine cannot run the cluster; empty if it can."""
    if os.geteuid() != 0:
        return ["it needs root (for mount and process namespaces and for munge)"]
    needed = {**NEEDED, **(ACCOUNTING if accounting else {})}
    missing = sorted({package for program, package in needed.items() if not shutil.which(program)})
    found = [f"packages are missing: apt-get install {' '.join(missing)}"] if missing else []
    if shutil.which("unshare"):
        trial = subprocess.run([*_unshare(), "true"], text=True, capture_output=True, check=False)
        if trial.returncode:
            found.append(f"it may not make namespaces: {trial.stderr.strip()}")
    return found


def _unshare() -> list[str]:
    return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]


def _first_process(command: list[str], accounting: bool, folder: Path) -> int:
    """Process 1 of the namespace: reaps orphans, whose zombies would keep their jobs from ending."""
    worker = os.fork()
    if worker == 0:
        with contextlib.suppress(KeyboardInterrupt):
            os._exit(_inside(command, accounting, folder))
        os._exit(130)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: _pass_on(worker, received))
    while True:
        child, status = os.wait()
        if child == worker:
            return os.waitstatus_to_exitcode(status) % 256


def _pass_on(worker: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(worker, number)


def _inside(command: list[str], accounting: bool, folder: Path) -> int:
    with running(folder, accounting):
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("SLURM", "SBATCH"))},
            "SURP_CLUSTER": str(folder),
            "SURP_CLUSTER_ACCOUNTING": "1" if accounting else "",
        }
        return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounting", action="store_true", help="with slurmdbd and MariaDB")
    parser.add_argument("--check", action="store_true", help="only say whether this machine can run it")
    parser.add_argument("command", nargs="*", help="what to run (after --)")
    options = parser.parse_args()
    if folder := os.environ.pop(INSIDE, None):
        return _first_process(options.command, options.accounting, Path(folder))
    if found := obstacles(options.accounting):
        print(f"This machine cannot run the test cluster: {'; '.join(found)}", file=sys.stderr)
        return 1
    if options.check:
        return 0
    # munge wants a folder that others can read; its socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="surp-slurm-", dir="/tmp", ignore_cleanup_errors=True) as work:
        Path(work).chmod(0o755)
        environment = {**os.environ, INSIDE: work}
        return subprocess.run([*_unshare(), sys.executable, *sys.argv], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
