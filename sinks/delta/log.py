"""What entries of a table's log say of facts, read as they are.

deltalake looks up one fact at a time, and reads up to a hundred entries for each. So entries are
read here, once and only those that came since; what they do not say is asked of deltalake.
"""

from collections.abc import Mapping, Sequence

import msgspec

MOST = 120
"""So many of the newest entries are read at first; a checkpoint comes with every hundredth."""


class _Said(msgspec.Struct, rename={"name": "appId"}):
    name: str
    version: int


class _Action(msgspec.Struct):
    txn: _Said | None = None


_DECODER = msgspec.json.Decoder(_Action)


def facts_in(entries: Sequence[bytes]) -> Mapping[str, int]:
    """Give the facts that these entries state, which are in the order of their versions.

    Raises msgspec.MsgspecError where one is no entry of a log.
    """
    found: dict[str, int] = {}
    for line in (line for entry in entries for line in entry.splitlines() if b'"txn"' in line):
        said = _DECODER.decode(line).txn
        if said is not None:
            found[said.name] = said.version
    return found
