"""docs/reference/metrics.md is current, and every metric is well made."""

import re
from pathlib import Path

import pytest

from models.all import STREAMS
from reference.metrics import page
from telemetry.metrics import BUSINESS, EDGE, GENERATOR, WORKER, BusinessMetric, Metric

ROOT = Path(__file__).parents[2]
ALL = dict.fromkeys([*WORKER, *GENERATOR, *EDGE])
WINDOWS = {window.name: window for stream in STREAMS.values() for window in stream.windows}


def test_the_page_is_what_is_declared() -> None:
    written = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")

    assert page() == written, "run: make generate"


def test_no_name_is_used_twice() -> None:
    names = [metric.name for metric in ALL]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_names_follow_the_customs_of_prometheus(metric: Metric) -> None:
    assert re.fullmatch(r"headrace_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.help.endswith(".")
    assert list(metric.buckets) == sorted(metric.buckets)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_no_label_has_a_value_for_each_user_or_session(metric: Metric) -> None:
    assert not {"user", "user_id", "session", "session_id", "title", "page"} & {*metric.labels}


@pytest.mark.parametrize("metric", BUSINESS, ids=lambda metric: metric.name)
def test_business_metrics_are_of_declared_windows(metric: BusinessMetric) -> None:
    window = WINDOWS[metric.window]

    assert metric.measure in [measure.name for measure in window.measures]
    assert {*metric.keys} <= {*window.keys}
    assert len(metric.keys) == len(metric.labels)
