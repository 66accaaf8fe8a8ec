"""How a bucket in S3 is reached, for sinks and sources: options, and its errors in words.

S3's own words may hold keys and signatures: none of them is shown.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

S3 = "s3://"

Words = Annotated[str, StringConstraints(min_length=1, max_length=1_024)]

# who calls waits longer and longer, and says so: few retries below that, which nobody sees
_RETRIES = 2


class S3Options(BaseModel):
    """What every kind has that reads or writes a bucket."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    endpoint: Annotated[
        Words | None,
        Field(description="URL of an S3 that is not Amazon's", examples=["https://s3.example.com"]),
    ] = None
    region: Annotated[
        Words | None, Field(description="of the bucket; without it AWS_REGION, or us-east-1")
    ] = None
    path_style: Annotated[
        bool | None,
        Field(description="the bucket in the URL's path, not its host name; so with an `endpoint`"),
    ] = None
    access_key_id: Annotated[
        Words | None,
        Field(description="without it AWS_ACCESS_KEY_ID, or the role of the machine, pod or task"),
    ] = None
    secret_access_key: Annotated[
        SecretStr | None, Field(description="without it AWS_SECRET_ACCESS_KEY")
    ] = None
    session_token: Annotated[
        SecretStr | None, Field(description="of temporary keys; without it AWS_SESSION_TOKEN")
    ] = None
    allow_http: Annotated[
        bool, Field(description="talk to an `endpoint` without TLS: anybody on the way can read")
    ] = False
    ca_file: Annotated[
        Path | None, Field(description="certificates (PEM) that an `endpoint` is trusted by")
    ] = None
    timeout_seconds: Annotated[
        float, Field(ge=1, le=600, description="for one request to S3, its upload included")
    ] = 30.0

    @model_validator(mode="after")
    def _check_connection(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key: give both, or none")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("session_token: give access_key_id and secret_access_key too")
        if self.endpoint is not None:
            self._check_endpoint(self.endpoint)
        return self

    def _check_endpoint(self, endpoint: str) -> None:
        if not endpoint.startswith(("https://", "http://")):
            raise ValueError("endpoint: give a URL, like https://s3.example.com")
        if "@" in endpoint:
            raise ValueError("endpoint: give keys as access_key_id and secret_access_key")
        if endpoint.startswith("http://") and not self.allow_http:
            raise ValueError("endpoint: http:// has no TLS; say allow_http: true if that is meant")

    def connection(self) -> dict[str, Any]:
        """Give what obstore's S3Store is made with, besides bucket and prefix."""
        path_style = self.path_style
        if path_style is None:
            path_style = self.endpoint is not None
        # said, as AWS_CONDITIONAL_PUT may say otherwise: it is what keeps two writers apart
        config: dict[str, Any] = {
            "virtual_hosted_style_request": not path_style,
            "conditional_put": "etag",
        }
        for name in ("endpoint", "region", "access_key_id"):
            if (value := getattr(self, name)) is not None:
                config[name] = value
        for name in ("secret_access_key", "session_token"):
            if (secret := getattr(self, name)) is not None:
                config[name] = secret.get_secret_value()
        return {"config": config, "client_options": self._client(), "retry_config": self._retries()}

    def _client(self) -> dict[str, Any]:
        client: dict[str, Any] = {
            "allow_http": self.allow_http,
            "timeout": timedelta(seconds=self.timeout_seconds),
            "connect_timeout": timedelta(seconds=min(self.timeout_seconds, 5.0)),
        }
        if self.ca_file is not None:
            client["root_certificate"] = self.ca_file.read_bytes()
        return client

    def _retries(self) -> dict[str, Any]:
        return {
            "max_retries": _RETRIES,
            "retry_timeout": timedelta(seconds=self.timeout_seconds),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=1),
                "base": 2,
            },
        }


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
_DENIED = 403
_BY_STATUS = {
    401: "it does not know these keys: correct access_key_id and secret_access_key, or AWS_*",
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
    ("client error (Connect)", "it cannot be reached: it is tried again"),
)


def cure(error: Exception, allow: str) -> str:
    """Say what to do, without a word of what was sent; `allow` are the permissions needed."""
    code, status, words = _read(str(error))
    if status == _DENIED and code not in _CURES:
        words = f"permission denied: allow {allow}, if the keys are right"
    said = " ".join(word for word in (str(status or ""), code) if word)
    return f"{words}{f' ({said})' if said else ''}"


def _read(text: str) -> tuple[str, int | None, str]:
    codes, statuses = _CODE.findall(text), _STATUS.findall(text)
    code = codes[0] if codes else ""
    status = int(statuses[0]) if statuses else None
    words = _CURES.get(code) or _BY_STATUS.get(status or 0)
    if words is None and status is None:
        words = next((words for said, words in _BY_WORDS if said in text), None)
    return code, status, words or "it gives no good answer now: it is tried again"
