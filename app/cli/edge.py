"""`headrace edge`."""

import os
import socket
from ipaddress import ip_address
from pathlib import Path

import click

from config.edge_settings import EdgeSettings
from config.environment import PlainError
from config.extras import EDGE_PACKAGES, require
from config.settings import Settings
from config.streams import chosen_streams


@click.command()
@click.option("--host", help="Where to listen; HEADRACE_EDGE_HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65_535), help="HEADRACE_EDGE_PORT, or 8080.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default one.")
@click.option("--open", "is_open", is_flag=True, help="Serve everybody, also beyond this machine.")
@click.option("--new-key", metavar="NAME", help="Print a new API key and its hash, and end.")
def edge(
    *, host: str | None, port: int | None, workers: int | None, is_open: bool, new_key: str | None
) -> None:
    """Take events over HTTP, judge them, and send them to Kafka.

    POST /v1/events/STREAM takes an object, an array, or JSON Lines, and answers 202 when Kafka has
    the good ones. Start as many as you like: an edge keeps no state that matters. Beyond this
    machine it needs API keys: docs/guides/send-events.md.
    """
    require(*EDGE_PACKAGES, extra="edge")
    if new_key is not None:
        _tell_key(new_key)
        return
    # the processes of the edge read the same environment
    given = {"HOST": host, "PORT": port, "WORKERS": workers, "OPEN": is_open or None}
    for name, value in given.items():
        if value is not None:
            os.environ[f"HEADRACE_EDGE_{name}"] = str(value)
    settings = EdgeSettings()
    _check(settings)
    from edge.server import Serving, become  # noqa: PLC0415 - of the extra `edge`

    scheme = "https" if settings.tls_cert else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"The edge listens at {scheme}://{host}:{settings.port}")
    become(Serving(**settings.model_dump(include=set(Serving._fields))))


def _check(settings: EdgeSettings) -> None:
    """Tell what is wrong before any process starts."""
    from edge.app import key_ring  # noqa: PLC0415 - of the extra `edge`
    from edge.bridge.writable import writable  # noqa: PLC0415 - as above

    worker = Settings()
    streams = chosen_streams(worker)
    writable(settings.bridge_topics, {one.topic: worker.topic(one.topic) for one in streams})
    keys = key_ring(settings)
    keys.load()
    if keys.is_empty and not settings.open and not _is_loopback(settings.host):
        raise click.ClickException(
            "beyond this machine an edge needs API keys (headrace edge --new-key NAME), or --open "
            "if everybody may send"
        )
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as listener:
        # granian's own socket shares a port with others that do: another edge would take half
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    if settings.tls_cert:
        _check_certificate(Path(settings.tls_cert), Path(settings.tls_key))


def _check_certificate(cert: Path, key: Path) -> None:
    from edge.certificates import is_fit, is_out_of_date  # noqa: PLC0415 - of the extra `edge`

    for name in (cert, key):
        if not os.access(name, os.R_OK):
            raise click.ClickException("HEADRACE_EDGE_TLS_CERT or _TLS_KEY cannot be read")
    if not is_fit(cert, key):
        raise click.ClickException(
            "HEADRACE_EDGE_TLS_CERT and _TLS_KEY do not fit: expected a certificate (X.509 v3) and "
            "its own key without a password, of RSA (2048 bits or more), ECDSA P-256 or P-384, or "
            "Ed25519"
        )
    if is_out_of_date(cert, key):
        # served all the same: not every device has a clock, and those that have say so themselves
        click.echo(
            "Warning: the certificate of HEADRACE_EDGE_TLS_CERT is out of date: clients that check "
            "dates refuse it. Replace the file; the edge need not be restarted",
            err=True,
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _tell_key(name: str) -> None:
    from edge.keys import EXPECTED, ApiKey, hash_of, new_key  # noqa: PLC0415 - of the extra `edge`

    key = new_key()
    try:
        told = ApiKey(name=name, sha256=hash_of(key))
    except ValueError:
        raise PlainError(f"--new-key: a name has {EXPECTED['name']}") from None
    click.echo(f"The key, which is shown only now:\n  {key}\n")
    click.echo("For the file that HEADRACE_EDGE_KEYS_FILE names, below `keys:`")
    click.echo(f"  - name: {told.name}\n    sha256: {told.sha256}")
    click.echo("    streams: []            # all; or [content_sessions, ...]")
    click.echo("    events_per_second: 0   # any number")
