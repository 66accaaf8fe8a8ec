"""A worker's own port, asked as Prometheus and an orchestrator ask it."""

import json
import urllib.error
import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.integration.worker import Worker

_ANSWER_SECONDS = 5


def scrape(worker: Worker, metric: str) -> dict[tuple[str, ...], float]:
    """Give a metric's values by the values of its labels, in the order of their names.

    The label `role`, which every series has, is left out but of `headrace_info`.
    """
    address = f"http://127.0.0.1:{worker.metrics_port}/metrics"
    with urllib.request.urlopen(address, timeout=_ANSWER_SECONDS) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {
        tuple(
            value
            for name, value in sorted(sample.labels.items())
            if name != "role" or metric == "headrace_info"
        ): sample.value
        for family in families
        for sample in family.samples
        if sample.name == metric
    }


def health(worker: Worker, page: str) -> tuple[int, dict[str, Any]]:
    """Ask /livez or /readyz: HTTP status and JSON; status 0 while nobody answers."""
    address = f"http://127.0.0.1:{worker.metrics_port}/{page}"
    try:
        with urllib.request.urlopen(address, timeout=_ANSWER_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, {}
