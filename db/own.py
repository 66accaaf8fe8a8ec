"""SQL that comes with a stream of one's own: each file is run once and remembered by its name."""

from collections.abc import Sequence
from pathlib import Path

from db.connecting import connect
from db.queries import load

_LOCK = 0x4EAD2ACF
_SECONDS = 60


def files_beside(stream_file: Path) -> list[Path]:
    """Give `<stream>.sql`, `<stream>.2.sql`, `<stream>.3.sql` and so on, in order."""
    found = [stream_file.with_suffix(".sql")]
    while (following := stream_file.with_suffix(f".{len(found) + 1}.sql")).is_file():
        found.append(following)
    return [path for path in found if path.is_file()]


async def migrate_own(dsn: str, files: Sequence[Path]) -> list[str]:
    """Run what was not run yet, each in a transaction; return the names of those files.

    Raises OSError, TimeoutError or asyncpg.PostgresError as they come.
    """
    if not files:
        return []
    sql = load(Path(__file__).with_name("own.sql"))
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(sql["make"])
        done = []
        for path in files:
            async with connection.transaction():
                if await connection.fetchval(sql["remember"], path.name):
                    await connection.execute(path.read_text(encoding="utf-8"))
                    done.append(path.name)
        return done
    finally:
        await connection.close()
