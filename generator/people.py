"""Who the users are: the same people in every stream, a busy few of them behind most events.

Nobody is kept in memory: what is known of user n is worked out from n.
"""

from random import Random
from typing import TypeVar

from generator.countries import COUNTRIES, Country

_QUARTER, _HALF = 0.25, 0.5
_TABLE = 4_096
_SPREAD = 2_654_435_761  # Knuth's multiplier: neighbours get different places of a table

Choice = TypeVar("Choice")


class People:
    """`users` people with a country each, the busiest first.

    Half of all events are by anybody, a quarter by the busiest tenth of the users, and a quarter by
    the busiest hundredth: so 1 % of them make 28 %, and yet everybody is seen sooner or later.
    """

    def __init__(self, seed: int, users: int) -> None:
        self._users = users
        self._tenth, self._hundredth = users / 10, users / 100
        weights = [country.weight for country in COUNTRIES]
        self._countries = Random(seed).choices(COUNTRIES, weights, k=_TABLE)

    def somebody(self, draw: float) -> int:
        """Choose a user by a uniform random number from [0, 1)."""
        if draw >= _HALF:
            return int((draw - _HALF) / _HALF * self._users)
        if draw >= _QUARTER:
            return int((draw - _QUARTER) / _QUARTER * self._tenth)
        return int(draw / _QUARTER * self._hundredth)

    def country(self, user: int) -> Country:
        return self._countries[user * _SPREAD % _TABLE]


def user_id(user: int) -> bytes:
    return b"user_%07d" % user
