"""What can be said of the sink, what deltalake is told of it, and what is refused."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from headrace import Event, EventTime, Stream, Text
from models.content_sessions import CONTENT_SESSIONS
from sinks.delta.kind import KIND
from sinks.delta.options import DeltaOptions
from tests.sinks.delta.sinks import offsets, sink_in
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.sinks import BEGIN, P0, batch

_SECRET = "nobody-may-read-this"  # noqa: S105 - what must not be shown
_KEYS = {"access_key_id": "AKIA", "secret_access_key": _SECRET}


class Dated(Event):
    """One field more than the time: named as the column that tables have."""

    at: EventTime
    date: Text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "gs://bucket"}, "give a folder, or s3://BUCKET/PREFIX"),
        ({"path": "s3:///prefix"}, "name a bucket"),
        ({"path": "/data", "region": "eu-west-1"}, "region: only for a path that begins with"),
        ({"path": "s3://b", **_KEYS, "endpoint": "http://s3"}, "allow_http: true"),
        ({"path": "s3://b", **_KEYS, "ca_file": "/a.pem"}, "set SSL_CERT_FILE for the worker"),
        ({"path": "/data", "compression_level": 23}, "less than or equal to 22"),
        ({"path": "/data", "retries": 3}, "not permitted"),
    ],
)
def test_what_is_wrong_is_refused_without_a_secret(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DeltaOptions(**given)

    assert words in str(refused.value)
    assert _SECRET not in str(refused.value)


def test_deltalake_is_told_what_obstore_is() -> None:
    options = DeltaOptions(
        path="s3://b/a",
        endpoint="https://s3.example.com",
        region="eu-west-1",
        timeout_seconds=7.5,
        **_KEYS,  # type: ignore[arg-type] # as YAML gives it
    )

    assert options.storage() == {
        "aws_endpoint": "https://s3.example.com",
        "aws_region": "eu-west-1",
        "aws_virtual_hosted_style_request": "false",
        "aws_access_key_id": "AKIA",
        "aws_secret_access_key": _SECRET,
        "allow_http": "false",
        "timeout": "7.5s",
        "connect_timeout": "5s",
        "max_retries": "2",
        "retry_timeout": "7.5s",
        "aws_conditional_put": "etag",
    }
    assert DeltaOptions(path="/data").storage() == {}


def test_every_option_is_described() -> None:
    assert all(field.description for field in KIND.options.model_fields.values())


def test_what_describes_it_imports_neither_arrow_nor_deltalake() -> None:
    program = (
        "import sys, sinks.delta.kind\n"
        "assert not {'pyarrow', 'obstore', 'deltalake'} & set(sys.modules), 'imported'"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_stream_with_a_column_of_the_tables_own_is_refused() -> None:
    dated = Stream("dated", Dated, event_time="at", windows=())
    assert KIND.check is not None

    assert KIND.check(DeltaOptions(path="/data"), [CONTENT_SESSIONS]) == []
    assert KIND.check(DeltaOptions(path="/data"), [dated]) == [
        "streams: dated has a column `date`, as tables do: leave it out"
    ]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="keys alone"),
        # what other programs of this machine are told must not open the log to overwriting
        pytest.param({"AWS_S3_ALLOW_UNSAFE_RENAME": "true"}, id="unsafe rename"),
        pytest.param({"AWS_CONDITIONAL_PUT": "disabled"}, id="no conditional put"),
        pytest.param({"AWS_REGION": "us-east-1"}, id="region"),
    ],
)
async def test_keys_come_from_the_usual_variables(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    place = gateway.options(gateway.bucket())
    whole = dict(place)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", place.pop("access_key_id"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", place.pop("secret_access_key"))
    for name, value in more.items():
        monkeypatch.setenv(name, value)

    sink = sink_in(place)
    assert await sink.positions([P0]) == {P0: BEGIN}
    await sink.write(batch(sink, 2), {P0: BEGIN})

    assert offsets(whole) == [(0, 0), (0, 1)]
