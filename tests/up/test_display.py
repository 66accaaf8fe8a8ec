"""What a person sees: every figure and every address, also in a narrow terminal."""

from dataclasses import replace

import msgspec
import pytest
from rich.console import Console, RenderableType

from app.up.comparison import Compared, Comparison
from app.up.comparison_table import render as render_comparison
from app.up.display import render
from app.up.flow import Flow, Meter
from app.up.line import line
from app.up.up_file import Addresses
from app.up.view import ProcessView, View
from generator.report import Report
from tests.up.statuses import recorded

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


def test_a_comparison_shows_what_differs() -> None:
    equal, different = Compared("rows", 30, 30), Compared("a window", 20, 19)

    good = shown(render_comparison(Comparison((equal,), 7, ())))
    bad = shown(render_comparison(Comparison((equal,), 7, (different,))))

    assert "Equal: every total, and each of 7 windows" in good
    assert "a window" in bad
    assert "-1" in bad
