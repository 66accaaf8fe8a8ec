"""What can be said of the sink, and what is refused before anything is opened."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sinks.parquet.kind import KIND
from sinks.parquet.options import ParquetOptions
from sources.files.options import FileOptions
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.sinks import BEGIN, P0, sink_in

_SECRET = "nobody-may-read-this"  # noqa: S105 - what must not be shown
_KEYS = {"access_key_id": "AKIA", "secret_access_key": _SECRET}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": ""}, "at least 1 character"),
        ({"path": "gs://bucket"}, "give a folder, or s3://BUCKET/PREFIX"),
        ({"path": "s3:/bucket/prefix"}, "give a folder, or s3://BUCKET/PREFIX"),
        ({"path": "~no-such-user/x"}, "no such user"),
        ({"path": "s3:///prefix"}, "name a bucket"),
        (
            {"path": "/data", "region": "eu-west-1"},
            "region: only for a path that begins with s3://",
        ),
        ({"path": "s3://b", "access_key_id": "AKIA"}, "give both, or none"),
        ({"path": "s3://b", "session_token": _SECRET}, "session_token: give access_key_id"),
        ({"path": "s3://b", **_KEYS, "endpoint": "http://s3"}, "allow_http: true"),
        ({"path": "s3://b", "endpoint": "s3.example.com"}, "give a URL"),
        ({"path": "s3://b", "endpoint": f"https://me:{_SECRET}@s3"}, "give keys as"),
        ({"path": "/data", "compression_level": 23}, "less than or equal to 22"),
        ({"path": "/data", "row_group_rows": 10}, "greater than or equal to 1024"),
        ({"path": "/data", "timeout": 3}, "not permitted"),
    ],
)
def test_what_is_wrong_is_refused_without_a_secret(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ParquetOptions(**given)

    assert words in str(refused.value)
    assert _SECRET not in str(refused.value)


def test_a_folder_may_begin_with_home_as_everywhere() -> None:
    assert ParquetOptions(path="~/x").path == str(Path.home() / "x")
    assert FileOptions(path=("~/x/*.jsonl",)).path == (str(Path.home() / "x" / "*.jsonl"),)


def test_secrets_are_not_shown() -> None:
    options = ParquetOptions(path="s3://b/a/prefix/", **_KEYS)  # type: ignore[arg-type] # as YAML gives it

    assert (options.bucket, options.prefix) == ("b", "a/prefix")
    assert _SECRET not in repr(options)
    assert _SECRET not in options.model_dump_json()


def test_every_option_is_described() -> None:
    assert all(field.description for field in KIND.options.model_fields.values())


def test_what_describes_it_imports_neither_arrow_nor_a_client_of_s3() -> None:
    program = (
        "import sys, sinks.parquet.kind\n"
        "assert not {'pyarrow', 'obstore'} & set(sys.modules), 'imported'"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


async def test_keys_come_from_the_usual_variables(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = gateway.options(gateway.bucket())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", place.pop("access_key_id"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", place.pop("secret_access_key"))

    assert await sink_in(place).positions([P0]) == {P0: BEGIN}
