"""Alerts: declared once, written as rules for Grafana and for Prometheus."""
