"""The broker or the database is killed at 20,000 events/s: workers wait, and lose nothing.

Nor do they grow: a round in which a worker needs too much memory has a problem.
"""

from random import Random

import pytest

from devstack.engines import Kafka, Postgres
from tests.chaos import faults
from tests.chaos.rounds import play
from tests.chaos.stage import Stage

pytestmark = pytest.mark.acceptance

AWAY_SECONDS = 10


def test_the_database_is_killed_and_stays_away(
    fast_stage: Stage, mortal_postgres: Postgres
) -> None:
    fault = faults.away(mortal_postgres, AWAY_SECONDS)

    outcome = play(fast_stage, "the database away", fault, Random(1))

    assert not outcome.problems, "\n".join(outcome.problems)
    assert outcome.lag > AWAY_SECONDS * fast_stage.load.events_per_second / 2


def test_the_broker_is_killed(fast_stage: Stage, mortal_kafka: Kafka) -> None:
    outcome = play(fast_stage, "the broker", faults.away(mortal_kafka), Random(2))

    assert not outcome.problems, "\n".join(outcome.problems)
