"""What may be said of a source of kind `coinbase` in headrace.yaml."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class CoinbaseOptions(BaseModel):
    """Options of the kind `coinbase`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    products: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}-[A-Z0-9]{1,20}$")], ...],
        Field(min_length=1, max_length=1_000, description="what is traded, like BTC-USD"),
        BeforeValidator(lambda said: said.split(",") if isinstance(said, str) else said),
    ]
    connections: Annotated[
        int, Field(ge=1, le=50, description="websockets that the products are dealt out to")
    ] = 1
    url: Annotated[
        str, Field(pattern=r"^wss?://", description="the websocket feed, public market data")
    ] = "wss://ws-feed.exchange.coinbase.com"
    rest_url: Annotated[
        str, Field(pattern=r"^https?://", description="where missed trades are fetched")
    ] = "https://api.exchange.coinbase.com"
    rest_requests_per_second: Annotated[
        float, Field(gt=0, le=1_000, description="not more than these; the exchange allows 10")
    ] = 5.0
    reorder_seconds: Annotated[
        float, Field(ge=0, le=60, description="a missing trade may still come so much later")
    ] = 0.5
    ca_file: Annotated[
        str, Field(description="certificates to trust instead of the machine's, for a proxy")
    ] = ""
