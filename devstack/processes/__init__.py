"""Processes that this one starts, and must never leave behind."""
