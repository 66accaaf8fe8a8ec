"""What deltalake says, as the sink tells it: without keys, and with what to do."""

import re

from config.s3 import cure
from sinks.base import SinkUnavailable
from sinks.delta.options import DeltaOptions
from sinks.disks import CURES
from sinks.parquet.objects import of_sink

_NEEDED = "s3:ListBucket, s3:GetObject and s3:PutObject"
_LONGEST = 300
_OF_S3 = re.compile(r"Error performing|HTTP error|necessary privileges|credential", re.IGNORECASE)
_OF_SYSTEM = re.compile(r"\(os error (\d+)\)")
_STATUS = re.compile(r"(?<=non-2xx status code)\W+(?:\[\d+m\W*)*(?=\d{3})")
_OVERTAKEN = "Failed to commit transaction"
_GONE = (
    "Invalid table version",
    "No files in log segment",
    "does not exist or you don't have access",
)


def explain(error: Exception, options: DeltaOptions, topic: str, name: str) -> SinkUnavailable:
    """Say what is wrong with a table, without a word of what was sent."""
    at = f" at {options.endpoint}" if options.endpoint else ""
    where = f"{of_sink(name)}{options.path.rstrip('/')}/{topic}{at}"
    return SinkUnavailable(f"{where}: {_words(str(error), options)}")


def _words(text: str, options: DeltaOptions) -> str:
    if any(said in text for said in _GONE):
        return "the table is gone: bring it back, or start the worker again"
    if text.startswith(_OVERTAKEN):
        return "others commit to this table just now: it is tried again"
    if options.is_s3 and _OF_S3.search(text):
        return cure(OSError(_STATUS.sub(": ", text)), _NEEDED)
    if number := _OF_SYSTEM.search(text):
        return CURES.get(int(number[1]), text.splitlines()[0][:_LONGEST])
    return text.splitlines()[0][:_LONGEST]
