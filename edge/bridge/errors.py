"""What is wrong, as Strimzi's bridge says it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from edge.messages import Request, Response
from edge.problems import Problem
from edge.routing import Handler

MEDIA_TYPE = "application/vnd.kafka.v2+json"


class BridgeError(Problem):
    """Ends a request: `error_code` and `message`, and perhaps `validation_errors`."""

    def response(self) -> Response:
        content = {"error_code": self.status, "message": self.detail, **self.members}
        return answer(content, self.status, *self.headers)


def answer(content: object, status: int = 200, *headers: tuple[str, str]) -> Response:
    body = msgspec.json.encode(content)
    return Response(status, body, [("content-type", MEDIA_TYPE), *headers])


def unprocessable(message: str, errors: Sequence[str] = ()) -> BridgeError:
    members: dict[str, object] = {"validation_errors": list(errors)} if errors else {}
    return BridgeError(422, message, members=members)


def in_its_form(handler: Handler) -> Handler:
    """Have a handler's problems told as the bridge tells them."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except BridgeError:
            raise
        except Problem as problem:
            raise BridgeError(problem.status, problem.detail, *problem.headers) from None

    return handle
