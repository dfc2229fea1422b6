"""Models and data travel: push to a remote, clone elsewhere, pull, and nothing has to be computed."""

from __future__ import annotations

import boto3
import pytest
from moto.server import ThreadedMotoServer

pytestmark = pytest.mark.workflow


@pytest.fixture
def s3(monkeypatch):
    """The address of an empty S3 server on the loopback interface, with one bucket, `models`."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
    client.create_bucket(Bucket="models")
    yield address, client
    server.stop()


def restored(clone, kept):
    """Pull into a clone without data or earlier results: it has the suite, and nothing to do but to show it."""
    assert clone.contents("**/*.surp") == {}
    clone.dvc("pull", "--allow-missing")
    assert clone.kept() == kept
    assert clone.pending() == {"view", "all"}
    assert "Running stage 'view'" in clone.dvc("repro")
    assert clone.pending() == set()


def test_a_clone_pulls_everything_from_a_folder_and_runs_what_a_change_reaches(history, nowhere, tmp_path):
    repository = history.repository
    repository.dvc("remote", "add", "--local", "--default", "--force", "store", str(tmp_path / "store"))
    repository.dvc("push", "--all-tags")
    clone = repository.clone(tmp_path / "clone", nowhere)
    clone.dvc("remote", "add", "--local", "--default", "store", str(tmp_path / "store"))
    restored(clone, history.kept_two)
    assert "no mismatch in 1 suite" in clone.run("surp", "verify", "results/")

    clone.set("quantizers", "uniform", {"step_rel": 0.5})
    assert clone.pending() >= {"prune", "finetune", "quantize", "encode"}  # from the dense networks, which are there
    assert not clone.pending() & {"data", "pretrain"}
    clone.git("checkout", "--quiet", "--", "params.yaml")

    clone.git("checkout", "--quiet", "one")
    clone.dvc("pull", "--allow-missing")
    assert clone.kept() == history.kept_one
    assert clone.pending() == {"view", "all"}


def test_a_clone_pulls_everything_from_an_s3_server(history, nowhere, tmp_path, s3):
    address, client = s3
    repository = history.repository
    clone = repository.clone(tmp_path / "clone", nowhere)
    for each in (repository, clone):
        each.dvc("remote", "add", "--local", "--default", "--force", "store", "s3://models/surp")
        each.dvc("remote", "modify", "--local", "store", "endpointurl", address)
    repository.dvc("push")
    keys = {entry["Key"] for entry in client.list_objects_v2(Bucket="models")["Contents"]}
    assert keys
    assert all(key.startswith("surp/files/md5/") for key in keys)
    restored(clone, history.kept_two)
