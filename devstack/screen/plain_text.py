"""A run in one line, for logs and pipes."""

from __future__ import annotations

import time

from config.extras import installing
from config.invocation import invocation
from devstack.measure.ways_in import EdgeStatus, WayIn, edge_alarm
from devstack.place.up_file import Addresses, RoleAddresses
from devstack.screen.view import View, metrics_of
from telemetry.flow import Flow, unheld_of

NO_EDGE = f"no edge runs here: it needs the extra `edge` ({installing('edge')})"


def line(view: View) -> str:
    produced = f"produced {view.report.produced:,}, " if view.report else ""
    now = time.time()
    sinks = "".join(f"\n  sink {sink_line(*one, now)}" for one in view.sinks.items())
    return f"{view.elapsed_seconds:5.0f} s  {view.doing}: {produced}{flow_line(view.flow)}{sinks}"


def sink_line(role: str, flow: Flow, now: float) -> str:
    """Say what flows through a further sink; `now` is seconds since 1970."""
    if not flow.workers:
        return f"{role}: its worker does not answer"
    words = [
        f"stored {_rate(flow.rows_stored_per_second)} ({flow.rows_stored:,} rows)",
        f"partitions {flow.partitions}",
        f"lag {flow.lag:,}",
        f"fresh p50 {_seconds(flow.freshness_p50)} p99 {_seconds(flow.freshness_p99)}",
        f"rejected {flow.rejected:,}",
        f"last write {ago(flow.stored_at, now)}",
        *(f"waits for {reason}" for reason in [flow.waiting_for] if reason),
    ]
    return f"{role}: {', '.join(words)}"


def way_in_line(name: str, way_in: WayIn, now: float) -> str:
    """Say what comes through a source or the edge; `now` is seconds since 1970."""
    status = way_in.status
    if way_in.ended:
        return f"{name}: has ended: it has read all"
    if status is None:
        return f"{name}: does not answer"
    if isinstance(status, EdgeStatus):
        state = edge_alarm(status) or "ready"
        counted = f"({status.accepted:,} events), refused {status.refused:,}"
        return f"{name}: {state}, takes {_rate(way_in.per_second)} {counted}"
    words = [status.state]
    if source := status.source:
        words += [
            f"sends {_rate(way_in.per_second)} ({source.records:,} events)",
            f"newest event {ago(source.last_event or None, now)}",
            f"reconnects {source.reconnects:,}, gaps {source.gaps:,}, filled {source.filled:,}",
            f"refused {sum(source.refused.values()):,}",
            *(told for told in [source.progress] if told),
        ]
    words += [f"waits for {reason}" for reason in [status.waiting_for] if reason]
    return f"{name}: {', '.join(words)}"


def ago(moment: float | None, now: float) -> str:
    """Say how long ago a write was, `-` where there was none."""
    return "-" if moment is None else f"{max(0.0, now - moment):,.0f} s ago"


def addresses(places: Addresses) -> str:
    """Say where everything is reached, a line each."""
    return "\n".join(
        [
            *(f"page      {url}/" for url in places.web),
            f"events    {places.edge}/v1/events/STREAM" if places.edge else f"events    {NO_EDGE}",
            f"kafka     {places.kafka}",
            f"postgres  {places.postgres}",
            f"          in another terminal: {invocation('psql')}",
            *(f"sink page {sink.web}/ of {role}" for role, sink in places.sinks.items()),
            *(f"source    {_source(role, one)}" for role, one in places.sources.items()),
            *(f"metrics   {url} of {owner}" for owner, url in metrics_of(places)),
            *(f"metrics   {url} of Prometheus" for url in [places.prometheus] if url),
            *(f"grafana   {url}" for url in [places.grafana] if url),
        ]
    )


def _source(role: str, source: RoleAddresses) -> str:
    return f"{role} has ended" if source.ended else f"{source.web}/status/ of {role}"


def flow_line(flow: Flow) -> str:
    """Say what flows through the workers now."""
    if not flow.workers:
        return "no worker answers yet"
    words = [
        f"in {_rate(flow.events_in_per_second)}",
        f"stored {_rate(flow.rows_stored_per_second)} ({flow.rows_stored:,} rows)",
        f"lag {flow.lag:,}",
        f"fresh p50 {_seconds(flow.freshness_p50)} p99 {_seconds(flow.freshness_p99)}",
        f"windows {flow.open_windows:,}",
        f"dead letters {sum(flow.dead_letters.values()):,}",
    ]
    words += [stream.headline for stream in flow.streams if stream.headline]
    words += [unheld for unheld in [unheld_of(flow.streams)] if unheld]
    words += [
        f"{worker.worker} waits for {worker.waiting_for}"
        for worker in flow.workers
        if worker.waiting_for
    ]
    return ", ".join(words)


def _rate(value: float | None) -> str:
    return "-/s" if value is None else f"{value:,.0f}/s"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
