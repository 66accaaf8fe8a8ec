"""An exchange that streams its trades."""

from generator.market_ticks.exchange import Exchange
from generator.market_ticks.spoiled import KINDS
from generator.market_ticks.truth import CandleWindows

__all__ = ["KINDS", "CandleWindows", "Exchange"]
