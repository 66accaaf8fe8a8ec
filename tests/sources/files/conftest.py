"""The S3 that the Parquet sink is tested with."""

from tests.sinks.parquet.conftest import _gateway_program, gateway, own_gateway

__all__ = ["_gateway_program", "gateway", "own_gateway"]
