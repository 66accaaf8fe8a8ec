"""What S3 says, as the sink tells it."""

from config.s3 import cure
from sinks.base import SinkUnavailable
from sinks.parquet.objects import of_sink
from sinks.parquet.options import FilesOptions

_NEEDED = "s3:ListBucket, s3:GetObject and s3:PutObject"


def unavailable(error: Exception, options: FilesOptions, name: str) -> SinkUnavailable:
    """Say what is wrong, without a word of what was sent."""
    at = f" at {options.endpoint}" if options.endpoint else ""
    return SinkUnavailable(f"{of_sink(name)}{options.path}{at}: {cure(error, _NEEDED)}")
