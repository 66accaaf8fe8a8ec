"""Shops in many countries, each selling in its own currency."""

from generator.purchases.shops import Shops
from generator.purchases.spoiled import KINDS
from generator.purchases.truth import PurchaseWindows

__all__ = ["KINDS", "PurchaseWindows", "Shops"]
