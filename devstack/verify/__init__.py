"""Comparing what a run produced with what it stored, number by number."""
