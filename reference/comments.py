"""What is said of each table, view and column: by the database, a contract, or a view's sources."""

from collections.abc import Mapping, Sequence

from db.dictionary import Relation
from models.streams import Stream

Words = Mapping[tuple[str, str], str]
"""By relation and column; of the relation itself by an empty column."""


def words_of(streams: Mapping[str, Stream], relations: Sequence[Relation]) -> Words:
    """Put them together: the database's own comments come first."""
    words = _by_contracts(streams)
    for relation in relations:
        said = [(column.name, column.words) for column in relation.columns]
        words |= {
            (relation.name, name): text for name, text in [("", relation.words), *said] if text
        }
        if relation.name.endswith("_windows"):
            words.setdefault((relation.name, ""), f"Totals that `{relation.name[:-8]}` adds up")
    for _ in relations:  # a view of views of tables: as deep as there are relations at most
        inherited = _inherited(relations, words)
        if inherited.keys() <= words.keys():
            break
        words = inherited | words
    return words


def _by_contracts(streams: Mapping[str, Stream]) -> dict[tuple[str, str], str]:
    words: dict[tuple[str, str], str] = {}
    for name, stream in streams.items():
        fields = stream.event.model_fields
        for column in stream.columns:
            if column.field in fields:
                words[name, column.name] = fields[column.field].description or ""
        for window in stream.windows:
            words |= {(f"{window.name}_windows", key): words[name, key] for key in window.keys}
    return words


def _inherited(relations: Sequence[Relation], words: Words) -> dict[tuple[str, str], str]:
    """Give a view's column the words of its source's column of the same name."""
    return {
        (relation.name, column.name): words[source, column.name]
        for relation in relations
        for column in relation.columns
        for source in relation.sources
        if (source, column.name) in words
    }
