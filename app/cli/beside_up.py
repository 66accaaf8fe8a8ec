"""Commands find the `headrace up` that runs here, so that no address has to be copied."""

import click
from pydantic import SecretStr

from config.settings import Settings
from devstack.place.addresses import Places


def beside_up(settings: Settings) -> Settings:
    """Take Kafka and PostgreSQL of a running `headrace up`, where no variable names either.

    Both or none: who writes needs both, and one's events are nothing for the other's database.
    """
    if settings.model_fields_set & {"broker", "database"}:
        return settings
    places = Places.find(settings)
    if places.broker.is_default or places.database.is_default:
        return settings
    click.echo(f"uses the running {places.broker.named_by}: {places.broker.address}", err=True)
    found = {"broker": places.broker.address, "database": SecretStr(places.database.address)}
    return settings.model_copy(update=found)
