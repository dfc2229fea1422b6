# Before a run: who runs it is recorded, and garbage is collected again (see common.smk). Before one on a SLURM cluster: the checks that submit
# nothing, so that a mistake costs a second and not a queue.
import gc
import os

from surp.cluster.profile import named_profile


def examined():
    """The command that examines the cluster; "" where jobs do not go to SLURM or with a profile of another kind."""
    profile = named_profile(sys.argv[1:], os.environ)
    if workflow.executor_plugin.name != "slurm" or not profile:
        return ""
    files = max(
        len(CONFIG.suite.files(s, t)) for s in CONFIG.suite.seeds for p in CONFIG.schedules.values() for t in p.targets
    )
    return f"surp doctor --quick --files {files} --profile {shlex.quote(profile)}"


onstart:
    RUN.begin()
    gc.freeze()  # what was planned stays to the end
    gc.enable()
    # Where jobs run here, a limit of jobs per second has no use, and Snakemake 9 pays for its default with one more timer
    # for every job that has ended, each of which looks at all ready jobs every second: of thousands of jobs a core is lost.
    if workflow.executor_plugin.name == "local":
        workflow.scheduler.job_rate_limiter = None
    start_forkserver()
    if command := examined():
        shell(command)
