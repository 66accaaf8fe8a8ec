"""Statuses: 410 stops a session, 429 and 503 bring it back, all else is taken."""

import pytest

from edge.cmcd.answers import STOP, TAKEN, Answer, after_kafka, before_kafka


@pytest.mark.parametrize(
    ("sessions", "is_limited", "expected"),
    [
        pytest.param(["gone"], False, STOP, id="all are to stop"),
        pytest.param(["gone"], True, STOP, id="to stop goes before to wait"),
        pytest.param(["gone", "s-1"], False, None, id="one goes on"),
        pytest.param([], False, None, id="no line was good"),
        pytest.param(["s-1"], True, Answer(429, 5), id="too many"),
    ],
)
def test_what_is_answered_at_once(
    sessions: list[str], expected: Answer | None, *, is_limited: bool
) -> None:
    found = before_kafka(sessions, is_stopped={"gone"}.__contains__, is_limited=is_limited)

    assert found == expected


def test_only_what_kafka_has_is_taken() -> None:
    assert after_kafka(has_taken=True) == TAKEN
    assert after_kafka(has_taken=False) == Answer(503, 5)
    assert after_kafka(has_taken=True, is_under_way=True, retry_after=2) == Answer(503, 2)
