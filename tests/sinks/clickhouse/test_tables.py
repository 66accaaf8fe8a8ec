"""Tables, views and projections of every stream, and what is in them."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from config.environment import PlainError
from db.queries import load
from devstack.engines.clickhouse import Clickhouse
from models.all import STREAMS
from models.batches import Batch
from models.decode import Decoder
from models.market_ticks import MARKET_TICKS
from models.positions import TopicPartition
from models.streams import Stream
from models.validation import Limits
from models.windows import Window
from sinks.base import SinkUnavailable
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.sink import ClickhouseSink
from sinks.clickhouse.windows import projections
from tests.models.examples import FORMS
from tests.models.records import NOW_MILLISECONDS, batch_of
from tests.sinks.clickhouse.beside import P0, Place, batch
from tests.sinks.random_events import event

SEED_QUERIES = load(Path(__file__).with_name("seed_004.sql"))
_EVENTS = 300


async def stored(sink: ClickhouseSink, stream: Stream, values: list[bytes], stamp: int) -> Batch:
    tp = TopicPartition(stream.topic, 0)
    decoded = Decoder(stream, Limits()).decode(batch_of(values, tp=tp, timestamp=stamp))
    made = Batch(stream)
    made.add(decoded, sink.encode(decoded, 1))
    await sink.write(made, await sink.positions([tp]))
    return made


@pytest.mark.parametrize("topic", STREAMS)
async def test_windows_say_what_postgresql_would(place: Place, topic: str) -> None:
    stream, random = STREAMS[topic], Random(5)
    sink = place.sink(stream)

    made = await stored(sink, stream, [event(stream, random) for _ in range(_EVENTS)], -1)

    assert made.row_count == _EVENTS
    for window in stream.windows:
        assert _view(place, window) == _folded(made, window), window.name
    await sink.close()


def _view(place: Place, window: Window) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    names = [name for measure in window.measures for name, _ in measure.columns]
    shown = ", ".join(f"`{name}`" for name in (*window.keys, *names))
    answer = place.query(
        f"SELECT toUnixTimestamp(window_start), {shown} FROM DB.{window.name}"
        " FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0,"
        " output_format_json_quote_decimals = 0"
    )
    rows = [json.loads(line, parse_float=Decimal) for line in answer.splitlines()]
    keys = len(window.keys)
    return {
        (row[0] * 1_000_000, *row[1 : 1 + keys]): tuple(map(Decimal, row[1 + keys :]))
        for row in rows
    }


def _folded(made: Batch, window: Window) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    # (start, partition, *keys) -> measures, of which First and Last are pairs
    return {
        (start, *keys): tuple(Decimal(one) for one in _flat(row))
        for (start, _, *keys), row in made.deltas()[window].items()
    }


def _flat(row: tuple[Any, ...]) -> list[Any]:
    return [item for one in row for item in (one if isinstance(one, tuple) else (one,))]


async def test_a_window_is_read_from_its_projection(place: Place) -> None:
    stream = STREAMS["content_sessions"]
    sink = place.sink(stream)
    await stored(sink, stream, [event(stream, Random(1)) for _ in range(9)], -1)

    for window in ("traffic_by_cdn_and_asn", "traffic_by_cdn", "traffic_by_asn"):
        plan = place.query(f"EXPLAIN SELECT * FROM DB.{window}")
        assert "ReadFromMergeTree (by_traffic_by_cdn_and_asn)" in plan, window

    # one holds what all three need
    assert list(projections(stream)) == ["by_traffic_by_cdn_and_asn"]
    await sink.close()


async def test_positions_are_read_from_their_projection(place: Place) -> None:
    sink = place.sink()
    await sink.write(batch(sink, (P0, 0, 9)), await sink.positions([P0]))

    plan = place.query(
        "EXPLAIN SELECT if(count() = 0, -1, max(kafka_offset)) FROM DB.content_sessions_records"
        " WHERE kafka_topic = 'content_sessions' AND epoch = 1 AND kafka_partition = 0"
    )

    assert "ReadFromMergeTree (positions)" in plan
    await sink.close()


def test_what_has_many_values_gets_no_projection() -> None:
    assert list(projections(STREAMS["user_activity"])) == ["by_user_activity_by_type"]


@pytest.mark.parametrize(
    ("topic", "key"),
    [
        ("content_sessions", "current_cdn, time, kafka_partition, kafka_offset"),
        ("market_ticks", "product_id, time, kafka_partition, kafka_offset"),
        ("media_events", "event_type, content_type, event_time, kafka_partition, kafka_offset"),
        ("purchases", "country, currency, event_time, kafka_partition, kafka_offset"),
        ("user_activity", "event_type, event_time, kafka_partition, kafka_offset"),
    ],
)
async def test_rows_are_sorted_by_what_has_few_values_and_then_by_time(
    place: Place, topic: str, key: str
) -> None:
    sink = place.sink(STREAMS[topic])

    await sink.positions([TopicPartition(topic, 0)])

    assert (
        place.query(
            f"SELECT sorting_key FROM system.tables WHERE database = '{place.database}'"
            f" AND name = '{topic}_records'"
        )
        == f"{key}\n"
    )
    await sink.close()


async def test_the_sorting_key_can_be_another(place: Place) -> None:
    sink = place.sink(order_by={"content_sessions": ("channel", "time")})

    await sink.positions([P0])

    assert "channel, time, kafka_partition" in place.query(
        f"SELECT sorting_key FROM system.tables WHERE database = '{place.database}'"
    )
    await sink.close()


async def test_a_row_is_read_as_it_was_sent(place: Place) -> None:
    stream = STREAMS["media_events"]
    sink = place.sink(stream)
    good = next(form for form in FORMS.values() if form.stream is stream)

    await stored(sink, stream, [good.event(genre=["a", "ä"], unknown={"x": 1})], NOW_MILLISECONDS)

    [row] = place.query(
        "SELECT genre, ip_address, extra, toString(event_time), kafka_offset, epoch"
        " FROM DB.media_events FORMAT JSONCompactEachRow"
    ).splitlines()
    genre, address, extra, time, *_ = json.loads(row)
    assert genre == ["a", "ä"]
    assert address == good.good["ip_address"]
    assert json.loads(extra) == {"unknown": {"x": 1}}
    assert time == "2026-11-22 10:05:00.000000"
    await sink.close()


def _tick(number: int, time: str) -> bytes:
    [form] = [form for form in FORMS.values() if form.stream is MARKET_TICKS]
    return form.event(sequence=number, time=time, price=f"{number}.5")


async def test_the_seeds_queries_run_as_printed(clickhouse: Clickhouse) -> None:
    demo = Place(clickhouse, "coinbase_demo")
    sink = demo.sink(MARKET_TICKS)
    now, past = clickhouse.query("SELECT toString(now()), toString(now() - 90)").strip().split("\t")
    written = [f"{time.replace(' ', 'T')}Z" for time in (now, past)]
    values = [_tick(number, time) for number, time in enumerate([*written, "bad"])]
    await stored(sink, MARKET_TICKS, values, -1)

    try:
        everything = clickhouse.query(SEED_QUERIES["all_of_it"].rstrip(";\n "))
        alert = SEED_QUERIES["last_minute"].rstrip(";\n ")
        counted = demo.query_in_database(alert)
    finally:
        await sink.close()
        clickhouse.query("DROP DATABASE coinbase_demo")

    rows = [line.split("\t") for line in everything.splitlines()]
    assert [len(row) for row in rows] == [16, 16]
    assert sorted(row[0] for row in rows) == ["0", "1"]
    assert counted == "1\n"


async def test_people_see_good_rows_and_dead_letters_apart(place: Place) -> None:
    stream = STREAMS["content_sessions"]
    sink = place.sink(stream)
    values = [event(stream, Random(1)), b"no JSON", b"{}"]

    await stored(sink, stream, values, -1)

    assert place.query("SELECT count() FROM DB.content_sessions") == "1\n"
    assert place.rows(
        "SELECT refused, refused_payload FROM DB.content_sessions_dead_letters"
        " ORDER BY kafka_offset"
    ) == [["malformed", "no JSON"], ["invalid", "{}"]]
    assert place.query("SELECT sum(events) FROM DB.traffic_by_cdn") == "1\n"
    await sink.close()


async def test_a_new_column_is_added_to_table_and_view(place: Place) -> None:
    stream = STREAMS["content_sessions"]
    sink = place.sink(stream)
    await sink.write(batch(sink, (P0, 0, 1)), await sink.positions([P0]))
    place.query("ALTER TABLE DB.content_sessions_records DROP COLUMN platform")

    again = place.sink(stream)
    await again.write(batch(again, (P0, 2, 3)), await again.positions([P0]))

    assert place.query("SELECT platform FROM DB.content_sessions ORDER BY kafka_offset").split(
        "\n"
    ) == ["", "", "tv", "tv", ""]
    await sink.close()
    await again.close()


async def test_a_column_of_another_type_stops_the_sink_in_words(place: Place) -> None:
    sink = place.sink()
    await sink.positions([P0])
    place.query("ALTER TABLE DB.content_sessions_records MODIFY COLUMN channel UInt32")

    again = place.sink()
    with pytest.raises(SinkUnavailable, match=r"column channel of .* is UInt32, but .* String"):
        await again.positions([P0])

    await sink.close()
    await again.close()


async def test_migrate_adds_the_projection_of_a_new_window(place: Place) -> None:
    stream = STREAMS["content_sessions"]
    without = place.sink(replace(stream, windows=()))
    await without.write(batch(without, (P0, 0, 9)), await without.positions([P0]))

    await migrate(place.options(), stream)
    await migrate(place.options(), stream)

    names = place.query(
        f"SELECT name FROM system.projections WHERE database = '{place.database}' ORDER BY 1"
    )
    assert names.split() == ["by_traffic_by_cdn_and_asn", "positions"]
    assert place.query("SELECT sum(events) FROM DB.traffic_by_cdn") == "10\n"
    await without.close()


async def test_a_sorting_key_of_no_column_is_refused(place: Place) -> None:
    sink = place.sink(order_by={"content_sessions": ("chanel", "time")})

    with pytest.raises(PlainError, match="content_sessions: chanel is no column"):
        await sink.positions([P0])

    await sink.close()


async def test_migrate_sets_another_ttl(place: Place) -> None:
    stream = STREAMS["content_sessions"]
    await migrate(place.options(), stream)

    await migrate(place.options(ttl_days=30), stream)

    made = place.query("SHOW CREATE TABLE DB.content_sessions_records")
    assert "TTL greatest(time + toIntervalDay(30), stored_at + toIntervalDay(1))" in made
