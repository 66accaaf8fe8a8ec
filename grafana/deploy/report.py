"""What is done, in lines."""

from collections import Counter
from collections.abc import Iterable, Sequence

from grafana.deploy.plan import Action, Verb

_VERBS: tuple[Verb, ...] = ("create", "update", "unchanged", "left alone", "refused")


def lines(action: Action) -> Iterable[str]:
    """Give a line for the action, its reason, and below it what an update changes."""
    reason = f": {action.reason}" if action.reason else ""
    yield f"{action.verb:<10}  {action.wanted}{reason}"
    for line in action.lines:
        yield f"            {line}"


def summary(actions: Sequence[Action]) -> str:
    """Count the actions by what they are."""
    counted = Counter(action.verb for action in actions)
    return ", ".join(f"{counted[verb]} {verb}" for verb in _VERBS if counted[verb])
