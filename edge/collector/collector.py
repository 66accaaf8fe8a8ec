"""`/v1/cmcd`: what players report by CMCD becomes heartbeats, answered when Kafka has them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from urllib.parse import unquote
from zlib import crc32

from edge.bodies import BodyReader
from edge.client_networks import ClientNetworks
from edge.cmcd import answers
from edge.cmcd.heartbeats import Sender, Viewing
from edge.cmcd.lines import Line, Read
from edge.cmcd.repeats import Repeats
from edge.collector.batch import Batch, UnderWayError, batch
from edge.collector.reading import Mode, read
from edge.collector.slices import Slices
from edge.intake import Intake
from edge.judging import Judged
from edge.messages import Request, Response, json_response
from edge.problems import Problem, try_later
from edge.records import Record
from models.dead_letters import ORIGIN

STREAM = "content_sessions"

_UNKNOWN = "unknown"
_LONGEST_NAME = 64
_UNDER_WAY_SECONDS = 5


class Collector:
    """Takes CMCD of both versions, in every mode, at most so many lines in a body.

    `percent` of the sessions report; the others are told to stop.
    """

    def __init__(
        self,
        intake: Intake,
        bodies: BodyReader,
        *,
        viewing: Viewing,
        networks: ClientNetworks,
        most: int,
        percent: int = 100,
    ) -> None:
        self._intake = intake
        self._bodies = bodies
        self._viewing = viewing
        self._networks = networks
        self._most = most
        self._percent = percent
        self._repeats = Repeats(time.monotonic)
        self._slices = Slices()

    async def take(self, request: Request) -> Response:
        """Answer a request of any mode; see `edge.cmcd.answers` for what reporters do then."""
        found = await read(request, self._bodies, self._slices)
        if len(found.lines) > self._most:
            raise Problem(413, f"a body has at most {self._most:,} lines: send less")
        lines = self._of_sessions_that_report(found.lines)
        request.charge(STREAM, len(lines))
        target = f"{request.path} {found.mode}"
        sender = self._said_beside(request, found.mode)
        try:
            made = batch(lines, sender, self._viewing, self._repeats, target)
        except UnderWayError:
            raise try_later(_UNDER_WAY_SECONDS, "a line of this is on its way to Kafka") from None
        judged = await self._send(request, made)
        return _taken(found.mode, made, judged)

    def _of_sessions_that_report(self, lines: Sequence[Line]) -> Sequence[Line | None]:
        """Leave the lines of the others out. Raises Problem 410 where none is left."""
        if self._percent >= 100:  # noqa: PLR2004 - all
            return lines
        sessions = [str(line.members["sid"]) for line in lines if isinstance(line, Read)]
        if answers.before_kafka(sessions, is_stopped=self._is_stopped) is answers.STOP:
            raise Problem(410, "this session is not one of those that report: send no more of it")
        return [
            None if isinstance(line, Read) and self._is_stopped(str(line.members["sid"])) else line
            for line in lines
        ]

    def _is_stopped(self, session_id: str) -> bool:
        return crc32(session_id.encode(errors="surrogatepass")) % 100 >= self._percent

    def _said_beside(self, request: Request, mode: Mode) -> Sender:
        """Give what no line says; who sends a log is in no viewer's network."""
        said = request.query_string
        query = request.query if "platform=" in said or "player=" in said else {}
        platform = query.get("platform") or request.headers.get("sec-ch-ua-platform", "").strip('"')
        player = query.get("player")
        return Sender(
            received_at=datetime.now(UTC),
            platform=platform[:_LONGEST_NAME] or _UNKNOWN,
            player=player[:_LONGEST_NAME] if player else None,
            asn=0 if mode == "log" else self._networks.of(request).asn,
            cdn=unquote(request.parameters.get("cdn", _UNKNOWN)),
        )

    async def _send(self, request: Request, made: Batch) -> Judged:
        """Give the verdict when Kafka has all of it. Raises Problem 503, and keeps no claim."""
        judged = Judged([], [], [])
        caller = request.caller.name if request.caller else ""
        try:
            if made.values:
                judged = await self._intake.take(
                    made.values, partial(_records, made, f"edge, {caller}, CMCD")
                )
        except BaseException:
            self._repeats.drop(made.claims)
            raise
        self._repeats.keep(made.claims)
        return judged


def _records(
    made: Batch, origin: str, judged: Judged, timestamp: int
) -> tuple[Judged, list[Record]]:
    records = [
        Record(made.values[index], key, timestamp)
        for index, key in zip(judged.good, judged.keys, strict=True)
    ]
    for it in judged.refused:
        why = made.refused.get(made.places[it.index])
        said = f"{origin} ({why.detail})" if why else origin
        records.append(
            Record(made.values[it.index], None, timestamp, -1, [(ORIGIN, said.encode())])
        )
    return judged, records


def _taken(mode: Mode, made: Batch, judged: Judged) -> Response:
    """Tell what became of each line; a player's own request is told so only if it is wrong."""
    if mode in {"query", "headers"} and not judged.refused:
        return Response(204)
    refused = []
    for it in judged.refused:
        place = made.places[it.index]
        why = made.refused.get(place, it)
        refused.append({"index": place, "reason": why.reason, "detail": why.detail})
    told = {"passed": made.passed, "repeated": made.repeated, "refused": refused}
    return json_response(answers.TAKEN.status, {"accepted": len(judged.good), **told})
