"""The page /metrics, read back as Prometheus reads it."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from telemetry.buckets import Buckets
from telemetry.exposition import Exposition, Sample
from telemetry.metrics import EVENTS_IN, FRESHNESS, INFO, LAG, Metric


def samples(*samples: Sample, declared: tuple[Metric, ...]) -> dict[tuple[str, ...], float]:
    def source() -> Iterator[Sample]:
        yield from samples

    text = Exposition(declared, [source], "core").text().decode()
    return {
        (sample.name, *(value for name, value in sample.labels.items() if name != "role")): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.startswith("headrace_process_")
    }


def test_counters_and_gauges_keep_their_names_and_labels() -> None:
    found = samples(
        (EVENTS_IN, ("purchases",), 3), (LAG, ("purchases", "0"), 7), declared=(EVENTS_IN, LAG)
    )

    assert found == {
        ("headrace_events_in_total", "purchases"): 3.0,
        ("headrace_lag_records", "0", "purchases"): 7.0,
    }


def test_buckets_add_up() -> None:
    buckets = Buckets(FRESHNESS.buckets)
    buckets.add([0.05, 0.06, 7.0, 1_000.0])

    found = samples((FRESHNESS, ("purchases",), buckets), declared=(FRESHNESS,))

    name = "headrace_freshness_seconds"
    at_most = {key[1]: count for key, count in found.items() if key[0] == f"{name}_bucket"}
    assert (at_most["0.05"], at_most["0.1"], at_most["5.0"]) == (1, 2, 2)
    assert (at_most["10.0"], at_most["300.0"], at_most["+Inf"]) == (3, 3, 4)
    assert found[f"{name}_count", "purchases"] == 4
    assert found[f"{name}_sum", "purchases"] == pytest.approx(1_007.11)


def test_what_nobody_declared_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        samples((LAG, ("purchases", "0"), 7), declared=(EVENTS_IN,))


def test_what_the_system_knows_of_the_process_is_there() -> None:
    text = Exposition((), [], "core").text()

    assert b'headrace_process_resident_memory_bytes{role="core"} ' in text


def test_every_series_says_of_which_role_it_is() -> None:
    buckets = Buckets(FRESHNESS.buckets)
    declared = (INFO, LAG, FRESHNESS)
    read: list[Sample] = [
        (INFO, ("1", "lake", "group"), 1),
        (LAG, ("purchases", "0"), 7),
        (FRESHNESS, ("purchases",), buckets),
    ]

    text = Exposition(declared, [lambda: read], "lake").text().decode()

    families = text_string_to_metric_families(text)
    roles = [sample.labels.get("role") for family in families for sample in family.samples]
    assert len(roles) > 20
    assert set(roles) == {"lake"}
