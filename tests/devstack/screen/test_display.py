"""What a person sees: every figure and every address, also in a narrow terminal."""

import re
from dataclasses import replace
from io import StringIO

import msgspec
import pytest
from rich.console import Console, ConsoleDimensions, RenderableType

from devstack.measure.ways_in import EdgeStatus, WayIn, WaysIn
from devstack.place.up_file import Addresses, RoleAddresses
from devstack.screen.display import render
from devstack.screen.plain_text import addresses, line, sink_line, way_in_line
from devstack.screen.screen import TerminalScreen, screen
from devstack.screen.view import ProcessView, View
from devstack.verify.comparison import Compared, Comparison
from devstack.verify.comparison_table import render as render_comparison
from generator.report import Report
from telemetry.flow import Flow, Meter
from telemetry.worker_status import Progress, SourceStatus, WorkerStatus
from tests.devstack.statuses import recorded

[STREAM] = Meter().measure([recorded()], now=0).streams
STREAM = replace(STREAM, events_in_per_second=2_003.6, rows_stored_per_second=1_998.2)
FLOW = Flow((recorded(),), (STREAM,))
DSN = "postgresql://postgres@127.0.0.1:22974/headrace"
VIEW = View(
    elapsed_seconds=83.4,
    doing="Ctrl-C stops it all",
    flow=FLOW,
    report=Report(
        done=False,
        produced=62_470,
        rows=62_401,
        dead_letters={},
        events_per_second=2_000.4,
        streams={},
    ),
    processes=(
        ProcessView("worker-1", "running", 4711, 134_217_728, 1),
        ProcessView("generator", "running", 4712),
    ),
    addresses=Addresses("127.0.0.1:20123", DSN, ["http://127.0.0.1:15606"]),
)


def shown(picture: RenderableType, width: int = 120) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(picture)
    return capture.get()


@pytest.mark.parametrize(
    "figure",
    [
        pytest.param("2,004", id="events in a second"),
        pytest.param("1,998", id="rows stored a second"),
        pytest.param("62,470", id="produced"),
        pytest.param("0.41 s", id="freshness p50"),
        pytest.param("0.93 s", id="freshness p99"),
        pytest.param("content_sessions", id="a stream"),
        pytest.param("8 0", id="lag by partition"),
        pytest.param("busiest CDN Akamai", id="what a stream says"),
        pytest.param("malformed", id="a reason"),
        pytest.param("1,843.2", id="a CDN's traffic"),
        pytest.param("127.0.0.1:20123", id="Kafka's address"),
        pytest.param(f" {DSN}", id="the psql line"),
        pytest.param("http://127.0.0.1:15606/table/", id="Faust's tables"),
        pytest.param("134 MB", id="a worker's memory"),
    ],
)
def test_the_terminal_shows_it(figure: str) -> None:
    assert figure in shown(render(VIEW))


def test_nothing_is_lost_in_a_narrow_terminal() -> None:
    narrow = shown(render(VIEW), width=72)

    assert "1,843.2" in narrow
    assert "content_sessions" in narrow
    assert "8 0" in narrow


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(60, "CDN, last minute"), (300, "CDN, last 5 minutes"), (63, "CDN, last 63 s")],
)
def test_it_says_over_how_long_the_traffic_is_a_mean(seconds: int, said: str) -> None:
    worker = msgspec.structs.replace(recorded(), traffic_seconds=seconds)

    assert said in shown(render(replace(VIEW, flow=Flow((worker,), (STREAM,)))))


FIVE = tuple(
    replace(STREAM, name=name)
    for name in ("content_sessions", "media_events", "user_activity", "purchases", "market_ticks")
)
FULL = replace(
    VIEW,
    flow=Flow((recorded(), recorded()), FIVE),
    processes=(*VIEW.processes, ProcessView("worker-2", "running", 4713)),
)


@pytest.mark.parametrize(
    ("width", "height", "leads"),
    [
        pytest.param(80, 24, False, id="the smallest terminal"),
        pytest.param(200, 50, True, id="a large one"),
        pytest.param(80, 12, False, id="less than there should be"),
    ],
)
def test_it_fits_the_terminal_and_says_where_to_look_further(
    width: int, height: int, *, leads: bool
) -> None:
    """Once more than the terminal's lines, and nothing of the addresses was seen at 80 x 24."""
    console = Console(width=width, height=height)
    with console.capture() as capture:
        console.print(render(replace(FULL, trouble="worker-1 ended\nlast words" if leads else "")))
    lines = capture.get().splitlines()

    assert len(lines) <= height
    assert max(map(len, lines)) == width
    assert any("psql" in line for line in lines)
    assert any("127.0.0.1:20123" in line for line in lines)
    assert any("in another terminal" in line for line in lines)
    assert any("busiest CDN Akamai" in line for line in lines) == leads
    if height >= 24:
        assert all(any(one.name in line for line in lines) for one in FIVE)
        assert any("Fastly" in line for line in lines)


def test_a_terminal_of_another_size_is_cleared_and_the_addresses_come_first() -> None:
    """What was drawn is broken into other lines by then, and pieces of it stayed."""
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=200, height=50)
    terminal = TerminalScreen(console)

    terminal.show(VIEW)
    first = written.getvalue()
    console.size = ConsoleDimensions(80, 24)
    terminal.show(VIEW)
    terminal.end()

    assert first.index("kafka     127.0.0.1:20123") < first.index("in another terminal")
    assert first.index("in another terminal") < first.index("produced")
    assert "\x1b[2J" not in first
    cleared = written.getvalue().partition("\x1b[2J")[2]
    assert "content_sessions" in cleared


def test_the_verdict_is_the_last_that_is_seen_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It once scrolled away above the panel, which stayed and told of what was long over."""
    written = StringIO()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("sys.stdout", written)

    with screen() as terminal:
        terminal.show(replace(VIEW, doing="draining"))
        terminal.verdict = render_comparison(Comparison((Compared("rows", 30, 30),), 7, ()))
        terminal.end()
        terminal.say("All stopped.")

    drawn, _, left = written.getvalue().rpartition("\x1b[2K")  # the last line that is erased
    assert "draining" in drawn
    assert drawn.count("\x1b[2K") > 10
    assert "draining" not in left
    assert left.index("All stopped.") < left.index("Produced and stored")
    assert left.rstrip().endswith("Equal: every total, and each of 7 windows.")


def test_before_the_first_figures_there_are_dashes() -> None:
    early = replace(VIEW, flow=Flow(), report=None)

    assert "stored/s" in shown(render(early))
    assert line(early).endswith("no worker answers yet")


def test_brackets_in_a_log_are_no_markup() -> None:
    troubled = replace(VIEW, trouble="[/INFO] worker-1 [bold]said")

    assert "[/INFO] worker-1 [bold]said" in shown(render(troubled))


def test_one_line_tells_it_where_there_is_no_terminal() -> None:
    assert line(VIEW) == (
        "   83 s  Ctrl-C stops it all: produced 62,470, in 2,004/s, stored 1,998/s (62,350 rows), "
        "lag 8, fresh p50 0.41 s p99 0.93 s, windows 96, dead letters 63, "
        "busiest CDN Akamai, 1,843.2 Mbit/s"
    )


SINKS = {
    "lake": Flow((msgspec.structs.replace(recorded(), waiting_for="S3 (slow down)"),), (STREAM,)),
    "lines": Flow(),
}


def test_further_sinks_have_a_row_each() -> None:
    picture = shown(render(replace(VIEW, sinks=SINKS)), width=160)
    told = line(replace(VIEW, sinks=SINKS)).splitlines()

    lake = next(one for one in picture.splitlines() if "lake" in one)
    assert "1,998" in lake
    assert "0.93 s" in lake
    assert "waits for S3 (slow down)" in lake
    assert "does not answer" in next(one for one in picture.splitlines() if "lines" in one)
    assert told[1].startswith("  sink lake: stored 1,998/s (62,350 rows), partitions 2, lag 8, ")
    assert told[1].endswith("rejected 0, last write -, waits for S3 (slow down)")
    assert told[2] == "  sink lines: its worker does not answer"


def test_addresses_of_further_sinks_are_told() -> None:
    of_lake = RoleAddresses("http://127.0.0.1:15700", "http://127.0.0.1:15701/metrics")
    with_lake = msgspec.structs.replace(VIEW.addresses, sinks={"lake": of_lake})

    picture = shown(render(replace(VIEW, addresses=with_lake)))

    assert "http://127.0.0.1:15700/" in picture
    assert "http://127.0.0.1:15701/metrics of sink-lake" in picture
    assert "sink page http://127.0.0.1:15700/ of lake" in addresses(with_lake)


def test_where_no_edge_runs_the_addresses_say_what_it_needs() -> None:
    with_edge = msgspec.structs.replace(VIEW.addresses, edge="http://127.0.0.1:8080")

    assert "events    no edge runs here: it needs the extra `edge`" in addresses(VIEW.addresses)
    assert "no edge" not in addresses(with_edge)
    assert "events    http://127.0.0.1:8080/v1/events/STREAM" in addresses(with_edge)


def test_the_last_write_is_told_by_its_age() -> None:
    [status] = STREAM.statuses
    wrote = replace(STREAM, statuses=(msgspec.structs.replace(status, stored_at=1_000.0),))

    assert "last write 12 s ago" in sink_line("lake", Flow((recorded(),), (wrote,)), 1_012.4)


def test_a_comparison_shows_what_differs() -> None:
    equal, different = Compared("rows", 30, 30), Compared("a window", 20, 19)

    good = shown(render_comparison(Comparison((equal,), 7, ())))
    bad = shown(render_comparison(Comparison((equal,), 7, (different,))))

    assert "Equal: every total, and each of 7 windows" in good
    assert "a window" in bad
    assert "-1" in bad


def test_how_far_a_source_is_is_seen_in_the_smallest_terminal() -> None:
    addresses = msgspec.structs.replace(
        VIEW.addresses, sources={"source-logs": RoleAddresses("http://one:1", "http://one:2")}
    )
    others = tuple(ProcessView(f"worker-{number}", "running") for number in range(20))
    source = ProcessView("source-logs", "running, 1 of 3 files read", 4713)
    view = replace(VIEW, addresses=addresses, processes=(*others, source))
    console = Console(width=80, height=24)

    with console.capture() as capture:
        console.print(render(view))

    assert "1 of 3 files read" in capture.get()
    assert "worker-19" not in capture.get()


SOURCES = ("source-pq", "source-logs", "source-history")
HEAVY = replace(
    STREAM,
    partitions={0: Progress(0, 12_345_678, 12_345_678)},
    events_in_per_second=119_123.0,
    rows_stored_per_second=119_123.0,
)
CROWDED = replace(
    FULL,
    flow=Flow((recorded(),), tuple(replace(HEAVY, name=stream.name) for stream in FIVE)),
    sinks={name: replace(SINKS["lake"], streams=(HEAVY,)) for name in ("lake", "lines", "duck")},
    addresses=msgspec.structs.replace(
        VIEW.addresses,
        sources={name: RoleAddresses("http://a:1", "http://a:2") for name in SOURCES},
    ),
    processes=(
        *FULL.processes,
        ProcessView("source-pq", "waits for", alarm="waits for pq: no route to host" + 80 * "."),
        ProcessView("source-logs", "running, 1 of 3 files read"),
        ProcessView("source-history", "has read all"),
        ProcessView("edge", "not ready", alarm="not ready, its /readyz says why"),
    ),
)


def smallest(view: View) -> str:
    console = Console(width=80, height=24)
    with console.capture() as capture:
        console.print(render(view))
    assert len(capture.get().splitlines()) <= 24
    return capture.get()


@pytest.mark.parametrize(
    "told",
    [
        pytest.param("source-pq: waits for pq: no route to host", id="a source that waits"),
        pytest.param("edge: not ready, its /readyz says why", id="an edge that waits"),
        pytest.param("source-logs: running, 1 of 3 files read", id="a source that reads"),
        pytest.param("source-history: has read all", id="a source at its end"),
        pytest.param("lake ", id="a sink"),
        pytest.param("market_ticks", id="a stream"),
    ],
)
def test_beside_sinks_the_ways_in_are_seen_in_the_smallest_terminal(told: str) -> None:
    """Sinks once took all the room, and a source that could not connect was not seen."""
    assert told in smallest(CROWDED)


def test_more_alarms_than_there_is_room_for_are_counted() -> None:
    failed = tuple(ProcessView(f"source-{number}", "", alarm="away") for number in range(9))

    assert "and 7 more, see: " in smallest(replace(CROWDED, processes=failed))


def test_no_number_is_cut_in_the_smallest_terminal() -> None:
    """A name may be: `19,…` is no number."""
    long = replace(HEAVY, name="a_stream_with_a_name_of_its_own")
    picture = smallest(
        replace(CROWDED, flow=Flow((recorded(),), (long, *CROWDED.flow.streams[:3])))
    )

    assert not re.findall(r"\d\S*…", picture)
    assert picture.count("119,123") >= 2 * 4 + 3
    assert picture.count("12,345,678") >= 4 + 3


_SOURCE = SourceStatus(
    "market_ticks", 12_345, reconnects=2, gaps=9, filled=8, refused={"garbage": 3}, last_event=997.0
)


@pytest.mark.parametrize(
    ("way_in", "told"),
    [
        pytest.param(
            WayIn(WorkerStatus("w", "running", "BTC-USD: nothing came", source=_SOURCE), 1_234.0),
            "x: running, sends 1,234/s (12,345 events), newest event 3 s ago, "
            "reconnects 2, gaps 9, filled 8, refused 3, waits for BTC-USD: nothing came",
            id="a source",
        ),
        pytest.param(
            WayIn(EdgeStatus(is_ready=True, accepted=5_000, refused=7), 50.0),
            "x: ready, takes 50/s (5,000 events), refused 7",
            id="an edge",
        ),
        pytest.param(
            WayIn(EdgeStatus(is_ready=False, accepted=0, refused=0)),
            "x: not ready, its /readyz says why, takes -/s (0 events), refused 0",
            id="an edge without Kafka",
        ),
        pytest.param(WayIn(None), "x: does not answer", id="nobody"),
        pytest.param(
            WayIn(None, ended=True), "x: has ended: it has read all", id="a source at its end"
        ),
    ],
)
def test_status_has_a_line_for_each_way_in(way_in: WayIn, told: str) -> None:
    assert way_in_line("x", way_in, 1_000.0) == told


def test_a_source_that_has_ended_has_no_address_and_is_not_asked() -> None:
    at = RoleAddresses("http://127.0.0.1:1", "http://127.0.0.1:2/metrics", ended=True)
    places = msgspec.structs.replace(VIEW.addresses, sources={"source-once": at})

    assert "source    source-once has ended" in addresses(places)
    for told in (addresses(places), shown(render(replace(VIEW, addresses=places)))):
        assert "127.0.0.1:1/" not in told
        assert "127.0.0.1:2/" not in told
    assert WaysIn().measure(places) == {"source-once": WayIn(None, ended=True)}
