"""Which changes of a schema are additions, and which break what was sent before."""

from typing import Any

import pytest

from models.compatibility import breaking, changes

TEXT = {"type": "string", "minLength": 1, "maxLength": 64}
COUNT = {"type": "integer", "minimum": 0, "maximum": 100}
NULL = {"type": "null"}


def event(required: tuple[str, ...] = ("name",), **fields: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": TEXT, "count": COUNT, **fields},
        "required": list(required),
    }


SAME = {
    "nothing": {},
    "words": {"name": {**TEXT, "description": "other words", "$comment": "and more"}},
}

ADDITIONS = {
    "a new optional field": event(more=TEXT),
    "a required field is optional": event(required=()),
    "a longer text": event(name={**TEXT, "maxLength": 65}),
    "a shorter text": event(name={**TEXT, "minLength": 0}),
    "no end": event(count={"type": "integer", "minimum": 0}),
    "a lower beginning": event(count={**COUNT, "minimum": -0.5}),
    "a field may be null": event(count={"anyOf": [COUNT, NULL], "default": None}),
    "a number besides whole ones": event(count={**COUNT, "type": "number"}),
    "any type": event(count={"minimum": 0, "maximum": 100}),
    "a choice more": event(kind={"enum": ["a", "b", "c"]}),
    "no choices": event(kind={}),
    "a pattern less": event(code={"type": "string"}),
    "an alternative more": event(money={"anyOf": [COUNT, TEXT, NULL]}),
    "a wider alternative": event(money={"anyOf": [{**COUNT, "maximum": 101}, TEXT]}),
    "longer items": event(tags={"type": "array", "items": {**TEXT, "maxLength": 65}}),
    "any items": event(tags={"type": "array"}),
    "a new field inside": event(inner=event(more=TEXT)),
}

BREAKING = {
    "a removed field": {"type": "object", "properties": {"name": TEXT}, "required": ["name"]},
    "a renamed field": {"type": "object", "properties": {"nom": TEXT}, "required": ["nom"]},
    "an optional field is required": event(required=("name", "count")),
    "a new required field": event(required=("name", "more"), more=TEXT),
    "a shorter text at most": event(name={**TEXT, "maxLength": 63}),
    "a longer text at least": event(name={**TEXT, "minLength": 2}),
    "a higher beginning": event(count={**COUNT, "minimum": 1}),
    "an end where there was none": event(name={**TEXT, "maxItems": 3}),
    "another type": event(count=TEXT),
    "whole numbers only": event(part={"type": "integer"}),
    "a choice less": event(kind={"enum": ["a"]}),
    "choices where there were none": event(name={**TEXT, "enum": ["a"]}),
    "another pattern": event(code={"type": "string", "pattern": "^[a-z]+$"}),
    "another default": event(tagged={"type": "boolean", "default": False}),
    "no longer null": event(maybe=COUNT),
    "an alternative less": event(money={"anyOf": [TEXT]}),
    "a narrower alternative": event(money={"anyOf": [{**COUNT, "maximum": 99}, TEXT]}),
    "shorter items": event(tags={"type": "array", "items": {**TEXT, "maxLength": 63}}),
    "a new required field inside": event(inner=event(required=("name", "more"), more=TEXT)),
}

OLD = event(
    kind={"enum": ["a", "b"]},
    part={"type": "number"},
    code={"type": "string", "pattern": "^[A-Z]+$"},
    tagged={"type": "boolean", "default": True},
    maybe={"anyOf": [COUNT, NULL]},
    money={"anyOf": [COUNT, TEXT]},
    tags={"type": "array", "items": TEXT},
    inner=event(),
)


def changed(new: dict[str, Any]) -> dict[str, Any]:
    """Give OLD with the fields that `new` changes; one that has not name and count is whole."""
    if set(new["properties"]) >= {"name", "count"}:
        return {**new, "properties": {**OLD["properties"], **new["properties"]}}
    return new


@pytest.mark.parametrize("fields", SAME.values(), ids=SAME)
def test_words_are_no_change(fields: dict[str, Any]) -> None:
    assert changes(OLD, changed(event(**fields))) == []


@pytest.mark.parametrize("new", ADDITIONS.values(), ids=ADDITIONS)
def test_what_takes_all_that_was_sent_before_is_an_addition(new: dict[str, Any]) -> None:
    found = changes(OLD, changed(new))

    assert found
    assert {change.level for change in found} == {"addition"}


@pytest.mark.parametrize("new", BREAKING.values(), ids=BREAKING)
def test_what_refuses_something_that_was_sent_before_is_breaking(new: dict[str, Any]) -> None:
    assert breaking(OLD, changed(new))


@pytest.mark.parametrize("new", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_taken_back_is_breaking(new: dict[str, Any]) -> None:
    assert breaking(changed(new), OLD)


def test_a_change_says_where_it_is_and_what_it_is() -> None:
    shorter = {"type": "array", "items": {**TEXT, "maxLength": 63}}

    [change] = changes(OLD, changed(event(inner=event(tags=shorter), tags=shorter)))[1:]

    assert str(change) == "tags[]: maxLength from 64 to 63 (breaking)"
