"""An ear for every test."""

import pytest

from tests.agents.doubles import RecordingObserver


@pytest.fixture
def ear() -> RecordingObserver:
    return RecordingObserver()
