"""The picture that `headrace up` draws in a terminal, once a second."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.bar import Bar
from rich.console import Group, JustifyMethod, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from config.invocation import invocation
from devstack.place.up_file import Addresses
from devstack.screen.fitting import Fitted, Part
from devstack.screen.plain_text import ago
from devstack.screen.view import ProcessView, View, metrics_of
from generator.report import Report
from telemetry.flow import Flow, StreamFlow, unheld_of

_LAGS = 8
_NOTHING = "\N{EN DASH}"
_LINES = 3
_WORDS: Mapping[str, JustifyMethod] = {"": "left", "state": "left", "by partition": "right"}
_BORDER = 2  # lines of the frame
_BLANK = 10  # blank lines are the first to go


def render(view: View) -> RenderableType:
    """Draw a run so that it fits the terminal: 80 columns and 24 lines hold what matters."""
    elapsed = timedelta(seconds=int(view.elapsed_seconds))
    title = f"[bold]Headrace[/bold]  {elapsed}  {view.doing}"
    return Panel(
        Fitted(_parts(view), around=_BORDER), title=title, title_align="left", border_style="blue"
    )


def _parts(view: View) -> list[Part]:
    """Give what there is to see, from top to bottom."""
    flow = view.flow
    said = [Text(stream.headline, style="cyan") for stream in flow.streams if stream.headline]
    blank = [Part("", rank) for rank in range(_BLANK, _BLANK + 4)]
    parts = [
        Part(_totals(flow, view.report), 0),
        blank[0],
        Part(_streams(flow), 2),
        blank[1],
        Part(_traffic(flow), 5),
        Part(_dead_letters(flow), 4),
        blank[2],
        *([_sinks_part(view.sinks), Part("", _BLANK + 4)] if view.sinks else []),
        Part(_processes(view.processes), 4, shorter=_notable(view), whole=6),
        blank[3],
        Part(_addresses(view.addresses), 7),
        Part(_near(view.addresses), 1),
    ]
    if said:
        parts[4:4] = [Part(Group(*said, ""), 8)]
    if unheld := unheld_of(flow.streams):
        parts.insert(1, Part(Text(unheld, style="bold red"), 1))
    if alarms := [f"{one.name}: {one.alarm}" for one in view.processes if one.alarm]:
        parts.insert(1, Part(_lines(alarms, "bold red"), 1))
    if view.trouble:
        trouble = Text(view.trouble)
        last = Text(
            view.trouble.rpartition("\n")[2], style="red", overflow="ellipsis", no_wrap=True
        )
        parts.append(
            Part(Panel(trouble, title="trouble", border_style="red"), 2, shorter=last, whole=3)
        )
    return parts


def _near(addresses: Addresses) -> Text:
    """Say in two lines where to look further; they are there in the smallest terminal too."""
    pages = f"page {addresses.web[0]}/  Kafka {addresses.kafka}" if addresses.web else ""
    return Text(f"{pages}\nin another terminal: {invocation('psql')} or status", style="bold")


def _totals(flow: Flow, report: Report | None) -> Table:
    table = Table.grid(padding=(0, 2))
    produced = "" if report is None else f"{report.produced:,} ({report.events_per_second:,.0f}/s)"
    figures = {
        "produced": produced,
        "in/s": _number(flow.events_in_per_second),
        "stored/s": f"[green]{_number(flow.rows_stored_per_second)}[/green]",
        "lag": f"{flow.lag:,}",
        "fresh p50": _seconds(flow.freshness_p50),
        "p99": _seconds(flow.freshness_p99),
        "open windows": f"{flow.open_windows:,}",
    }
    for name in figures:
        table.add_column(no_wrap=name != "produced")
    table.add_row(*(Text(name, style="dim") for name in figures))
    table.add_row(*figures.values())
    return table


def _streams(flow: Flow) -> Table:
    table = _table(
        "stream", "in/s", "stored/s", "p50", "p99", "dead letters", "lag", "by partition"
    )
    for stream in flow.streams:
        table.add_row(
            stream.name,
            _number(stream.events_in_per_second),
            _number(stream.rows_stored_per_second),
            _seconds(stream.freshness_p50),
            _seconds(stream.freshness_p99),
            f"{sum(stream.dead_letters.values()):,}",
            f"{stream.lag:,}",
            _lags(stream),
        )
    return table


def _lags(stream: StreamFlow) -> str:
    lags = [f"{progress.lag:,}" for progress in stream.partitions.values()]
    more = f" and {len(lags) - _LAGS} more" if len(lags) > _LAGS else ""
    return " ".join(lags[:_LAGS]) + more


def _dead_letters(flow: Flow) -> Text:
    reasons = sorted((reason, count) for reason, count in flow.dead_letters.items() if count)
    told = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
    return Text.assemble("dead letters  ", (told or "none", "yellow" if told else ""))


def _traffic(flow: Flow) -> Table:
    table = _table(f"CDN, {_last(flow.traffic_seconds)}", "Mbit/s", "sessions", "")
    table.expand, table.columns[-1].ratio = True, 1  # bars take whatever width there is
    most = max((cdn.traffic_mbps for cdn in flow.traffic_by_cdn.values()), default=0.0)
    for name, cdn in flow.traffic_by_cdn.items():
        table.add_row(
            name,
            f"{cdn.traffic_mbps:,.1f}",
            f"{cdn.concurrent_sessions:,.0f}",
            Bar(most, 0, cdn.traffic_mbps, color="cyan") if most else "",
        )
    return table


def _last(seconds: int) -> str:
    if seconds % 60:
        return f"last {seconds} s"
    return "last minute" if seconds <= 60 else f"last {seconds // 60} minutes"  # noqa: PLR2004


def _sinks_part(sinks: Mapping[str, Flow]) -> Part:
    return Part(_sinks(sinks), 3, shorter=_sinks(sinks, is_short=True), whole=5)


def _sinks(sinks: Mapping[str, Flow], *, is_short: bool = False) -> Table:
    table = _table(
        "sink", "stored/s", "p50", "p99", "rejected", "lag", "partitions", "last write", "state"
    )
    now = time.time()
    for role, flow in sinks.items():
        if not flow.workers:
            table.add_row(role, *[_NOTHING] * 7, "does not answer")
            continue
        waits = f"waits for {flow.waiting_for}" if flow.waiting_for else "stores"
        table.add_row(
            role,
            _number(flow.rows_stored_per_second),
            _seconds(flow.freshness_p50),
            _seconds(flow.freshness_p99),
            f"{flow.rejected:,}",
            f"{flow.lag:,}",
            str(flow.partitions),
            ago(flow.stored_at, now),
            Text(waits, no_wrap=is_short, overflow="ellipsis" if is_short else "fold"),
        )
    return table


def _processes(processes: tuple[ProcessView, ...]) -> Table:
    table = _table("process", "pid", "state", "memory", "restarts")
    for process in processes:
        memory = process.memory_bytes
        table.add_row(
            process.name,
            str(process.pid or ""),
            process.state,
            "" if memory is None else f"{memory / 1e6:,.0f} MB",
            str(process.restarts or ""),
        )
    return table


def _notable(view: View) -> Text | None:
    """Show what no other part tells of: how far sources are, and which process does not run."""
    told = [
        f"{process.name}: {process.state}"
        for process in view.processes
        if not process.alarm
        and (
            process.name in view.addresses.sources
            or process.name == "edge"
            or not process.state.startswith("running")
        )
    ]
    return _lines(told) if told else None


def _lines(told: Sequence[str], style: str = "") -> Text:
    """Give a line each, and of many no more than a few."""
    shown = [" ".join(one.split()) for one in told[:_LINES]]
    if len(told) > _LINES:
        shown[-1] = f"and {len(told) - _LINES + 1} more, see: {invocation('status')}"
    return Text("\n".join(shown), style=style, overflow="ellipsis", no_wrap=True)


def _addresses(addresses: Addresses) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")  # whole, so that they can be copied
    table.add_row("Kafka", addresses.kafka)
    table.add_row("PostgreSQL", Text(addresses.postgres))
    for number, url in enumerate(addresses.web, 1):
        table.add_row(f"worker-{number}", f"{url}/  {url}/table/  {url}/status/")
    for role, sink in addresses.sinks.items():
        table.add_row(f"sink-{role}", f"{sink.web}/")
    for role, source in addresses.sources.items():
        table.add_row(role, "has ended" if source.ended else f"{source.web}/status/")
    for owner, url in metrics_of(addresses):
        table.add_row("metrics", f"{url} of {owner}")
    others = {"edge": addresses.edge, "Prometheus": addresses.prometheus}
    for name, viewer in (others | {"Grafana": addresses.grafana}).items():
        if viewer:
            table.add_row(name, viewer)
    return table


def _table(first: str, *others: str) -> Table:
    """Make a table of figures, which stay whole where it is narrow: names and words give way."""
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column(first, min_width=8)
    for other in others:
        head, justify = "\n".join(other.split()), _WORDS.get(other)
        if justify:
            table.add_column(head, overflow="fold", justify=justify)
        else:
            table.add_column(head, justify="right", no_wrap=True)
    return table


def _number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.0f}"


def _seconds(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.2f} s"
