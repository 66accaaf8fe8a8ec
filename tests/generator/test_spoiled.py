"""Every kind of bad record ends as the dead letter that it says."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.clients import Clients, Simulation
from generator.spoiling import Kind
from generator.streams import SIMULATED
from generator.times import DAY
from tests.generator.decoding import decode

TIMES = (1_000_000_000_000, 1_709_164_800_000, 1_795_341_900_123)  # one on February 29
ALL = [(stream, kind) for stream, simulated in SIMULATED.items() for kind in simulated.kinds]


@cache
def clients(stream: str, time: int) -> Clients:
    """Make clients, which know no way back in time."""
    return SIMULATED[stream].clients(Simulation(1, 1, start=time))


@pytest.mark.parametrize(
    ("stream", "kind"),
    [pytest.param(stream, kind, id=f"{stream}: {kind.name}") for stream, kind in ALL],
)
@given(
    time=st.sampled_from(TIMES),
    behind=st.integers(0, 30 * DAY),
)
@settings(max_examples=10)
def test_a_bad_record_is_refused_with_its_reason(
    stream: str, kind: Kind, time: int, behind: int
) -> None:
    good = [clients(stream, time).record(time, 0) for _ in range(8)]  # whatever versions there are

    bad = [kind.of(record) for record in good]

    decoded = decode(stream, bad, timestamp=time + behind)
    assert {letter.reason for letter in decoded.dead_letters} == {kind.reason}
    assert len(decoded.dead_letters) == len(bad)


@pytest.mark.parametrize("stream", SIMULATED)
def test_what_one_kind_of_mistake_says_is_one_line_however_many_there_are(stream: str) -> None:
    kinds, time = SIMULATED[stream].kinds, TIMES[2]
    good = [clients(stream, time).record(time + second * 1_000, 0) for second in range(60)]

    letters = [
        letter
        for behind, record in enumerate(good)
        for letter in decode(
            stream, [kind.of(record) for kind in kinds], timestamp=time + behind * DAY
        ).dead_letters
    ]

    lines = Counter((letter.reason, letter.detail) for letter in letters)
    assert len(letters) == len(kinds) * len(good)
    # a version with other names, a cut within a character: a few say it in two ways
    assert len(lines) <= 1.5 * len(kinds), lines


@pytest.mark.parametrize("stream", SIMULATED)
def test_kinds_have_names_of_their_own(stream: str) -> None:
    kinds = SIMULATED[stream].kinds

    assert len({kind.name for kind in kinds}) == len(kinds)
