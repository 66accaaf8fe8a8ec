"""Who is told: a webhook of everything, and e-mail, too, of what is critical.

Addresses come from the environment, which Grafana fills in when it reads the file (since 9.1.7).
It has no defaults, and refuses to start where one is empty: whoever starts Grafana sets both, to
DEFAULTS if there is nobody to tell.
"""

from typing import Any

WEBHOOK = "HEADRACE_ALERT_WEBHOOK_URL"
EMAIL = "HEADRACE_ALERT_EMAIL"

DEFAULTS = {WEBHOOK: "http://127.0.0.1:9/", EMAIL: "nobody@localhost"}
"""Where nobody listens: alerts show in Grafana, a failed notification is a line in its log."""

_ALL = "headrace"
_CRITICAL = "headrace-critical"


def contact_points() -> list[dict[str, Any]]:
    """Give both; the addresses may be several, with `;` between them."""
    return [
        {"orgId": 1, "name": _ALL, "receivers": [_webhook("headrace-webhook")]},
        {
            "orgId": 1,
            "name": _CRITICAL,
            "receivers": [
                _webhook("headrace-critical-webhook"),
                {
                    "uid": "headrace-critical-email",
                    "type": "email",
                    "settings": {"addresses": f"${{{EMAIL}}}", "singleEmail": False},
                    "disableResolveMessage": False,
                },
            ],
        },
    ]


def policies() -> list[dict[str, Any]]:
    """Give the tree of notification policies: the whole tree, it replaces what is there."""
    return [
        {
            "orgId": 1,
            "receiver": _ALL,
            "group_by": ["alertname", "stream", "cdn", "role"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": [
                {"receiver": _CRITICAL, "object_matchers": [["severity", "=", "critical"]]},
            ],
        }
    ]


def _webhook(uid: str) -> dict[str, Any]:
    return {
        "uid": uid,
        "type": "webhook",
        "settings": {"url": f"${{{WEBHOOK}}}", "httpMethod": "POST"},
        "disableResolveMessage": False,
    }
