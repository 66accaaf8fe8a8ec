"""Business metrics add up what windows grew by, and stay few."""

from telemetry.business import BusinessCounts
from telemetry.metrics import MOST_VALUES

MEASURES = ["events", "kilobits", "session_seconds"]


def traffic(rows: dict[tuple[int, int, str], tuple[int, int, int]]) -> dict[tuple[str, str], float]:
    counts = BusinessCounts({"traffic_by_cdn": (["current_cdn"], MEASURES)})
    counts.add("traffic_by_cdn", rows)
    counts.add("traffic_by_asn", {(0, 0, 3320): (1, 1, 1)})  # no metric of that window
    return {
        (metric.name, labels[0]): value
        for metric, labels, value in counts.samples()
        if isinstance(value, int)
    }


def test_minutes_and_partitions_add_up() -> None:
    found = traffic(
        {
            (0, 0, "Akamai"): (1, 40_000, 10),
            (0, 1, "Akamai"): (2, 60_000, 20),
            (60_000_000, 0, "Fastly"): (1, 5, 10),
        }
    )

    assert found == {
        ("headrace_traffic_kilobits_total", "Akamai"): 100_000,
        ("headrace_traffic_kilobits_total", "Fastly"): 5,
        ("headrace_session_seconds_total", "Akamai"): 30,
        ("headrace_session_seconds_total", "Fastly"): 10,
    }


def test_what_clients_invent_is_counted_as_other() -> None:
    found = traffic({(0, 0, f"CDN {number}"): (1, 2, 1) for number in range(MOST_VALUES + 50)})

    kilobits = {cdn: value for (name, cdn), value in found.items() if "kilobits" in name}
    assert len(kilobits) == MOST_VALUES + 1
    assert kilobits["other"] == 100
    assert sum(kilobits.values()) == 2 * (MOST_VALUES + 50)
