# Before a run: who runs it is recorded, and garbage is collected again (see common.smk). Before one on a SLURM cluster:
# the checks that submit nothing, so that a mistake costs a second and not a queue.
import gc
import os

from surp.cluster.examination import report as report_cluster
from surp.cluster.profile import has_gpu, named_profile
from surp.cluster.requests import Work


def examine_cluster():
    """Examine the cluster that jobs go to; nothing where they run here or with a profile of another kind."""
    profile = named_profile(sys.argv[1:], os.environ)
    if workflow.executor_plugin.name != "slurm" or not profile:
        return
    try:
        report_cluster(profile, Work.of(CONFIG), Path.cwd(), None)
    except SurpError as error:
        raise WorkflowError(f"surp doctor: {error}") from None


def hint_at_gpu():
    """One line where the machine that jobs run on has a GPU and none of them asks for it."""
    asked = workflow.resource_settings.overwrite_resources.values()
    if workflow.executor_plugin.name == "local" and has_gpu() and not any("gpu" in one for one in asked):
        print("this machine has a GPU; to compute on it: snakemake --profile profiles/gpu", file=sys.stderr)


onstart:
    RUN.begin()
    gc.freeze()  # what was planned stays to the end
    gc.enable()
    # Where jobs run here, a limit of jobs per second has no use, and Snakemake 9 pays for its default with one more timer
    # for every job that has ended, each of which looks at all ready jobs every second: of thousands of jobs a core is lost.
    if workflow.executor_plugin.name == "local":
        workflow.scheduler.job_rate_limiter = None
    start_forkserver()
    examine_cluster()
    hint_at_gpu()
