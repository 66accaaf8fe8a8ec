"""Settings of `headrace edge`: `HEADRACE_EDGE_*`. Which Kafka and which streams, all others say."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from config.environment import EnvironmentSettings
from config.settings import Names

SHORTEST_ADDRESSES_KEY = 16

_ORIGIN = re.compile(
    r"\*|null|file://|(?!https://.*:443$|http://.*:80$)[a-z][a-z0-9+.-]*://[a-z0-9._-]+(:\d+)?"
    r"|https?://\[[0-9a-f:]+\](:\d+)?"
)
"""As browsers write it: without a path, the host in lower case, its port if it is not the usual."""

Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode]


class EdgeSettings(EnvironmentSettings):
    """What an edge needs to know beside `config.settings.Settings`; everything has a default."""

    model_config = SettingsConfigDict(env_prefix="HEADRACE_EDGE_")

    host: Annotated[str, Field(description="where the edge listens")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8080
    workers: Annotated[int, Field(description="processes of one edge", ge=1, le=256)] = 1
    open: Annotated[
        bool, Field(description="serve everybody without keys, also beyond this machine")
    ] = False
    keys: Annotated[SecretStr, Field(description="API keys, as in the file, in YAML or JSON")] = (
        SecretStr("")
    )
    keys_file: Annotated[
        str, Field(description="of API keys (their hashes), read again when it changes")
    ] = ""
    tls_cert: Annotated[
        str, Field(description="file of the certificate, read again when it changes")
    ] = ""
    tls_key: Annotated[str, Field(description="file of its key")] = ""
    cors_origins: Annotated[
        Names, Field(description="web pages that may send, with commas: https://tv.example; or *")
    ] = ()
    trusted_proxies: Annotated[
        Networks, Field(description="whose X-Forwarded-For is believed: 10.0.0.0/8,::1, …")
    ] = ()
    network_files: Annotated[
        Names, Field(description="of networks and countries in MaxMind's format, with commas")
    ] = ()
    asn_header: Annotated[
        str, Field(description="in which trusted proxies say the client's network")
    ] = ""
    addresses: Annotated[
        Literal["whole", "truncated", "hashed"],
        Field(description="what is kept of addresses in events: whole, truncated or hashed"),
    ] = "whole"
    addresses_key: Annotated[
        SecretStr, Field(description="of 16 bytes or more, to hash addresses with")
    ] = SecretStr("")
    client_events_per_second: Annotated[
        int, Field(description="of one client address; 0: any number", ge=0)
    ] = 0
    connections: Annotated[
        int, Field(description="open at once, of one process; more wait", ge=1, le=1_000_000)
    ] = 10_000
    body_bytes: Annotated[
        int, Field(description="of a body, as sent and as decompressed", ge=1_024, le=2**30)
    ] = 1_048_576
    body_events: Annotated[int, Field(description="in one body", ge=1, le=100_000)] = 1_000
    body_seconds: Annotated[
        float, Field(description="for a client to send a body", gt=0, le=3_600)
    ] = 20.0
    header_bytes: Annotated[
        int, Field(description="of a request's line and headers", ge=8_192, le=2**20)
    ] = 65_536
    idle_seconds: Annotated[
        float, Field(description="for a client to send headers, on an open connection", gt=0)
    ] = 30.0
    kafka_seconds: Annotated[
        float, Field(description="for Kafka to acknowledge a request: 503 after it", ge=1, le=300)
    ] = 10.0
    pending_bytes: Annotated[
        int, Field(description="that may wait for Kafka, of one process; 503 beyond", ge=2**20)
    ] = 64 * 2**20
    bridge_topics: Annotated[
        Names,
        Field(
            description="which /topics has, as Kafka names them; by default those of the streams"
        ),
    ] = ()
    cmcd_interval_seconds: Annotated[
        int, Field(description="of players' CMCD events t (interval)", ge=1, le=3_600)
    ] = 30
    cmcd_by_responses: Annotated[
        bool, Field(description="count viewing by CMCD's rr, where players send no t")
    ] = False
    cmcd_sessions_percent: Annotated[
        int,
        Field(description="so many sessions report CMCD, others are told to stop", ge=0, le=100),
    ] = 100
    repeats_kept: Annotated[
        int, Field(description="Idempotency-Keys that one process knows for 10 minutes", ge=0)
    ] = 100_000
    event_ids_kept: Annotated[
        int, Field(description="that ?event_id=true knows in one process, for 10 minutes", ge=2)
    ] = 500_000
    metrics_port: Annotated[
        int, Field(description="of the first process, the next one has the next; 0: none", ge=0)
    ] = 9466
    access_log: Annotated[bool, Field(description="a line of JSON for each request")] = False

    @field_validator("cors_origins", "bridge_topics", "network_files", mode="before")
    @classmethod
    def _split(cls, names: Any) -> Any:
        return _parts(names) if isinstance(names, str) else names

    @field_validator("cors_origins")
    @classmethod
    def _can_match(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [str(place) for place, it in enumerate(origins, 1) if not _ORIGIN.fullmatch(it)]
        if wrong:
            raise ValueError(
                f"at place {', '.join(wrong)} of {len(origins)} stands what no browser sends: "
                "expected https://tv.example, with its scheme, in lower case, without a path or "
                "the usual port, or * for every page"
            )
        return origins

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _are_networks(cls, networks: Any) -> Any:
        if not isinstance(networks, str):
            return networks
        try:
            return tuple(ip_network(part) for part in _parts(networks))
        except ValueError:
            raise ValueError("expected networks such as 10.0.0.0/8, with commas between") from None

    @model_validator(mode="after")
    def _both_or_none(self) -> "EdgeSettings":
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("HEADRACE_EDGE_TLS_CERT and HEADRACE_EDGE_TLS_KEY go together")
        return self

    @model_validator(mode="after")
    def _key_to_hash_with(self) -> "EdgeSettings":
        given = len(self.addresses_key.get_secret_value().encode())
        if self.addresses == "hashed" and given < SHORTEST_ADDRESSES_KEY:
            raise ValueError(
                f"HEADRACE_EDGE_ADDRESSES=hashed needs HEADRACE_EDGE_ADDRESSES_KEY of "
                f"{SHORTEST_ADDRESSES_KEY} bytes or more: openssl rand -hex 32 makes one"
            )
        return self


def _parts(written: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(",") if part.strip())
