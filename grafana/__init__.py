"""Grafana: dashboards, alerts and provisioning as code, and their deploy to a running Grafana."""
