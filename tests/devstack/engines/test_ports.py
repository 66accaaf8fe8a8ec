"""Ports stay with the data, unless somebody else has taken one."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from devstack.place.free_ports import free_port, is_free, kept_ports

# Says that it has one, and keeps it until it is told to end
CLAIMS_A_PORT = """
import sys
from pathlib import Path
from devstack.place.free_ports import kept_ports
kept_ports(Path(sys.argv[1]), ("client",))
print(flush=True)
input()
"""


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


def test_a_port_is_given_to_one_process_until_that_ends(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    holds = [sys.executable, "-c", CLAIMS_A_PORT, str(file)]

    with subprocess.Popen(holds, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()  # it has it
        theirs = json.loads(file.read_text())["client"]
        during = kept_ports(file, ("client",))["client"]
        other.communicate(b"\n")
    file.write_text(json.dumps({"client": theirs}))

    assert is_free(theirs)
    assert during != theirs
    assert kept_ports(file, ("client",))["client"] == theirs


def test_no_port_is_given_twice() -> None:
    count = 200  # of 17,000: by chance alone, one pair is likely
    program = (
        "from devstack.place.free_ports import free_port\n"
        f"[print(free_port()) for _ in range({count})]"
    )

    # in a process of its own, which keeps none of them
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert len(set(done.stdout.split())) == count
