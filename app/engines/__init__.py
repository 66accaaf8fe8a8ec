"""Apache Kafka and PostgreSQL on this machine, from wheels of the extra `engines`."""

from app.engines.errors import EngineError
from app.engines.kafka import Kafka
from app.engines.postgres import Postgres

__all__ = ["EngineError", "Kafka", "Postgres"]
