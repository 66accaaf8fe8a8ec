"""What S3 says, in words that tell what to do. Its own may hold keys and signatures."""

import re

from sinks.base import SinkUnavailable
from sinks.parquet.options import ParquetOptions

_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
_STATUS = re.compile(r"status(?: code)?: (\d{3})")
_UNKNOWN_KEYS = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "XAdminUserNotFound",
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "InvalidClientTokenId",
)
_CURES = {
    **dict.fromkeys(
        _UNKNOWN_KEYS,
        "it does not know these keys: correct access_key_id and secret_access_key, or AWS_*",
    ),
    "NoSuchBucket": "there is no such bucket: create it, or correct `path`",
    "PermanentRedirect": "the bucket is in another region: set `region`",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set `region`",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "NotImplemented": "it knows no conditional writes (If-None-Match): use a store that does",
    "QuotaExceeded": "its storage is full: make room",
    "XMinioStorageFull": "its storage is full: make room",
    "InsufficientStorage": "its storage is full: make room",
}
_BY_STATUS = {
    401: "it does not know these keys: correct access_key_id and secret_access_key, or AWS_*",
    403: "permission denied: allow s3:ListBucket, s3:GetObject and s3:PutObject, if the keys are "
    "right",
    404: "there is no such bucket, or it does not know these keys: look at both",
    507: "its storage is full: make room",
}
_BY_WORDS = (
    ("timed out", "no answer in time: it is tried again (`timeout_seconds`)"),
    ("kind: Timeout", "no answer in time: it is tried again (`timeout_seconds`)"),
    (
        "169.254.",
        "no keys: give access_key_id and secret_access_key, set AWS_*, or give the machine a role",
    ),
    ("redirect without LOCATION", "the bucket is in another region: set `region`"),
    ("certificate", "its certificate is not trusted: set `ca_file`"),
    ("dns error", "its name is unknown: correct `endpoint`, or look at DNS"),
    ("kind: Connect", "it cannot be reached: it is tried again"),
)


def unavailable(error: Exception, options: ParquetOptions, name: str) -> SinkUnavailable:
    """Say what is wrong, without a word of what was sent."""
    code, status, cure = _read(str(error))
    said = " ".join(word for word in (str(status or ""), code) if word)
    at = f" at {options.endpoint}" if options.endpoint else ""
    return SinkUnavailable(f"sink {name}: {options.path}{at}: {cure}{f' ({said})' if said else ''}")


def _read(text: str) -> tuple[str, int | None, str]:
    codes, statuses = _CODE.findall(text), _STATUS.findall(text)
    code = codes[0] if codes else ""
    status = int(statuses[0]) if statuses else None
    cure = _CURES.get(code) or _BY_STATUS.get(status or 0)
    if cure is None and status is None:
        cure = next((cure for words, cure in _BY_WORDS if words in text), None)
    return code, status, cure or "it cannot take anything now: it is tried again"
