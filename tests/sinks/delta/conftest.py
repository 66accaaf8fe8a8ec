"""The S3 that the Parquet sink is tested with, and places in it or in a folder."""

from tests.sinks.parquet.conftest import _gateway_program, gateway, own_gateway, place

__all__ = ["_gateway_program", "gateway", "own_gateway", "place"]
