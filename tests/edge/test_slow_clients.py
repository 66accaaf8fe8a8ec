"""Clients that send slowly or read slowly: they take a bounded part of the edge, for a while."""

import http.client
import select
import socket
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psutil

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.integration.events import heartbeat

STREAM = "content_sessions"
POST = (
    b"POST /v1/events/content_sessions HTTP/1.1\r\nHost: edge\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000001\r\n\r\n"
)
CLIENTS = 90


def test_large_bodies_that_all_come_at_once_do_not_fill_the_memory(edge: EdgeProcess) -> None:
    with ExitStack() as opened:
        clients = []
        for _ in range(CLIENTS):
            client = socket.create_connection(("127.0.0.1", edge.port), timeout=30)
            clients.append(opened.enter_context(client))
            client.sendall(POST[:-4])
        refused = sum(answered_with_503(client) for client in clients)
        small = edge.post(STREAM, heartbeat())

    assert 0 < refused < CLIENTS
    assert small.status == 202
    assert edge.post(STREAM, b" " * 1_000_000 + heartbeat()).status == 202


def answered_with_503(client: socket.socket) -> bool:
    """Send all but the last byte of a body; say whether the edge has refused it by then."""
    try:
        client.sendall(POST[-4:] + b" " * 1_000_000)
        client.settimeout(0.1)
        answer = http.client.HTTPResponse(client)
        answer.begin()
    except TimeoutError:
        return False  # it waits for the last byte
    except OSError:
        return True  # it has answered, and closed before all was sent
    assert answer.status == 503
    assert answer.getheader("retry-after")
    return True


def test_a_body_that_takes_long_to_read_holds_nobody_up(edge: EdgeProcess) -> None:
    # strings with an escape: only http-sf reads them
    line = b'cid="' + rb"\"" * 470 + b'",e=t,sid="s",ts=1'
    body = b"\n".join([line] * 1_000)
    head = POST.replace(b"application/json", b"application/cmcd").replace(b"1000001", b"%d")
    head = head.replace(b"/v1/events/content_sessions", b"/v1/cmcd") % len(body)
    answered = 0
    with socket.create_connection(("127.0.0.1", edge.port), timeout=60) as client:
        client.sendall(head + body[:-1])
        assert edge.ask("GET", "/livez").status == 200
        client.sendall(body[-1:])
        while not select.select([client], [], [], 0)[0]:
            assert edge.ask("GET", "/livez").status == 200
            answered += 1
        with closing(http.client.HTTPResponse(client)) as answer:
            answer.begin()
            assert answer.status == 202

    assert answered > 3  # one or two where the body is read at once


def test_a_client_that_does_not_read_is_cut(kafka: Kafka, folder: Path, watchdog: Watchdog) -> None:
    edge = edge_process(kafka.address, folder, watchdog, {"HEADRACE_EDGE_IDLE_SECONDS": "2"})
    edge.start()
    try:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.connect(("127.0.0.1", edge.port))
            client.settimeout(1)
            with suppress(OSError):  # its own way to the edge is full as well
                client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: edge\r\n\r\n" * 5_000)
            its_own = client.getsockname()[1]
            assert its_own in clients_of(edge)

            edge.wait_until(lambda: its_own not in clients_of(edge), "rid of it")

        assert edge.ask("GET", "/livez").status == 200
    finally:
        edge.child.kill()


def clients_of(edge: EdgeProcess) -> list[int]:
    """Give the ports of the clients that an edge holds connections to."""
    parent = psutil.Process(edge.child.pid)
    return [
        connection.raddr.port
        for process in (parent, *parent.children(recursive=True))
        for connection in process.net_connections("tcp")
        if connection.raddr and connection.laddr.port == edge.port
    ]
