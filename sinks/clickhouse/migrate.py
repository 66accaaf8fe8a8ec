"""What `headrace migrate --sink NAME` does for a sink of this kind."""

import hashlib
import secrets

from models.streams import Stream
from sinks.clickhouse.names import Names, quoted, text
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.preparation import bring_up_to_date
from sinks.clickhouse.server import Server


async def migrate(options: ClickhouseOptions, stream: Stream) -> None:
    """Bring a stream's tables, projections and views up to date, and let the reader read.

    Raises SinkUnavailable and DeduplicationError, whose words say what to do.
    """
    server = Server(options)
    try:
        await bring_up_to_date(server, options, stream, Names.of(options, stream))
        for sql in reader_sql(options):
            await server.query(sql)
    finally:
        await server.close()


def reader_sql(options: ClickhouseOptions) -> list[str]:
    """Make the user that may read this database and nothing else; none without a password.

    Its password is hashed here: queries end in the server's log.
    """
    if options.reader_password is None:
        return []
    salt = secrets.token_hex(16)
    password = options.reader_password.get_secret_value()
    digest = hashlib.sha256(f"{password}{salt}".encode()).hexdigest()
    user = quoted(options.reader)
    known = f"IDENTIFIED WITH sha256_hash BY {text(digest)} SALT {text(salt)}"
    # readonly = 2: may not write, but may set limits and formats, as Grafana's plug-in does
    return [
        f"CREATE USER IF NOT EXISTS {user} {known} SETTINGS readonly = 2",
        f"ALTER USER {user} {known}",
        f"GRANT SELECT ON {quoted(options.database)}.* TO {user}",
    ]
