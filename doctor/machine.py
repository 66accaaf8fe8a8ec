"""This machine: ports and disk; and the Grafana that the settings or `headrace up` name."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import Settings
from devstack.measure.worker_status import fetch
from devstack.place.data_dir import DataDir
from devstack.place.up_file import UpFile
from doctor.finding import Finding

_GIB = 1024**3
_SECONDS = 3.0


def ports(settings: Settings) -> Iterator[Finding]:
    """Say who has the ports of a worker that is started here now; one of Headrace's is right."""
    web = f"{_reachable(settings.web_host)}:{settings.web_port}"
    metrics = f"{_reachable(settings.metrics_host)}:{settings.metrics_port}"
    yield _port("HEADRACE_WEB_PORT", settings.web_host, settings.web_port, _is_worker(web))
    if settings.metrics_port:
        is_ours = _answers(f"http://{metrics}/livez") is not None
        yield _port(
            "HEADRACE_METRICS_PORT", settings.metrics_host, settings.metrics_port, is_ours=is_ours
        )


def _port(variable: str, host: str, port: int, is_ours: bool) -> Finding:  # noqa: FBT001
    if is_ours:
        return Finding("ports", f"{port}: a worker of Headrace answers ({variable})")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            taken.bind((host, port))
    except OSError as error:
        said = f"{host}:{port} cannot be had: {error.strerror or 'no such host'}"
        return Finding("ports", said, f"set {variable} to another, or end what has it")
    return Finding("ports", f"{port} is free ({variable})")


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - asked, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _is_worker(place: str) -> bool:
    return fetch(f"http://{place}") is not None


def disk(settings: Settings) -> Finding:
    """Say how much is free where `headrace up` keeps its data."""
    folder = Path(settings.home).resolve()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(there)
    said = f"{usage.free / _GIB:,.1f} GiB of {usage.total / _GIB:,.0f} are free at {there}"
    if usage.free < _GIB:
        return Finding("disk", said, "free some, or name another folder in HEADRACE_HOME")
    return Finding("disk", said)


def grafana(settings: Settings) -> Finding:
    """Ask the Grafana that is named, if one is."""
    runs = UpFile.read(DataDir(Path(settings.home).resolve()).up_file)
    url = settings.grafana_url or (runs.addresses.grafana if runs else None)
    if not url:
        return Finding("Grafana", "none is named in HEADRACE_GRAFANA_URL, and none is needed")
    health = _answers(f"{url.rstrip('/')}/api/health")
    shown = urlsplit(url)
    place = f"{shown.scheme}://{shown.netloc.rpartition('@')[2]}{shown.path}"
    try:
        version = json.loads(health or b"")["version"]
    except (ValueError, KeyError, TypeError):
        return Finding("Grafana", f"none answers at {place}", "start it, or correct the address")
    return Finding("Grafana", f"{place} answers, version {version}")


def _answers(url: str) -> bytes | None:
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(place.netloc.rpartition("@")[2], timeout=_SECONDS)
        connection.request("GET", place.path)
        answer = connection.getresponse()
        return answer.read(65_536)
    except (OSError, http.client.HTTPException, ValueError):
        return None
