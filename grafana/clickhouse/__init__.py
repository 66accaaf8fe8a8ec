"""Grafana on ClickHouse: a data source and a dashboard, where a sink stores there."""
