"""A window with every way to merge, and events for it, for tests of folding and of its SQL."""

from dataclasses import dataclass
from typing import Annotated

from hypothesis import strategies as st
from pydantic import Field

from models.events import Event
from models.fold import Deltas, Fold
from models.streams import Stream
from models.types import EventTime, Text
from models.windows import First, Last, Max, Min, Sum, Window

SECOND = 1_000_000


Count = Annotated[int, Field(ge=0, le=2**62)]


class Tick(Event):
    """One trade, as exchanges tell it."""

    time: EventTime
    product: Text
    sequence: Count
    price: Count
    size: Count


_MEASURES = (
    Sum("trades"),
    Sum("volume", of=("price", "size"), value=lambda price, size: price * size),
    Min("low", of=("price",)),
    Max("high", of=("price",)),
    First("open", of=("sequence", "price")),
    Last("close", of=("sequence", "price")),
)
CANDLES = Window("candles", keys=("product",), measures=_MEASURES)
CANDLES_BY_SIZE = Window("candles_by_size", keys=("product", "size"), measures=_MEASURES)
SHORT_CANDLES = Window("short_candles", keys=("product",), measures=_MEASURES, seconds=10)
WINDOWS = (CANDLES, CANDLES_BY_SIZE, SHORT_CANDLES)
TICKS = Stream(topic="ticks", event=Tick, event_time="time", windows=WINDOWS)


@dataclass(frozen=True, slots=True)
class Trade:
    """A decoded tick: its time in microseconds since 1970."""

    time: int
    product: str
    sequence: int
    price: int
    size: int


# few of each, so that trades meet in windows and claim the same sequence; also before 1970
trades = st.builds(
    Trade,
    time=st.one_of(
        st.integers(-90 * SECOND, 90 * SECOND),
        st.sampled_from([-60, -10, -1, 0, 10, 59, 60]).map(lambda seconds: seconds * SECOND),
        st.sampled_from([60 * SECOND - 1, -1, -60 * SECOND - 1]),
    ),
    product=st.sampled_from(["BTC", "ETH"]),
    sequence=st.integers(0, 5),
    price=st.integers(1, 9),
    size=st.integers(1, 3),
)


def fold_trades(some: list[Trade], windows: tuple[Window, ...] = WINDOWS) -> Deltas:
    names = ("product", "sequence", "price", "size")
    columns = {name: [getattr(trade, name) for trade in some] for name in names}
    folded = Fold(windows)
    folded.add(0, [trade.time for trade in some], columns)
    return folded.deltas()
