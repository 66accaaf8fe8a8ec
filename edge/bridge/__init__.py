"""The produce side of Strimzi's HTTP bridge, so that clients written for it work unchanged.

Contract: its openapi of 1.1. Where we differ, and why: docs/guides/bridge.md.
"""
