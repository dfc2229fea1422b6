"""What is asked of Snakemake's own objects is there, in the version that was tried."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

from snakemake import api
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.settings.types import DeploymentMethod, DeploymentSettings, ResourceSettings

from surp.plan import engine


def test_snakemake_has_what_is_asked_of_it():
    for name in ("is_main_process", "executor_plugin", "scheduler"):
        assert isinstance(inspect.getattr_static(api.Workflow, name), property), name
    assert "self.job_rate_limiter is not None" in inspect.getsource(JobScheduler)


def test_settings_are_read():
    workflow = SimpleNamespace(
        deployment_settings=DeploymentSettings(deployment_method={DeploymentMethod.CONDA}),
        resource_settings=ResourceSettings(overwrite_resources={"pretrain": {"gpu": 1}}),
    )
    assert engine.uses_conda(workflow)
    assert engine.asks_for_gpu(workflow)
    plain = SimpleNamespace(
        deployment_settings=DeploymentSettings(), resource_settings=ResourceSettings(overwrite_resources={})
    )
    assert not engine.uses_conda(plain)
    assert not engine.asks_for_gpu(plain)
