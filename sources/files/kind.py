"""The kinds `file` and `s3`: light to import, as Arrow and obstore come when they are needed."""

from collections.abc import Sequence

from sources.base import Source
from sources.files.folder import Folder
from sources.files.options import BucketOptions, FileOptions, Reading
from sources.files.source import FileSource
from sources.kinds import Opening, SourceKind


def open_file(options: FileOptions, opening: Opening) -> Sequence[Source]:
    """Make the reader; nothing is opened yet."""
    return [FileSource(Folder(options.path, options.after), options, opening)]


def open_bucket(options: BucketOptions, opening: Opening) -> Sequence[Source]:
    """Make the reader; nothing is asked yet."""
    from sources.files.bucket import Bucket  # noqa: PLC0415 - it imports obstore

    return [FileSource(Bucket(options), options, opening)]


def _ends(options: Reading) -> bool:
    return options.once


FILE = SourceKind("file", FileOptions, open_file, ends=_ends)
BUCKET = SourceKind(
    "s3", BucketOptions, open_bucket, packages=("obstore", "pyarrow"), extra="files", ends=_ends
)
