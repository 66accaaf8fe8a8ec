"""An ear for every test."""

import pytest

from tests.agents.doubles import Ear


@pytest.fixture
def ear() -> Ear:
    return Ear()
