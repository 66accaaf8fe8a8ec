"""The whole of it: look at everything, decide, and only then write."""

from collections.abc import Callable, Iterable, Sequence

from grafana.deploy import report
from grafana.deploy.edge import Grafana
from grafana.deploy.errors import DeployError
from grafana.deploy.plan import Action, decide, without_empty_groups
from grafana.deploy.wanted import Wanted


def plan(grafana: Grafana, wanted: Iterable[Wanted], *, passwords: bool) -> list[Action]:
    """Look everything up and decide. Raises DeployError."""
    actions = [decide(one, grafana.find(one), passwords=passwords) for one in wanted]
    return without_empty_groups(actions)


def deploy(grafana: Grafana, actions: Sequence[Action], say: Callable[[str], None]) -> None:
    """Carry all out, with a line for each; nothing at all if one is refused. Raises DeployError."""
    if any(action.verb == "refused" for action in actions):
        show(actions, say)
        raise DeployError("Nothing was written: see what was refused above, and why.")
    for action in actions:
        for line in report.lines(action):
            say(line)
        grafana.carry_out(action)
    say(report.summary(actions))


def show(actions: Sequence[Action], say: Callable[[str], None]) -> None:
    """Say what would be done."""
    for action in actions:
        for line in report.lines(action):
            say(line)
    say(report.summary(actions))
