# `--config forkserver=true`: `surp` in the rules is the client of a process that keeps the libraries loaded, for jobs
# that run on this machine. What Snakemake measures of such a job is right in seconds, not in memory.
import subprocess
import time

SOCKET = ".snakemake/forkserver"
CLIENT = Path(workflow.basedir) / "src" / "surp" / "forkserver" / "client.py"

if CONFIG.forkserver:
    if DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method:
        raise WorkflowError("forkserver=true runs stages in this environment, --use-conda in others: leave one out")
    words = shlex.join([sys.executable, "-I", "-S", str(CLIENT), SOCKET])
    path = shlex.quote(str(Path(sys.executable).parent))
    # Braces are doubled twice: for Python here, and for Snakemake, which formats what it is given.
    shell.prefix(f'set -euo pipefail; export PATH={path}:$PATH; surp() {{{{ {words} "$@"; }}}}; ')


def start_forkserver(patience=60):
    """Start it where jobs run here; it ends when the pipe to it does, with this process. Without one, clients run
    the stages themselves."""
    if not CONFIG.forkserver or workflow.executor_plugin.name != "local":
        return
    program = Path(sys.executable).with_name("surp")
    with open(f"{SOCKET}.log", "w") as log:
        server = subprocess.Popen([program, "forkserver", SOCKET], stdin=subprocess.PIPE, stdout=log, stderr=log)
    for _ in range(10 * patience):
        if Path(SOCKET).exists() or server.poll() is not None:
            break
        time.sleep(0.1)
    if not Path(SOCKET).exists():
        print(f"the fork server did not start (see {SOCKET}.log); stages run by themselves", file=sys.stderr)
