"""Of several servers the one is found that takes writes, whatever is wrong with the others."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import pytest

from db.connecting import DatabaseUnreachableError, connect
from db.dsn import hosts
from devstack.engines import Postgres
from devstack.place.free_ports import free_port


@pytest.fixture
def silent() -> Iterator[int]:
    """Give the port of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def beside(database: str, *ports: int) -> str:
    """Name other servers before the real one."""
    others = "".join(f"127.0.0.1:{port}," for port in ports)
    return database.replace("@", f"@{others}")


async def test_servers_that_are_gone_or_say_nothing_are_passed_over(
    database: str, silent: int
) -> None:
    begun = time.monotonic()

    connection = await connect(beside(database, silent, free_port()), timeout=9)

    assert await connection.fetchval("SELECT 1") == 1
    assert time.monotonic() - begun < 9
    await connection.close()


@contextmanager
def cutting(port: int, after_bytes: int) -> Iterator[int]:
    """Give the port of a relay to this one that is cut after so many bytes of each answer."""

    def relay() -> None:
        with suppress(OSError):  # the end of the test
            while True:
                client, _ = listening.accept()
                with client, socket.create_connection(("127.0.0.1", port)) as server:
                    server.sendall(client.recv(65_536))
                    client.sendall(server.recv(after_bytes))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=relay)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("after_bytes", [0, 1])
async def test_one_that_dies_while_it_says_hello_is_passed_over(
    database: str, after_bytes: int
) -> None:
    with cutting(hosts(database)[0].port, after_bytes) as dying:
        connection = await connect(beside(database, dying))

        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


async def test_one_that_takes_no_writes_is_passed_over(postgres: Postgres, database: str) -> None:
    name = database.rpartition("/")[2]
    postgres.query(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    with pytest.raises(DatabaseUnreachableError) as error:
        await connect(beside(database, free_port()))

    assert str(error.value) == (
        "none of 2 servers can be used: 1: connection refused; 2: takes no writes (a standby)"
    )


async def test_a_server_that_refuses_is_not_passed_over(database: str) -> None:
    missing = f"{database.replace('@', f'@127.0.0.1:{free_port()},')}_missing"

    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await connect(missing)


async def test_one_server_that_says_nothing_is_given_up(silent: int) -> None:
    with pytest.raises(DatabaseUnreachableError, match="no answer within 1 s"):
        await connect(f"postgresql://me@127.0.0.1:{silent}/db", timeout=1)
