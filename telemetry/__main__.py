"""`python -m telemetry`: prints docs/reference/metrics.md."""

from telemetry.page import page

print(page(), end="")  # noqa: T201 - a program that prints
