"""Workers' statuses add up, and counters that begin anew do not spoil the rates."""

from app.up.flow import Flow, Meter
from app.up.worker_status import Freshness, Progress, Traffic, WorkerStatus
from tests.up.statuses import counting, recorded


def test_a_recorded_status_is_understood() -> None:
    flow = Flow((recorded(),))

    assert flow.lag == 8
    assert list(flow.partitions) == ["content_sessions-0", "content_sessions-1"]
    assert flow.dead_letters == {"malformed": 40, "invalid": 23}


def test_rates_come_from_two_moments() -> None:
    meter = Meter()

    first = meter.measure([counting(1_000, 900)], now=10)
    second = meter.measure([counting(5_000, 3_900)], now=12)

    assert first.events_in_per_second is None
    assert (second.events_in_per_second, second.rows_stored_per_second) == (2_000, 1_500)


def test_a_worker_that_began_anew_counts_from_zero() -> None:
    meter = Meter()
    meter.measure([counting(9_000)], now=0)

    assert meter.measure([counting(300)], now=1).events_in_per_second == 300


def test_rates_of_workers_add_up_and_a_silent_one_counts_nothing() -> None:
    meter = Meter()
    meter.measure([counting(100), counting(100), None], now=0)

    flow = meter.measure([counting(150), None, counting(7_000)], now=1)

    assert flow.events_in_per_second == 50


def test_traffic_adds_up_and_freshness_is_that_of_the_slowest() -> None:
    one = WorkerStatus(
        "one", "running", freshness_seconds=Freshness(0.2, 0.9), traffic_by_cdn={"A": Traffic(1, 2)}
    )
    two = WorkerStatus(
        "two",
        "running",
        freshness_seconds=Freshness(0.3, 0.5),
        traffic_by_cdn={"B": Traffic(5, 1), "A": Traffic(10, 20)},
    )

    flow = Flow((one, two))

    assert flow.traffic_by_cdn == {"A": Traffic(11, 22), "B": Traffic(5, 1)}
    assert (flow.freshness_p50, flow.freshness_p99) == (0.3, 0.9)


def test_a_partition_that_moved_shows_its_most_advanced_reader() -> None:
    stale = WorkerStatus("old", "running", partitions={"t": {"0": Progress(10, 90, 80)}})
    reader = WorkerStatus("new", "running", partitions={"t": {"0": Progress(80, 90, 10)}})

    assert Flow((reader, stale)).lag == 10
