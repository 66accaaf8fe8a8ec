"""The report says what the truths hold, in the words of its readers."""

from pathlib import Path

import msgspec

from generator.content_sessions.experience import Moment
from generator.content_sessions.records import Row as Heartbeat
from generator.countries import COUNTRIES
from generator.market_ticks.products import PRODUCTS
from generator.market_ticks.truth import Row as Tick
from generator.media_events.truth import Row as MediaEvent
from generator.purchases.truth import Row as Purchase
from generator.records import Outcome
from generator.report import report, write
from generator.streams import SIMULATED
from generator.user_activity.truth import Row as Activity

MINUTE = 29_922_365
AT = "2026-11-22T10:05:00Z"
KUWAIT = next(country for country in COUNTRIES if country.code == "KW")
JAPAN = next(country for country in COUNTRIES if country.code == "JP")
BITCOIN = PRODUCTS[0]
STALLED = Moment(b"", rebuffer_ms=900, errors=1, throughput_kbps=4_000, startup_ms=700)
OUTCOMES: dict[str, list[Outcome]] = {
    "content_sessions": [Heartbeat(MINUTE, "Akamai", 7922, 25_000, 10, STALLED)] * 2,
    "media_events": [
        MediaEvent(MINUTE, "play", "movie", "media_1", "Mr Robot"),
        MediaEvent(MINUTE, "stop", "movie", "media_1", "Mr Robot"),
        MediaEvent(MINUTE, "pause", "ad", "media_2", "Soap"),
    ],
    "user_activity": [
        Activity(MINUTE, 5, "view"),
        Activity(MINUTE, 5, "view"),
        Activity(MINUTE, 90_000, "view"),
    ],
    "purchases": [
        Purchase(MINUTE, KUWAIT, 3, 1_005),
        Purchase(MINUTE, KUWAIT, 1, 1),
        Purchase(MINUTE, JAPAN, 1, 1_500),
    ],
    "market_ticks": [
        Tick(MINUTE, BITCOIN, 12, 6_000_050, 1),
        Tick(MINUTE, BITCOIN, 10, 6_000_001, 20_000_000),
        Tick(MINUTE, BITCOIN, 11, 7_000_000, 3),
    ],
}
VIEWS = {
    "traffic_by_cdn": {f"{AT}|Akamai": [2, 50_000]},
    "quality_by_cdn_and_asn": {f"{AT}|Akamai|7922": [20, 2, 1_800, 2, 2, 1_400, 2, 8_000]},
    "media_events_by_type": {
        f"{AT}|play|movie": [1],
        f"{AT}|stop|movie": [1],
        f"{AT}|pause|ad": [1],
    },
    "content_plays": {f"{AT}|media_1|Mr Robot": [1, 1], f"{AT}|media_2|Soap": [0, 0]},
    "user_event_summary": {f"{AT}|view": [3, 2]},
    "purchases_by_country": {f"{AT}|KW|KWD": [2, 4, "1.006"], f"{AT}|JP|JPY": [1, 1, "1500"]},
    "candles_by_product": {
        f"{AT}|BTC-USD": [3, "0.20000004", "60000.01", "70000.00", "60000.01", "60000.50", 10, 12]
    },
}


def test_a_report_is_readable_json_with_each_streams_windows(tmp_path: Path) -> None:
    truths = {stream: simulated.truth() for stream, simulated in SIMULATED.items()}
    for stream, outcomes in OUTCOMES.items():
        truths[stream].add([*outcomes, "malformed"])
    path = tmp_path / "produced.json"

    write(path, report(truths, done=True, events_per_second=3.04))

    said = msgspec.json.decode(path.read_bytes())
    streams = said.pop("streams")
    assert said == {
        "done": True,
        "live": True,
        "produced": 19,
        "rows": 14,
        "dead_letters": {"malformed": 5},
        "events_per_second": 3.0,
    }
    assert {view: it for one in streams.values() for view, it in one["windows"].items()} == VIEWS
    assert streams["purchases"]["produced"] == 4
    assert streams["purchases"]["dead_letters"] == {"malformed": 1}


def test_windows_are_told_only_once_all_is_done() -> None:
    truth = SIMULATED["content_sessions"].truth()
    truth.add(OUTCOMES["content_sessions"])

    said = report({"content_sessions": truth}, done=False, events_per_second=1)

    assert said.streams["content_sessions"].windows == {}


def test_only_the_report_itself_is_left_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "produced.json"

    for _ in range(3):
        write(path, report({}, done=False, events_per_second=0))

    assert list(tmp_path.iterdir()) == [path]
