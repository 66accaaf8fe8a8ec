"""What heartbeats say of viewers' experience, in numbers that add up: counts, sums and buckets.

A ratio, a mean or a quantile does not add up over CDNs, partitions or minutes; these do, and the
views make the others of them. Quantiles come from fixed buckets, each twice as wide as the one
before: exact counts, so that a quantile of any sum of windows is right to within its bucket. An
event that does not say something (of an older player) counts in nothing that is made from it.
"""

from dataclasses import dataclass
from itertools import pairwise

from models.windows import Measure, Sum

STARTUP_MS = (0, 250, 500, 1_000, 2_000, 4_000, 8_000)
THROUGHPUT_KBPS = (0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
"""Where each bucket begins; the last one has no end. The migration that made their columns has the
same numbers, and tests/db/test_quality.py holds the two together."""


def or_nothing(value: int | None) -> int:
    return value or 0


def is_said(value: int | None) -> int:
    return value is not None


def is_some(value: int | None) -> int:
    return bool(value)


def of_said(seconds: int, said: int | None) -> int:
    return 0 if said is None else seconds


def of_some(seconds: int, said: int | None) -> int:
    return seconds if said else 0


@dataclass(frozen=True, slots=True)
class IsFrom:
    """Say whether a value is in a bucket: from `first` to below `end`."""

    first: int
    end: float

    def __call__(self, value: int | None) -> int:
        return value is not None and self.first <= value < self.end


def _buckets(name: str, column: str, begins: tuple[int, ...]) -> list[Measure]:
    made: list[Measure] = []
    for first, end in pairwise((*begins, float("inf"))):
        below = "" if end == float("inf") else f" AND {column} < {end}"
        made.append(
            Sum(
                f"{name}_from_{first}",
                of=(column,),
                value=IsFrom(int(first), end),
                sql=f"coalesce({column} >= {first}{below}, false)::int",
            )
        )
    return made


QUALITY: tuple[Measure, ...] = (
    Sum(
        "reported_seconds",
        of=("heartbeat_seconds", "rebuffer_ms"),
        value=of_said,
        sql="CASE WHEN rebuffer_ms IS NULL THEN 0 ELSE heartbeat_seconds END",
    ),
    Sum(
        "stalled_seconds",
        of=("heartbeat_seconds", "rebuffer_ms"),
        value=of_some,
        sql="CASE WHEN rebuffer_ms > 0 THEN heartbeat_seconds ELSE 0 END",
    ),
    Sum(
        "stalls",
        of=("rebuffer_ms",),
        value=is_some,
        sql="coalesce(rebuffer_ms > 0, false)::int",
    ),
    Sum(
        "rebuffer_ms",
        of=("rebuffer_ms",),
        value=or_nothing,
        sql="coalesce(rebuffer_ms, 0)",
    ),
    Sum("errors", of=("errors",), value=or_nothing, sql="coalesce(errors, 0)"),
    Sum("startups", of=("startup_ms",), value=is_said, sql="(startup_ms IS NOT NULL)::int"),
    Sum("startup_ms", of=("startup_ms",), value=or_nothing, sql="coalesce(startup_ms, 0)"),
    Sum(
        "throughputs",
        of=("throughput_kbps",),
        value=is_said,
        sql="(throughput_kbps IS NOT NULL)::int",
    ),
    Sum(
        "throughput_kbps",
        of=("throughput_kbps",),
        value=or_nothing,
        sql="coalesce(throughput_kbps, 0)",
    ),
    *_buckets("startups", "startup_ms", STARTUP_MS),
    *_buckets("throughputs", "throughput_kbps", THROUGHPUT_KBPS),
)
