"""What an edge remembers of those who knock: a bounded number, however many there are."""

import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from edge.addresses import ClientAddresses
from edge.gate import Gate
from edge.keys import KeyRing, hash_of
from edge.limits import RateLimit
from edge.messages import Request
from edge.problems import Problem

KEYS = f"keys: [{{name: tv, sha256: {hash_of('right')}}}]"
MANY = 10_000


@dataclass
class Knock:
    """A request of some address with some key, as granian tells of it."""

    client: str
    headers: dict[str, str]
    method: str = "POST"
    path: str = "/v1/events/content_sessions"
    query_string: str = ""


@dataclass
class Nobody:
    """A channel that nothing is read from."""

    sent: list[Any] = field(default_factory=list)


def knock(gate: Gate, number: int) -> int:
    """Have one client try a key that nobody has; give the status that it gets."""
    scope: Any = Knock("192.0.2.1:1", {"authorization": f"Bearer hr_{number}"})
    channel: Any = Nobody()
    try:
        gate.admit(Request(scope, channel))
    except Problem as problem:
        return problem.status
    return 200


def gate(rate: int, most: int) -> Gate:
    keys = KeyRing(KEYS, None)
    keys.load()
    return Gate(keys, ClientAddresses([]), rate, 1, most=most)


def test_keys_without_end_do_not_fill_the_memory() -> None:
    guarded = gate(rate=MANY, most=MANY)
    assert knock(guarded, 0) == 401
    before = sys.getallocatedblocks()

    answers = {knock(guarded, number) for number in range(MANY)}

    assert answers <= {401, 429}
    assert sys.getallocatedblocks() - before < MANY / 10


def test_clients_without_end_do_not_fill_the_memory() -> None:
    limit = RateLimit(100, 1_000, remembered=1_000)
    for number in range(2_000):
        limit.charge(f"client-{number}", 1)
    before = sys.getallocatedblocks()

    for number in range(MANY):
        limit.charge(f"other-{number}", 1)

    assert sys.getallocatedblocks() - before < MANY / 10


def test_who_guesses_on_and_on_is_told_to_wait() -> None:
    guarded = gate(rate=1, most=100)

    answers = [knock(guarded, 1) for _ in range(150)]

    assert answers[:100] == [401] * 100
    assert answers[-1] == 429


def test_a_slow_keys_burst_is_as_large_as_a_body_may_be() -> None:
    limit = RateLimit(5, 1_000)

    limit.charge("tv", 12)
    limit.charge("tv", 988)
    with pytest.raises(Problem, match="429") as waiting:
        limit.charge("tv", 1_000)

    assert waiting.value.headers[0][0] == "retry-after"
    assert 190 < int(waiting.value.headers[0][1]) <= 200
