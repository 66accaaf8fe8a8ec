"""Apache Kafka and PostgreSQL on this machine, from wheels of the extra `engines`."""

from devstack.engines.errors import EngineError
from devstack.engines.kafka import Kafka
from devstack.engines.postgres import Postgres

__all__ = ["EngineError", "Kafka", "Postgres"]
