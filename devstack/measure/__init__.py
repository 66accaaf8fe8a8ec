"""Measuring a run from outside: what its workers say, what flows, what is not stored yet."""
