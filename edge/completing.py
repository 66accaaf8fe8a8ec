"""What an edge puts into the events of a client, and what it keeps of addresses in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.client_networks import ClientNetworks
from edge.messages import Request
from edge.networks import Addresses, completed
from models.events import fields_of
from models.streams import Stream
from models.types import StoredAs


class Completing:
    """Completes events before they are judged; those of a stream that asks for nothing stay."""

    def __init__(
        self, streams: Mapping[str, Stream], networks: ClientNetworks, addresses: Addresses
    ) -> None:
        self._networks = networks
        self._addresses = addresses
        self._asn = {
            name: stream.network for name, stream in streams.items() if networks.is_configured
        }
        self._of_addresses = {
            name: address_fields(stream)
            for name, stream in streams.items()
            if addresses.keeping != "whole"
        }

    def completed(self, stream: str, request: Request, events: Sequence[bytes]) -> Sequence[bytes]:
        """Give the events with their client's network, and less of their addresses."""
        asn_field = self._asn.get(stream, "")
        fields = self._of_addresses.get(stream, frozenset())
        if not asn_field and not fields:
            return events
        asn = self._networks.of(request).asn if asn_field else 0
        return [completed(event, self._addresses, fields, asn, asn_field) for event in events]


def address_fields(stream: Stream) -> frozenset[str]:
    """Name the fields that hold addresses, in any version of the stream's events."""
    versions = stream.versions.released.values() if stream.versions else ()
    events = {stream.event, *(version.contract for version in versions)}
    return frozenset(
        field.name
        for event in events
        for field in fields_of(event)
        if any(isinstance(said, StoredAs) and said.kind == "inet" for said in field.metadata)
    )
