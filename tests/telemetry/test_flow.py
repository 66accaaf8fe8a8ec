"""Workers' statuses add up, and counters that begin anew do not spoil the rates."""

from telemetry.flow import Flow, Meter, StreamFlow, unheld_of
from telemetry.worker_status import (
    Freshness,
    Headline,
    Progress,
    StreamStatus,
    Traffic,
    Unheld,
    WorkerStatus,
)
from tests.devstack.statuses import counting, recorded


def test_a_recorded_status_is_understood() -> None:
    flow = Meter().measure([recorded()], now=0)

    assert flow.lag == 8
    assert [list(stream.partitions) for stream in flow.streams] == [[0, 1]]
    assert flow.streams[0].headline == "busiest CDN Akamai, 1,843.2 Mbit/s"
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


def test_traffic_adds_up() -> None:
    one = WorkerStatus("one", "running", traffic_by_cdn={"A": Traffic(1, 2)})
    two = WorkerStatus("two", "running", traffic_by_cdn={"B": Traffic(5, 1), "A": Traffic(10, 20)})

    assert Flow((one, two)).traffic_by_cdn == {"A": Traffic(11, 22), "B": Traffic(5, 1)}


def test_freshness_is_that_of_the_slowest() -> None:
    one = StreamStatus("t", freshness_seconds=Freshness(0.2, 0.9))
    two = StreamStatus("t", freshness_seconds=Freshness(0.3, 0.5))

    flow = StreamFlow("t", (one, two), {})

    assert (flow.freshness_p50, flow.freshness_p99) == (0.3, 0.9)


def test_a_headline_adds_the_workers_up_unless_it_is_a_price() -> None:
    amounts = [
        StreamStatus("t", headline=Headline("top {key}: {value:,.0f}", {"A": (3, 3), "B": (4, 4)})),
        StreamStatus("t", headline=Headline("top {key}: {value:,.0f}", {"A": (2, 2)})),
    ]
    prices = [
        StreamStatus("t", headline=Headline("{key} at {value}", {"BTC": (3, 64.5)}, adds_up=False)),
        StreamStatus("t", headline=Headline("{key} at {value}", {"BTC": (2, 64.5)}, adds_up=False)),
    ]

    assert StreamFlow("t", tuple(amounts), {}).headline == "top A: 5"
    assert StreamFlow("t", tuple(prices), {}).headline == "BTC at 64.5"


def test_a_partition_that_moved_shows_its_most_advanced_reader() -> None:
    streams = {"t": StreamStatus("t")}
    stale = WorkerStatus("old", "running", None, {"t": {"0": Progress(10, 90, 80)}}, streams)
    reader = WorkerStatus("new", "running", None, {"t": {"0": Progress(80, 90, 10)}}, streams)

    assert Meter().measure([reader, stale], now=0).lag == 10


def test_partitions_that_nobody_stores_count_once_with_the_lag_that_others_see() -> None:
    told = {"1": Unheld(400, "faust on 10.0.0.7"), "2": Unheld(7, "faust on 10.0.0.7")}
    one, other = (StreamStatus("t", topic_partitions=4, unheld=told) for _ in range(2))
    waiting = {"0": Progress(5, 6, 1), "2": Progress(7, 8, 1)}  # it knows of one record of seven
    flow = Meter().measure(
        [
            WorkerStatus("a", "running", None, {"t": {"3": Progress(9, 9, 0)}}, {"t": one}),
            WorkerStatus("b", "waiting", "PostgreSQL", {"t": waiting}, {"t": other}),
        ],
        now=0,
    )

    assert flow.lag == 408
    assert unheld_of(flow.streams) == (
        "t: 2 of 4 partitions are held by nobody who stores them, lag 407 "
        "(Kafka gave them to faust on 10.0.0.7)"
    )
