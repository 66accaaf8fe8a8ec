"""What to say, and what to grant, when Grafana does not do it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import requests
from grafana_client.client import GrafanaException

from grafana.deploy.wanted import Kind

Doing = Literal["read", "create", "update"]

_RULE_WRITES = "alert.provisioning:write (since Grafana 11 alert.rules:{} and \
alert.provisioning.provenance:write do, too), and datasources:query on Headrace's data sources"
_NEEDED: dict[tuple[Kind, Doing], str] = {
    ("folder", "read"): "folders:read",
    ("folder", "create"): "folders:create",
    ("data source", "read"): "datasources:read",
    ("data source", "create"): "datasources:create",
    ("data source", "update"): "datasources:write",
    ("dashboard", "read"): "dashboards:read",
    ("dashboard", "create"): "dashboards:create on the folder Headrace",
    ("dashboard", "update"): "dashboards:write on the folder Headrace",
    ("alert rule", "read"): "alert.provisioning:read",
    ("alert rule", "create"): _RULE_WRITES.format("create"),
    ("alert rule", "update"): _RULE_WRITES.format("write"),
    ("alert group", "read"): "alert.provisioning:read",
    ("alert group", "create"): _RULE_WRITES.format("write"),
    ("alert group", "update"): _RULE_WRITES.format("write"),
}
UNAUTHORIZED, FORBIDDEN, MISSING, CONFLICT, CHANGED = 401, 403, 404, 409, 412


_NO_SUCH_RULE = "could not find alert rule"
"""What Grafana before 9.5 says with a 500 where there is no such rule (its issue 66249)."""


def says_missing(error: GrafanaException) -> bool:
    """Say whether Grafana answered that it has no such thing."""
    return error.status_code == MISSING or _NO_SUCH_RULE in _said(error)


class DeployError(Exception):
    """It could not be done; the message says what to do."""


@contextmanager
def told(url: str, kind: Kind, doing: Doing, name: str) -> Iterator[None]:
    """Turn what goes wrong inside into a DeployError for people."""
    try:
        yield
    except GrafanaException as error:
        raise DeployError(_answered(error, kind, doing, f"{kind} {name}")) from None
    except requests.exceptions.SSLError as error:
        raise DeployError(_not_safe(url, error)) from None
    except requests.exceptions.Timeout:
        raise DeployError(f"{url} took too long to answer. Try again.") from None
    except json.JSONDecodeError:
        raise DeployError(f"{url} answers, but not as Grafana's API does. {_WHERE}") from None
    except requests.exceptions.RequestException as error:
        raise DeployError(f"Nothing answers at {url} ({_short(error)}). {_WHERE}") from None


_WHERE = "Is this the address that Grafana is opened with in a browser?"


def _answered(error: Any, kind: Kind, doing: Doing, what: str) -> str:
    status, said = error.status_code, _said(error)
    if status == UNAUTHORIZED:
        return (
            "Grafana does not accept the token (401). Make one in Grafana under Administration > "
            "Users and access > Service accounts, with the role Admin, and put it into "
            "HEADRACE_GRAFANA_TOKEN."
        )
    if status == FORBIDDEN:
        return (
            f"Grafana does not let this token {doing} the {what} (403{said}). Give its service "
            f"account the permission {_NEEDED[kind, doing]}; the role Admin has all that is needed."
        )
    if status == MISSING and kind in {"alert rule", "alert group"}:
        return (
            f"Grafana does not know the way to {doing} the {what} (404{said}): alert rules need "
            "Grafana 9.4 or newer, with its own alerting switched on."
        )
    if status in {CONFLICT, CHANGED}:
        return (
            f"Grafana could not {doing} the {what} ({status}{said}). Either another one has its "
            "name, then rename that one; or somebody changed it just now: run this again."
        )
    return f"Grafana could not {doing} the {what} ({status}{said})."


def _not_safe(url: str, error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            f"{url}: the certificate is not trusted ({_short(error)}). Is it one of your own? Then "
            "name the file of its authority in REQUESTS_CA_BUNDLE."
        )
    return f"{url} does not answer with TLS ({_short(error)}): is it http:// and not https://?"


def _said(error: Any) -> str:
    answer = error.response
    message = answer.get("message") if isinstance(answer, dict) else answer
    return f": {str(message).strip()[:300]}" if message else ""


def _short(error: Exception) -> str:
    """Give the innermost of the causes that requests tells one inside the other."""
    text = re.split(r": (?!.*: )|\] (?!.*\] )", str(error))[-1].rstrip("\"')")
    return text + ")" * (text.count("(") - text.count(")"))
