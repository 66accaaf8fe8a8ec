"""The page itself, in Markdown. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from db.dictionary import Function, Relation, RelationColumn
from models.schema import contracts, document
from models.streams import Stream
from reference.comments import Words, words_of
from reference.types import needed, type_of

COMMAND = "headrace dictionary --temporary > docs/reference/data.md"

_HEAD = f"""# What there is: events, topics, tables, views

<!-- Made by `{COMMAND}`;
tests/repository/test_dictionary.py holds it current. -->

From the contracts (`models/`) and the database's own comments. Times are instants: PostgreSQL shows
them in the zone of whoever asks. What may change in an event, and how: [schemas.md](schemas.md).
"""

_DEAD_LETTERS = """Each has a topic `<topic>.dead-letters` beside it: the records that are no
events, with the reason in their headers, as in the table `event_dead_letters`.
`HEADRACE_TOPIC_PREFIX` stands before all names.
"""

_EVENTS = """## Events

JSON objects, one in each Kafka record. Fields that are not listed are allowed; `media_events` keeps
them in `extra`.
"""

_WINDOWS = """## Window tables

Totals by window and Kafka partition, as workers write them; the primary key is in bold. **Read the
views instead**: they add the partitions up.
"""


def page(
    streams: Mapping[str, Stream], relations: Sequence[Relation], functions: Sequence[Function]
) -> str:
    """Write the page."""
    windows = {f"{window.name}_windows" for one in streams.values() for window in one.windows}
    raw = [one for one in relations if one.name in streams]
    views = [one for one in relations if one.is_view and not _is_step(one, relations)]
    folded = [one for one in relations if one.name in windows]
    others = [one for one in relations if not one.is_view and one not in [*raw, *folded]]
    words = words_of(streams, relations)
    parts = [
        _HEAD,
        _topics(streams),
        _EVENTS,
        *(_event(stream) for stream in streams.values()),
        "## Raw tables\n\nOne row for each record that is an event.\n",
        *(_relation(one, words) for one in raw),
        "## Views\n",
        *(_relation(one, words) for one in views),
        _WINDOWS,
        *(_relation(one, words) for one in folded),
        "## Other tables\n",
        *(_relation(one, words) for one in others),
        "## Functions\n",
        _functions(functions),
    ]
    return "\n".join(parts)


def _is_step(view: Relation, relations: Sequence[Relation]) -> bool:
    """Say whether `<view>_per_hour` stands on it: two names for the same numbers help nobody."""
    base, _, span = view.name.rpartition("_")
    return f"{base}_per_{span.removesuffix('s')}" in {one.name for one in relations}


def wordless(relations: Iterable[Relation], words: Words) -> list[str]:
    """Name every table, view and column of which nothing is said anywhere."""
    return [
        f"{relation.name}.{column.name}"
        for relation in relations
        for column in relation.columns
        if not words.get((relation.name, column.name))
    ] + [relation.name for relation in relations if not words.get((relation.name, ""))]


def _topics(streams: Mapping[str, Stream]) -> str:
    rows = [
        (
            f"`{name}`",
            f"`{stream.event.__name__}` {', '.join(contracts(stream))}",
            f"`{stream.event_time}`",
            f"`{name}`",
            ", ".join(f"`{window.name}` ({window.seconds} s)" for window in stream.windows),
        )
        for name, stream in streams.items()
    ]
    head = ("topic", "event, versions", "event time", "raw table", "windows")
    return f"## Topics\n\n{_table(head, rows)}\n{_DEAD_LETTERS}"


def _event(stream: Stream) -> str:
    return "\n".join(_version(stream, version) for version in contracts(stream))


def _version(stream: Stream, version: str) -> str:
    schema = document(stream, version)
    rows = [
        (f"`{name}`", type_of(said), needed(name, schema), said.get("description", ""))
        for name, said in schema["properties"].items()
    ]
    named = f"{stream.topic} {version}" if stream.versions else stream.topic
    table = _table(("field", "type", "needed", "what it is"), rows)
    return f"### {named}\n\n{schema['description']}\n\n{table}"


def _relation(relation: Relation, words: Words) -> str:
    rows = [
        (_named(column), column.type, words.get((relation.name, column.name), ""))
        for column in relation.columns
    ]
    about = words.get((relation.name, ""), "")
    table = _table(("column", "type", "what it is"), rows)
    return f"### `{relation.name}`\n\n{about}{'.' if about else ''}\n\n{table}"


def _named(column: RelationColumn) -> str:
    return f"**`{column.name}`**" if column.is_key else f"`{column.name}`"


def _functions(functions: Sequence[Function]) -> str:
    rows = [(f"`{one.name}({one.arguments})`", one.result, one.words) for one in functions]
    return _table(("function", "gives", "what it does"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(head, rows)) + "\n"


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        yield f"| {' | '.join(cells)} |"
