"""Who gets a page, who gets JSON."""

import pytest

from app.worker.pages.negotiation import Wanted, wanted


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("", "json", id="nothing said"),
        pytest.param("*/*", "json", id="curl"),
        pytest.param("application/json", "json", id="a program"),
        pytest.param("text/html,application/xhtml+xml,*/*;q=0.8", "page", id="a browser"),
        pytest.param("application/json, text/html;q=0.5", "json", id="rather JSON"),
        pytest.param("text/html;q=0", "json", id="anything but HTML"),
        pytest.param("text/html;q=nonsense, */*", "json", id="no quality"),
        pytest.param("Text/HTML", "page", id="in capitals"),
        pytest.param("text/event-stream", "events", id="an EventSource"),
    ],
)
def test_a_page_is_for_who_asks_for_html(accept: str, expected: Wanted) -> None:
    assert wanted(accept) == expected


def test_head_of_a_stream_without_end_is_not_begun() -> None:
    assert wanted("text/event-stream", "HEAD") == "json"
