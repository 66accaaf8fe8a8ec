"""Totals do not depend on order, batching or replay, and are what a naive reference counts."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fold import Deltas, merge_deltas
from models.windows import Max, Sum, Window
from tests.models.windows import (
    CANDLES,
    CANDLES_BY_SIZE,
    SECOND,
    SHORT_CANDLES,
    WINDOWS,
    Trade,
    fold_trades,
    trades,
)

many_trades = st.lists(trades, max_size=40)


@given(many_trades)
def test_folding_gives_what_a_naive_reference_counts(some: list[Trade]) -> None:
    assert fold_trades(some) == {window: reference(window, some) for window in WINDOWS}


@given(many_trades, st.randoms(use_true_random=False), st.lists(st.integers(1, 39), max_size=4))
def test_order_and_batching_do_not_matter(some: list[Trade], random: Any, cuts: list[int]) -> None:
    shuffled = random.sample(some, len(some))
    bounds = [0, *sorted(cut for cut in cuts if cut < len(some)), len(some)]
    batches = [shuffled[begin:end] for begin, end in pairwise(bounds) if begin < end]
    random.shuffle(batches)

    merged: Deltas = {window: {} for window in WINDOWS}
    for batch in batches:
        merge_deltas(merged, fold_trades(batch))

    assert merged == fold_trades(some)


@given(many_trades)
def test_a_window_rolled_up_equals_one_folded_by_itself(some: list[Trade]) -> None:
    rolled_up = fold_trades(some, (CANDLES, CANDLES_BY_SIZE))

    assert rolled_up[CANDLES] == fold_trades(some, (CANDLES,))[CANDLES]


@given(many_trades)
def test_merging_leaves_what_is_merged_untouched(some: list[Trade]) -> None:
    deltas = fold_trades(some)
    merged: Deltas = {}

    merge_deltas(merged, deltas)
    merge_deltas(merged, deltas)

    assert deltas == fold_trades(some)


@pytest.mark.parametrize(
    ("window", "time", "start"),
    [
        pytest.param(CANDLES, 0, 0, id="at the start"),
        pytest.param(CANDLES, 60 * SECOND - 1, 0, id="just before the end"),
        pytest.param(CANDLES, 60 * SECOND, 60 * SECOND, id="at the end"),
        pytest.param(SHORT_CANDLES, 10 * SECOND - 1, 0, id="before the end of ten seconds"),
        pytest.param(SHORT_CANDLES, 10 * SECOND, 10 * SECOND, id="at the end of ten seconds"),
        pytest.param(CANDLES, -1, -60 * SECOND, id="just before 1970"),
        pytest.param(CANDLES, -60 * SECOND, -60 * SECOND, id="a minute before 1970"),
        pytest.param(SHORT_CANDLES, -10 * SECOND - 1, -20 * SECOND, id="longer before 1970"),
    ],
)
def test_windows_are_half_open(window: Window, time: int, start: int) -> None:
    deltas = fold_trades([Trade(time, "BTC", 1, 1, 1)])

    assert next(iter(deltas[window]))[0] == start


def reference(window: Window, some: list[Trade]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Count each window's trades one key at a time, with none of the shortcuts."""
    groups: defaultdict[tuple[Any, ...], list[Trade]] = defaultdict(list)
    for trade in some:
        start = trade.time // (window.seconds * SECOND) * window.seconds * SECOND
        groups[start, 0, *(getattr(trade, key) for key in window.keys)].append(trade)
    return {key: _candle(group) for key, group in groups.items()}


def _candle(group: list[Trade]) -> tuple[Any, ...]:
    by_sequence = sorted((trade.sequence, trade.price) for trade in group)
    return (
        len(group),
        sum(trade.price * trade.size for trade in group),
        min(trade.price for trade in group),
        max(trade.price for trade in group),
        by_sequence[0],
        by_sequence[-1],
    )


@given(many_trades)
def test_columns_that_are_folded_apart_change_nothing(some: list[Trade]) -> None:
    measures = (Max("largest", of=("size",)), *CANDLES.measures, Sum("sizes", of=("size",)))
    together = replace(CANDLES, measures=measures)
    apart = replace(together, apart=("size", "price"))

    assert fold_trades(some, (apart,))[apart] == fold_trades(some, (together,))[together]
