"""Databases that live as long as a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from devstack.engines import Postgres


@contextmanager
def temporary_database(
    postgres: Postgres, prefix: str, template: str = "template1"
) -> Iterator[str]:
    """Make a database, give its name, which no other has, and drop it."""
    name = f"{prefix}_{uuid4().hex}"
    postgres.query(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name
    finally:
        postgres.query(f"DROP DATABASE {name} WITH (FORCE)")
