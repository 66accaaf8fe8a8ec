"""Events out of what a person hands over: an argument, standard input, a file. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Given:
    """The bytes of one event, untouched, and where they stood: `line 3`, `event 2`."""

    where: str
    value: bytes


def read(source: str, text: bytes) -> list[Given]:
    """Read one JSON object a line, an array of objects, or one object over several lines.

    What is no JSON is an event too, for the contract to judge. `source` is put before the place;
    "" for none.
    """
    before = f"{source}, " if source else ""
    try:
        whole = msgspec.json.decode(text, type=msgspec.Raw)
        if text.lstrip().startswith(b"["):
            parts = msgspec.json.decode(text, type=list[msgspec.Raw])
            return [Given(f"{before}event {n}", bytes(it)) for n, it in enumerate(parts, 1)]
        first = 1 + text[: len(text) - len(text.lstrip())].count(b"\n")
        return [Given(f"{before}line {first}", bytes(whole).strip())]
    except msgspec.DecodeError:
        lines = enumerate(text.split(b"\n"), 1)
        return [Given(f"{before}line {n}", it.strip()) for n, it in lines if it.strip()]
