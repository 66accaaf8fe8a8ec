"""`POST /v1/events/{stream}`: judged by the stream's contract, answered when Kafka has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge.bodies import BodyReader
from edge.completing import Completing
from edge.event_ids import EventIds, Fresh
from edge.intake import Intake
from edge.judging import Judged, Refusal
from edge.messages import Request, Response, json_response
from edge.problems import Problem
from edge.queries import check
from edge.records import Headers, Record
from edge.repeats import Repeats
from edge.splitting import split
from models.dead_letters import ORIGIN

_LINES = "application/x-ndjson"
_MEDIA_TYPES = ("application/json", "text/plain", _LINES)
_ACCEPTED = ", ".join(_MEDIA_TYPES)
_SWITCHES = {
    "strict": "take nothing if one event is bad",
    "event_id": "store an event with the event_id of one before it only once; one at least has one",
}
_EVENT = {"$ref": "#/components/schemas/Event"}
OPERATION: Mapping[str, Any] = {
    "summary": "Send events of a stream: an object, an array, or JSON Lines",
    "operationId": "postEvents",
    "parameters": [
        *(
            {"name": name, "in": "query", "description": said, "schema": {"type": "boolean"}}
            for name, said in _SWITCHES.items()
        ),
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "a repeat within 10 minutes is answered, not stored again",
            "schema": {"type": "string", "maxLength": 255},
        },
        {
            "name": "Content-Encoding",
            "in": "header",
            "schema": {"type": "string", "enum": ["identity", "gzip", "zstd"]},
        },
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [_EVENT, {"type": "array", "items": _EVENT, "minItems": 1}]}
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
        },
    },
    "responses": {
        "202": {
            "description": "Kafka has what was accepted; what is refused becomes a dead letter",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Taken"}}},
        }
    },
}


class Events:
    """Takes events of every stream that has a judge."""

    def __init__(
        self,
        intakes: Mapping[str, Intake],
        bodies: BodyReader,
        *,
        completing: Completing,
        repeats: Repeats,
        event_ids: EventIds,
        most: int,
    ) -> None:
        self._intakes = intakes
        self._bodies = bodies
        self._completing = completing
        self._repeats = repeats
        self._event_ids = event_ids
        self._most = most

    async def post(self, request: Request) -> Response:
        stream = request.parameters["stream"]
        if stream not in self._intakes:
            raise Problem(404, f"no such stream: there are {', '.join(self._intakes)}")
        check(request, _SWITCHES)
        media_type = _media_type(request)
        body = await self._bodies.read(request)
        said = request.headers.get("idempotency-key")
        if said is None:
            return await self._take(request, stream, body, media_type)
        caller = request.caller.name if request.caller else ""
        return await self._repeats.once(
            (caller, f"{request.path}?{request.query_string}", said),
            body,
            lambda: self._take(request, stream, body, media_type),
        )

    async def _take(self, request: Request, stream: str, body: bytes, media_type: str) -> Response:
        events: Sequence[bytes] = split(body, self._most, lines=media_type == _LINES)
        request.charge(stream, len(events))
        events = self._completing.completed(stream, request, events)
        if not request.is_asked("event_id"):
            fresh = Fresh(events, range(len(events)))
            return _answer(fresh, *await self._send(request, stream, fresh))
        caller = request.caller.name if request.caller else ""
        fresh = self._event_ids.fresh(caller, stream, events)
        if not fresh.has_ids:
            raise Problem(
                400,
                "?event_id=true, but no event here has an event_id (a string), by which repeats "
                "are told: give them one, or do not ask for it. Nothing was taken",
            )
        good: Sequence[int] = ()
        try:
            judged, taken = await self._send(request, stream, fresh)
            good = judged.good if taken else ()
        finally:
            self._event_ids.settle(fresh, good)
        return _answer(fresh, judged, taken=taken)

    async def _send(self, request: Request, stream: str, fresh: Fresh) -> tuple[Judged, bool]:
        """Give the verdicts, and whether Kafka has the events: of a strict request, not always."""
        if not fresh.events:
            return Judged([], [], []), True
        origin = request.caller.name if request.caller else ""
        taken = True

        def to_send(judged: Judged, timestamp: int) -> tuple[Judged, Sequence[Record]]:
            nonlocal taken
            taken = not (judged.refused and request.is_asked("strict"))
            once = fresh.once(judged)
            return once, records(fresh.events, once, timestamp, origin) if taken else ()

        judged = await self._intakes[stream].take(fresh.events, to_send)
        return judged, taken


def _answer(fresh: Fresh, judged: Judged, taken: bool) -> Response:  # noqa: FBT001 - as given
    repeated, refusals = fresh.told(judged)
    refused = [told(it) for it in refusals]
    if not taken:
        return _refused(refused, "nothing was taken, as ?strict=true asks")
    if not judged.good and not repeated:
        return _refused(refused, "none was good, and each that Kafka takes becomes a dead letter")
    counted = {"repeated": repeated} if repeated else {}
    return json_response(202, {"accepted": len(judged.good), **counted, "refused": refused})


def _media_type(request: Request) -> str:
    """Say what the body is. Raises Problem 415: a form of somebody's page is none of these."""
    said: str = request.headers.get("content-type", "")
    media_type = said.partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise Problem(415, f"Content-Type is none of {_ACCEPTED}", ("accept", _ACCEPTED))
    return media_type


def records(events: Sequence[bytes], judged: Judged, timestamp: int, origin: str) -> list[Record]:
    """Make the records of a request: also of what is refused, which a worker makes dead letters of.

    Their timestamp is the one that the verdict went by, so that a worker's verdict is the same.
    """
    good = zip(judged.good, judged.keys, strict=True)
    made = [Record(events[index], key, timestamp) for index, key in good]
    if judged.refused:
        headers: Headers = [(ORIGIN, f"edge, {origin}".encode())]
        made += [Record(events[it.index], None, timestamp, -1, headers) for it in judged.refused]
    return made


def told(refusal: Refusal) -> dict[str, object]:
    """Say what a refused event is refused for."""
    told = {"index": refusal.index, "reason": refusal.reason, "detail": refusal.detail}
    return told | {"context": refusal.context} if refusal.context else told


def _refused(refused: Sequence[dict[str, object]], what: str) -> Response:
    count = "1 event is" if len(refused) == 1 else f"{len(refused):,} events are"
    return Problem(
        400, f"{count} refused, see refused for why: {what}", members={"refused": refused}
    ).response()
