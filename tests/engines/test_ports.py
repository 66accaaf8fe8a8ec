"""Ports stay with the data, unless somebody else has taken one."""

import socket
from pathlib import Path

from app.engines.ports import free_port, is_free, kept_ports


def test_ports_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "kafka" / "ports.json"

    first = kept_ports(file, ("client", "controller"))

    assert kept_ports(file, ("client", "controller")) == first
    assert first["client"] != first["controller"]


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = kept_ports(file, ("client", "controller"))

    with socket.socket() as other:
        other.bind(("127.0.0.1", first["client"]))
        other.listen()
        second = kept_ports(file, ("client", "controller"))

    assert second["client"] != first["client"]
    assert second["controller"] == first["controller"]


def test_a_port_on_which_something_listens_is_not_free() -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert not is_free(port)
