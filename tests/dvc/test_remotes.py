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


def restored(clone, history):
    """Whether a clone without data or earlier results has all of version two, and nothing left to do."""
    assert clone.contents("**/*.surp") == {}
    clone.dvc("pull")
    assert clone.contents("**/*") == history.two
    assert clone.nothing_to_do()
    assert "up to date" in clone.dvc("status")
    assert "Running stage" not in clone.dvc("repro")


def test_a_clone_pulls_everything_from_a_folder(history, nowhere, tmp_path):
    repository = history.repository
    repository.dvc("remote", "add", "--local", "--default", "--force", "store", str(tmp_path / "store"))
    repository.dvc("push", "--all-tags")
    clone = repository.clone(tmp_path / "clone", nowhere)
    clone.dvc("remote", "add", "--local", "--default", "store", str(tmp_path / "store"))
    restored(clone, history)

    clone.git("checkout", "--quiet", "one")
    clone.dvc("pull")
    assert clone.contents("**/*") == history.one
    assert clone.nothing_to_do()


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
    restored(clone, history)
