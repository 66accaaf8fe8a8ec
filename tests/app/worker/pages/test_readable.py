"""Payloads can be looked at, whatever they are."""

import pytest

from app.worker.pages.readable import readable


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        pytest.param(b'{"a": 1}\n', '{"a": 1}\n', id="text"),
        pytest.param("Köln".encode(), "Köln", id="UTF-8"),
        pytest.param(b"\xff\x00", r"\xff\x00", id="bytes that are no text"),
        pytest.param("a\u202eb".encode(), r"a\u202eb", id="turns text around"),
        pytest.param("a\u200bb".encode(), r"a\u200bb", id="shows nothing"),
        pytest.param(b"\x1b[2J\r", r"\x1b[2J\r", id="controls a terminal"),
    ],
)
def test_what_would_hide_or_reorder_is_escaped(payload: bytes, shown: str) -> None:
    assert readable(payload) == shown
