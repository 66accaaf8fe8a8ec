"""What is wrong with a request, in the one shape of every 4xx and 5xx: RFC 9457."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from edge.messages import Response

_MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - an answer
    """Ends a request. `detail` says what to do; `members` are more of the document."""

    def __init__(
        self,
        status: int,
        detail: str,
        *headers: tuple[str, str],
        members: dict[str, object] | None = None,
    ) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.members = members or {}

    def response(self) -> Response:
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }
        headers = [("content-type", _MEDIA_TYPE), *self.headers]
        return Response(self.status, msgspec.json.encode(document), headers)


def try_later(seconds: int, detail: str) -> Problem:
    """Ask to be sent the same once more: nothing of it was acknowledged."""
    return Problem(503, detail, ("retry-after", str(seconds)))
