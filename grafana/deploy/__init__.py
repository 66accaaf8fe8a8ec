"""Puts what `grafana/` makes into a Grafana that runs: files and environment in, HTTP calls out."""
