"""What can be said of a Delta sink."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

from pydantic import model_validator

from sinks.parquet.options import FilesOptions

PARTITION = "date"
"""The column that a table is partitioned by."""


class DeltaOptions(FilesOptions):
    """Where the tables go, and what their files are like."""

    @model_validator(mode="after")
    def _check_certificates(self) -> Self:
        if self.ca_file is not None:
            raise ValueError(
                "ca_file: deltalake cannot be told of it: set SSL_CERT_FILE for the worker"
            )
        return self

    def storage(self) -> Mapping[str, str]:
        """Give what deltalake is told of S3: the same as obstore is; nothing for a folder."""
        if not self.is_s3:
            return {}
        given = self.connection()
        keys = {f"aws_{name}": value for name, value in given["config"].items()}
        retries = {name: given["retry_config"][name] for name in ("max_retries", "retry_timeout")}
        told = {**keys, **given["client_options"], **retries}
        return {name: _text(value) for name, value in told.items()}


def _text(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return str(value).lower() if isinstance(value, bool) else str(value)
