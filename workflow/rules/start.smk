# Before the first job: who runs this is recorded. Before jobs on a SLURM cluster: the checks that submit nothing, so that
# a mistake costs a second and not a queue.
import os

from surp.cluster.examination import report as report_cluster
from surp.cluster.profile import has_gpu, named_profile
from surp.cluster.requests import RoundWork


def prepare_local():
    """For jobs on this machine."""
    engine.lift_job_rate(workflow)
    if CONFIG.forkserver:
        launch.start()
    if has_gpu() and not engine.asks_for_gpu(workflow):
        print("this machine has a GPU; to compute on it: snakemake --profile profiles/gpu", file=sys.stderr)


def examine_cluster():
    """The one that jobs go to, by the profile; nothing with a profile of another kind."""
    if profile := named_profile(sys.argv[1:], os.environ):
        try:
            report_cluster(profile, RoundWork.of(CONFIG), Path.cwd(), None)
        except SurpError as error:
            raise WorkflowError(f"surp doctor: {error}") from None


onstart:
    RUN.begin()
    gc.freeze()  # what was planned stays to the end
    gc.enable()
    if engine.executor(workflow) == "local":
        prepare_local()
    elif engine.executor(workflow) == "slurm":
        examine_cluster()


onerror:
    print("a table of what is there, and a list of what is missing: snakemake partial", file=sys.stderr)
