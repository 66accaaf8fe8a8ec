"""A refused record's bytes as text that is safe to look at."""

import unicodedata

_KEPT = {"\n", "\t"}
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Categories that show nothing or change what stands beside them, as U+202E turns text around."""


def readable(text: bytes | str) -> str:
    r"""Show what is no text, and what would hide or reorder text, as escapes like `\x00`."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="backslashreplace")
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
