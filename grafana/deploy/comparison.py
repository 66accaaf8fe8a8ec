"""What differs between what is wanted and what is there."""

import difflib
import json
from typing import Any


def seen_as(wanted: Any, found: Any) -> Any:
    """Give of `found` only what `wanted` speaks of.

    Grafana adds numbers, times and defaults at every level, and leaves out what is empty.
    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {
            key: seen_as(of, found[key]) if key in found else of
            for key, of in wanted.items()
            if key in found or not of
        }
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [seen_as(of, there) for of, there in zip(wanted, found, strict=True)]
    if not wanted and not found and not isinstance(found, bool):
        return wanted
    return found


def difference(wanted: Any, found: Any) -> list[str]:
    """Give the lines that would change, as a unified diff; none when nothing would."""
    there = seen_as(wanted, found)
    if there == wanted:
        return []
    lines = difflib.unified_diff(_lines(there), _lines(wanted), lineterm="", n=2)
    return list(lines)[2:]  # without the names of files that there are not


def _lines(value: Any) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()
