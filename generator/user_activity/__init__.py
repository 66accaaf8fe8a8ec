"""Visitors of a site, who view pages and click and scroll on them."""

from generator.user_activity.spoiled import KINDS
from generator.user_activity.truth import ActivityWindows
from generator.user_activity.visitors import Visitors

__all__ = ["KINDS", "ActivityWindows", "Visitors"]
