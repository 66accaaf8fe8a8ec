"""The picture that `headrace up` draws in a terminal, once a second."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.up.flow import Flow, StreamFlow
from app.up.up_file import Addresses
from app.up.view import ProcessView, View, psql_line
from generator.report import Report

_BAR_CELLS = 12  # so that it all fits into 80 columns
_LAGS = 8


def render(view: View) -> RenderableType:
    elapsed = timedelta(seconds=int(view.elapsed_seconds))
    title = f"[bold]Headrace[/bold]  {elapsed}  {view.doing}"
    parts: list[RenderableType] = [
        _totals(view.flow, view.report),
        "",
        _streams(view.flow),
        "",
        *(Text(stream.headline, style="cyan") for stream in view.flow.streams if stream.headline),
        "",
        _traffic(view.flow),
        _dead_letters(view.flow),
        "",
        _processes(view.processes),
        "",
        _addresses(view.addresses),
    ]
    if view.trouble:
        parts.append(Panel(Text(view.trouble), title="trouble", border_style="red"))
    return Panel(Group(*parts), title=title, title_align="left", border_style="blue")


def _totals(flow: Flow, report: Report | None) -> Table:
    table = Table.grid(padding=(0, 3))
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
    table.add_row(*(Text(name, style="dim") for name in figures))
    table.add_row(*figures.values())
    return table


def _streams(flow: Flow) -> Table:
    table = _table("stream", "in/s", "stored/s", "lag", "p50", "p99", "refused", "lags")
    for stream in flow.streams:
        table.add_row(
            stream.name,
            _number(stream.events_in_per_second),
            _number(stream.rows_stored_per_second),
            f"{stream.lag:,}",
            _seconds(stream.freshness_p50),
            _seconds(stream.freshness_p99),
            f"{sum(stream.dead_letters.values()):,}",
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
    most = max((cdn.traffic_mbps for cdn in flow.traffic_by_cdn.values()), default=0.0)
    for name, cdn in flow.traffic_by_cdn.items():
        cells = round(_BAR_CELLS * cdn.traffic_mbps / most) if most else 0
        table.add_row(
            name,
            f"{cdn.traffic_mbps:,.1f}",
            f"{cdn.concurrent_sessions:,.0f}",
            Text("█" * cells, style="cyan"),
        )
    return table


def _last(seconds: int) -> str:
    if seconds % 60:
        return f"last {seconds} s"
    return "last minute" if seconds <= 60 else f"last {seconds // 60} minutes"  # noqa: PLR2004


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


def _addresses(addresses: Addresses) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")  # whole, so that they can be copied
    table.add_row("Kafka", addresses.kafka)
    table.add_row("PostgreSQL", Text(psql_line(addresses.postgres)))
    for number, url in enumerate(addresses.web, 1):
        table.add_row(f"worker-{number}", f"{url}/  {url}/table/  {url}/status/")
    for number, url in enumerate(addresses.metrics, 1):
        table.add_row("" if number > 1 else "metrics", url)
    for name, viewer in (("Prometheus", addresses.prometheus), ("Grafana", addresses.grafana)):
        if viewer:
            table.add_row(name, viewer)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column(first)
    for other in others:
        table.add_column(other, justify="left" if other in ("", "state") else "right")
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"  # noqa: RUF001 - a dash, not a minus


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"  # noqa: RUF001
