"""Settings of an edge that do not fit are told in words, each by its own name."""

import pytest

from config.edge_settings import EdgeSettings
from config.environment import SettingsError


def wrong(monkeypatch: pytest.MonkeyPatch, **given: str) -> str:
    for name, value in given.items():
        monkeypatch.setenv(f"HEADRACE_EDGE_{name}", value)
    with pytest.raises(SettingsError) as error:
        EdgeSettings()
    return str(error.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ADDRESSES": "hashed"}, "HEADRACE_EDGE_ADDRESSES=hashed needs"),
        ({"TLS_KEY": "key.pem"}, "HEADRACE_EDGE_TLS_CERT and HEADRACE_EDGE_TLS_KEY go together"),
    ],
)
def test_what_is_wrong_with_two_together_names_them(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], words: str
) -> None:
    assert wrong(monkeypatch, **given).startswith(words)


@pytest.mark.parametrize(
    "origin",
    [
        "tv.example",
        "https://tv.example/",
        "https://tv.example/app",
        "https://TV.example",
        "https://*.tv.example",
        "https://tv.example:443",
        "http://tv.example:80",
        "https://user@tv.example",
        "https://",
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    told = wrong(monkeypatch, CORS_ORIGINS=f"https://one.example,{origin}")

    assert told.startswith("HEADRACE_EDGE_CORS_ORIGINS: at place 2 of 2 stands")
    assert "https://tv.example, with its scheme" in told


def test_origins_that_browsers_and_apps_send_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = (
        "*",
        "null",
        "file://",
        "https://tv.example",
        "https://tv.example:8443",
        "http://localhost:5173",
        "http://[::1]:8080",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
    )
    monkeypatch.setenv("HEADRACE_EDGE_CORS_ORIGINS", ",".join(origins))

    assert EdgeSettings().cors_origins == origins
