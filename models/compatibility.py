"""Which changes of a JSON Schema leave what was sent before as good as it was. Pure.

The idea is SchemaVer's: a change is an *addition* when every event of the old schema is one of the
new schema too, and means the same; everything else is *breaking*, and needs a new major version.
docs/reference/schemas.md tells both for people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["addition", "breaking"]
Schema = Mapping[str, Any]

_WORDS = {"$schema", "$id", "$comment", "title", "description", "examples"}
"""Keywords for people: they may change at any time."""

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOOKED_INTO = {*_LOWER, *_UPPER, "type", "enum", "items", "properties", "required", "default"}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `path` is the field, with `[]` for the items of a list."""

    path: str
    level: Level
    what: str

    def __str__(self) -> str:
        return f"{self.path or 'event'}: {self.what} ({self.level})"


def changes(old: Schema, new: Schema, path: str = "") -> list[Change]:
    """Say everything that matters which differs between two schemas of one event."""
    return list(_changes(old, new, path))


def breaking(old: Schema, new: Schema) -> list[Change]:
    return [change for change in changes(old, new) if change.level == "breaking"]


def _changes(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    if "default" in old and "default" in new and old["default"] != new["default"]:
        yield Change(path, "breaking", f"default from {old['default']!r} to {new['default']!r}")
    if "anyOf" in old or "anyOf" in new:
        yield from _alternatives(_each(old), _each(new), path)
        return
    yield from _types(old, new, path)
    yield from _choices(old, new, path)
    yield from _bounds(old, new, path)
    yield from _items(old, new, path)
    yield from _fields(old, new, path)
    # what is not understood (pattern, format, ...) may be dropped, but not changed
    for key in sorted((old.keys() | new.keys()) - _LOOKED_INTO - _WORDS):
        if old.get(key) != new.get(key):
            what = f"{key} from {old.get(key)!r} to {new.get(key)!r}"
            yield _shift(path, what, widened=key not in new)


def _items(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    if "items" in old and "items" in new:
        yield from _changes(old["items"], new["items"], f"{path}[]")
    elif "items" in old or "items" in new:
        yield _shift(path, "what a list holds", widened="items" in old)


def _types(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    before, after = _set(old.get("type")), _set(new.get("type"))
    if before == after:
        return
    # every integer is a number
    reached = after | {"integer"} if "number" in after else after
    widened = not after or bool(before and before <= reached)
    yield _shift(path, f"type from {_named(before)} to {_named(after)}", widened=widened)


def _choices(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    before, after = _choice(old), _choice(new)
    if before == after:
        return
    widened = after is None or (before is not None and before <= after)
    yield _shift(path, f"choices from {_named(before)} to {_named(after)}", widened=widened)


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    for keys, is_wider in ((_LOWER, float.__le__), (_UPPER, float.__ge__)):
        for key in keys:
            before, after = old.get(key), new.get(key)
            if before == after:
                continue
            widened = after is None or (
                before is not None and is_wider(float(after), float(before))
            )
            yield _shift(path, f"{key} from {before} to {after}", widened=widened)


def _alternatives(before: list[Schema], after: list[Schema], path: str) -> Iterator[Change]:
    for one in before:
        if not any(_accepts(other, one) for other in after):
            yield Change(path, "breaking", f"no longer takes {_plain(one)}")
    for one in after:
        if not any(_accepts(other, one) for other in before):
            yield Change(path, "addition", f"also takes {_plain(one)}")


def _fields(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(before.keys() - after.keys()):
        yield Change(_at(path, name), "breaking", "removed, or renamed")
    for name in sorted(after.keys() - before.keys()):
        if name not in is_required:
            yield Change(_at(path, name), "addition", "new, optional")
        else:
            yield Change(_at(path, name), "breaking", "new, and required")
    for name in sorted(before.keys() & after.keys()):
        if name in is_required - was_required:
            yield Change(_at(path, name), "breaking", "was optional, is required")
        if name in was_required - is_required:
            yield Change(_at(path, name), "addition", "was required, is optional")
        yield from _changes(before[name], after[name], _at(path, name))


def _accepts(new: Schema, old: Schema) -> bool:
    """Say whether all that `old` takes `new` takes too."""
    return not breaking(old, new)


def _each(schema: Schema) -> list[Schema]:
    """Give the alternatives, each with what is said of all of them."""
    common = {key: said for key, said in schema.items() if key not in {"anyOf", "default"}}
    return [{**common, **one} for one in schema.get("anyOf", [{}])]


def _shift(path: str, what: str, *, widened: bool) -> Change:
    return Change(path, "addition" if widened else "breaking", what)


def _choice(schema: Schema) -> set[Any] | None:
    return set(schema["enum"]) if "enum" in schema else None


def _set(said: Any) -> set[str]:
    if said is None:
        return set()
    return {said} if isinstance(said, str) else set(said)


def _named(choices: set[Any] | None) -> str:
    return "anything" if not choices else " or ".join(sorted(map(str, choices)))


def _plain(schema: Schema) -> str:
    return ", ".join(f"{key} {said}" for key, said in sorted(schema.items()) if key not in _WORDS)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
