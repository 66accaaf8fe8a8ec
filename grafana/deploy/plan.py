"""What to do about each thing: out of what is wanted and what Grafana has, without a call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from grafana import uids
from grafana.deploy.comparison import difference
from grafana.deploy.rules import even
from grafana.deploy.wanted import Kind, Wanted

Verb = Literal["create", "update", "unchanged", "left alone", "refused"]
Found = Mapping[str, Any]

_ALIASES = {"grafana-postgresql-datasource": "postgres"}
"""Grafana 10 and later answer with the plugin's new name."""

_FROM_FILE = "made from a file on that machine (provisioning): change it there"


@dataclass(frozen=True, slots=True)
class Action:
    """`reason` is why it is left alone or refused, `lines` what an update changes.

    Secrets are written when something is made, later only `with_secrets`.
    """

    verb: Verb
    wanted: Wanted
    found: Found | None = None
    reason: str = ""
    lines: tuple[str, ...] = ()
    with_secrets: bool = False


def decide(wanted: Wanted, found: Found | None, *, passwords: bool = False) -> Action:
    """Decide on one thing; `found` is Grafana's answer, None where it has none.

    With `passwords` those of a data source are written again: nobody can see whether they differ.
    """
    if found is None:
        return _made(wanted)
    if reason := _FOREIGN[wanted.kind](wanted, found):
        return Action("refused", wanted, found, reason)
    if _from_file(found):
        return Action("left alone", wanted, found, _FROM_FILE)
    if wanted.unset:
        return Action(
            "left alone", wanted, found, f"{_not_set(wanted.unset)}, so it stays as it is"
        )
    lines = tuple(difference(*_comparable(wanted, found)))
    if passwords and (wanted.secrets or wanted.unset_secrets):
        return _made_anew(wanted, found, lines)
    return Action("update" if lines else "unchanged", wanted, found, lines=lines)


def without_empty_groups(actions: Sequence[Action]) -> list[Action]:
    """Leave groups alone to which no rule will belong: a group is there only by its rules."""
    filled = {
        action.wanted.body["ruleGroup"]
        for action in actions
        if action.wanted.kind == "alert rule" and action.verb != "left alone"
    }
    return [
        Action("left alone", action.wanted, reason=_FROM_FILE)
        if action.wanted.kind == "alert group" and action.wanted.uid not in filled
        else action
        for action in actions
    ]


def _made(wanted: Wanted) -> Action:
    if unset := wanted.unset + wanted.unset_secrets:
        return Action("refused", wanted, reason=_not_set(unset))
    return Action("create", wanted)


def _made_anew(wanted: Wanted, found: Found, lines: tuple[str, ...]) -> Action:
    if wanted.unset_secrets:
        return Action("refused", wanted, found, _not_set(wanted.unset_secrets))
    return Action("update", wanted, found, lines=(*lines, "+ its password"), with_secrets=True)


def _not_set(variables: tuple[str, ...]) -> str:
    return f"not set: {', '.join(variables)}"


def _foreign_folder(wanted: Wanted, found: Found) -> str:
    if found["title"] == wanted.body["title"]:
        return ""
    return (
        f"there is a folder with this uid that is called {found['title']!r}. If it is ours and was "
        f"renamed, call it {wanted.body['title']!r} again; if not, give it another uid"
    )


def _foreign_data_source(wanted: Wanted, found: Found) -> str:
    if found["uid"] != wanted.uid:
        return (
            f"another data source is called {wanted.body['name']!r} (uid {found['uid']}), and a "
            "name can be there only once: rename that one"
        )
    if _type(found) != wanted.body["type"]:
        return (
            f"there is a data source with this uid that is of type {found['type']}, not "
            f"{wanted.body['type']}, so it is not ours: delete it or give it another uid"
        )
    return ""


def _foreign_dashboard(wanted: Wanted, found: Found) -> str:
    del wanted
    if uids.TAG in (found["dashboard"].get("tags") or []):
        return ""
    return (
        f"there is a dashboard with this uid without the tag {uids.TAG!r}, so it may not be ours. "
        "If it is, give it the tag; if not, give it another uid"
    )


def _foreign_rule(wanted: Wanted, found: Found) -> str:
    if found["folderUID"] == wanted.body["folderUID"] or _from_file(found):
        return ""  # those from a file have a folder of their own (grafana/uids.py)
    return (
        f"there is a rule with this uid in another folder (uid {found['folderUID']}). If it is "
        "ours, move it back; if not, delete it or give it another uid"
    )


_FOREIGN: Mapping[Kind, Callable[[Wanted, Found], str]] = {
    "folder": _foreign_folder,
    "data source": _foreign_data_source,
    "dashboard": _foreign_dashboard,
    "alert rule": _foreign_rule,
    "alert group": lambda _wanted, _found: "",  # it is a name for rules of ours
}


def _from_file(found: Found) -> bool:
    rules = [found, *found.get("rules", [])]
    return bool(
        found.get("readOnly")
        or found.get("meta", {}).get("provisioned")
        or any(rule.get("provenance") == "file" for rule in rules)
    )


def _comparable(wanted: Wanted, found: Found) -> tuple[Any, Any]:
    if wanted.kind == "data source":
        return dict(wanted.body), {**found, "type": _type(found)}
    if wanted.kind == "dashboard":
        folder = found["meta"].get("folderUid", "")
        return dict(wanted.body), {"folderUid": folder, "dashboard": found["dashboard"]}
    if wanted.kind == "alert rule":
        return even(wanted.body), even(found)
    return dict(wanted.body), dict(found)


def _type(source: Found) -> str:
    name: str = source["type"]
    return _ALIASES.get(name, name)
