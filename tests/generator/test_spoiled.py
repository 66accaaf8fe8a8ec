"""Every kind of bad record ends as the dead letter that it says."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.catalog import Catalog
from generator.records import heartbeat
from generator.sessions import begin
from generator.spoiled import KINDS, Kind
from generator.times import DAY
from tests.generator.decoding import decode

CATALOG = Catalog(seed=1)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
@given(
    seed=st.integers(),
    time=st.integers(1_000_000_000_000, 3_000_000_000_000),
    behind=st.integers(0, 30 * DAY),
)
@settings(max_examples=20, deadline=None)
def test_a_bad_record_is_refused_with_its_reason(
    kind: Kind, seed: int, time: int, behind: int
) -> None:
    good = heartbeat(time, begin(Random(seed), CATALOG, time))

    bad = kind.of(good)

    decoded = decode([bad], timestamp=time + behind)
    assert [letter.reason for letter in decoded.dead_letters] == [bad.outcome]
    assert not decoded.offsets


def test_kinds_have_names_of_their_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
