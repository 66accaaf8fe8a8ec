"""`python -m telemetry`: prints docs/metrics.md."""

from telemetry.page import page

print(page(), end="")  # noqa: T201 - a program that prints
