"""The database: whether it lets us in, is migrated and may be written, and how its clock goes."""

from __future__ import annotations

from collections.abc import Iterator

from db.examination import Examination, UnreachableError, examine
from db.migrate import LATEST
from devstack.place.addresses import Place, without_password
from doctor.finding import Finding

_OLDEST = 140_000
_CLOCK_SECONDS = 2.0
_FULL = 0.9


async def database(place: Place, seconds: float, bytes_allowed: int) -> list[Finding]:
    """Look at the database, each statement within so many seconds."""
    shown = without_password(place.address)[0]
    try:
        found = await examine(place.address, seconds)
    except UnreachableError as error:
        return [Finding("database", f"{shown} ({place.named_by}): {error}", error.cure)]
    return [
        _server(shown, place, found),
        _migrations(found),
        _extension(found),
        *_rights(found),
        _clock(found),
        _size(found, bytes_allowed),
    ]


def _server(shown: str, place: Place, found: Examination) -> Finding:
    version = f"PostgreSQL {found.version // 10_000}"
    said = f"{shown} answers, {version} ({place.named_by})"
    if found.version < _OLDEST:
        return Finding("database", said, "use PostgreSQL 14 or newer")
    if found.is_read_only:
        return Finding("database", f"{said}, read-only", "name the primary in HEADRACE_DATABASE")
    if not (found.syncs and found.commits_wait):
        # a crash of the server may take commits with it: docs/guides/operations.md
        return Finding("database", f"{said}", "set fsync and synchronous_commit to on")
    return Finding("database", said)


def _migrations(found: Examination) -> Finding:
    if found.revision is None and found.not_ours:
        return Finding("migrations", "not known: see rights", "see rights")
    if found.revision is None:
        return Finding("migrations", "no table of Headrace is there", "headrace migrate")
    if found.revision < LATEST:
        return Finding("migrations", f"at {found.revision}, {LATEST} is newest", "headrace migrate")
    if found.revision > LATEST:
        said = f"at {found.revision}, made by a newer Headrace; this one knows {LATEST}"
        return Finding("migrations", said)
    return Finding("migrations", f"at {found.revision}, the newest")


def _extension(found: Examination) -> Finding:
    way = found.way
    if way.extension:  # then plain partitions are what nobody chose
        return Finding("TimescaleDB", str(way), way.cure)
    option = "" if found.revision else "headrace migrate --timescale"
    cure = way.cure or (option if way.is_available else "")
    return Finding("TimescaleDB", f"{way} (to change that: {cure})" if cure else str(way))


def _rights(found: Examination) -> Iterator[Finding]:
    if not found.may_create and not found.not_ours:
        cure = f"as an administrator: GRANT CREATE ON SCHEMA public TO {found.role}"
        yield Finding("rights", f"{found.role} may not make tables and partitions", cure)
    elif found.not_ours:
        cure = "use the role that ran headrace migrate, or make it their owner"
        yield Finding("rights", f"{found.role} may not write {', '.join(found.not_ours)}", cure)
    else:
        yield Finding("rights", f"{found.role} may make and write tables")
    if found.revision is not None and not found.has_reader:
        yield Finding("reader", "there is no role headrace_reader", "headrace migrate says how")
    elif found.reader_lacks:
        said = f"headrace_reader may not read {found.reader_lacks} tables"
        yield Finding("reader", said, "headrace migrate")
    elif found.revision is not None:
        yield Finding("reader", "headrace_reader may read everything")


def _clock(found: Examination) -> Finding:
    ahead = found.clock_seconds
    said = f"the database's is {abs(ahead):,.1f} s {'ahead of' if ahead > 0 else 'behind'} this one"
    if abs(ahead) > _CLOCK_SECONDS:
        return Finding("clocks", said, "synchronise both machines' clocks: NTP")
    return Finding("clocks", said)


def _size(found: Examination, allowed: int) -> Finding:
    said = f"the database weighs {found.size_bytes / 1e6:,.0f} MB"
    if not allowed:
        return Finding("size", said)
    said += f" of {allowed / 1e6:,.0f} MB (HEADRACE_DATABASE_BYTES_ALLOWED)"
    if found.size_bytes > _FULL * allowed:
        return Finding("size", said, "headrace storage tells what weighs; keep less, or allow more")
    return Finding("size", said)
