"""Every coder of the folder, by name: a new file is tested without a test edit."""

from __future__ import annotations

import pytest

from surp import registry
from surp.errors import ParameterError


@pytest.fixture(scope="session", params=registry.names("coders"))
def coder(request: pytest.FixtureRequest) -> str:
    """A coder's name. One whose environment is not there says so, and is skipped with its own words."""
    try:
        registry.load("coders", request.param).warm_up()
    except ParameterError as error:
        pytest.skip(str(error))
    return request.param
