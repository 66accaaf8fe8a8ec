"""How many lines of CMCD a second become heartbeats, in one process: `python -m benchmarks.cmcd`.

Every line has an id and numbers of its own, as in real traffic: what is remembered of members helps
no more than it would there. Prints JSON; `rfc` is the same with http-sf alone.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from time import process_time
from urllib.parse import quote
from uuid import UUID

from edge.cmcd.dictionary import parse, parse_by_the_rfc
from edge.cmcd.heartbeats import Sender, Viewing, heartbeat
from edge.cmcd.lines import Line, Read, of_body, of_query

_LINES = 20_000
_SENDER = Sender(datetime.now(UTC), platform="web")
_VIEWING = Viewing()


def main() -> None:
    random = Random(1)
    version_1 = [_version_1(random) for _ in range(_LINES)]
    version_2 = [_version_2(random, nth) for nth in range(_LINES)]
    queries = ["CMCD=" + quote(line) for line in version_1]
    body = [line.encode() for line in version_2]
    figures = {
        "query_mode_v1": _rate(lambda: [_beat(of_query(query)) for query in queries]),
        "event_mode_v2": _rate(lambda: [_beat(next(of_body(line))) for line in body]),
        "dictionary_v1": _rate(lambda: [parse(line) for line in version_1]),
        "dictionary_v2": _rate(lambda: [parse(line) for line in version_2]),
        "rfc_v1": _rate(lambda: [parse_by_the_rfc(line) for line in version_1]),
        "rfc_v2": _rate(lambda: [parse_by_the_rfc(line) for line in version_2]),
    }
    print(json.dumps({"lines_per_cpu_second": figures}))


def _rate(work: Callable[[], object]) -> int:
    # CPU time: what else runs on the machine is not what is measured
    began = process_time()
    work()
    return round(_LINES / (process_time() - began))


def _beat(line: Line | None) -> object:
    if not isinstance(line, Read):
        raise TypeError(line)
    return heartbeat(line, _SENDER, _VIEWING)


def _sid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128)))


def _hundreds(random: Random, most: int) -> int:
    return random.randrange(100, most, 100)


def _version_1(random: Random) -> str:
    return (
        f'bl={_hundreds(random, 60_000)},br=3200,cid="film-{random.randrange(500)}",d=4004,'
        f"dl={_hundreds(random, 60_000)},mtp={_hundreds(random, 90_000)},"
        f'nor="..%2Fv%2Fs{random.randrange(9_999)}.m4s",ot=v,rtp=15000,sf=h,sid="{_sid(random)}",'
        "st=v,tb=6000"
    )


def _version_2(random: Random, nth: int) -> str:
    return (
        f'bl=({_hundreds(random, 60_000)};v),br=(3200;v 128;a),cdn="fastly",'
        f'cid="film-{random.randrange(500)}",e=t,h="e{random.randrange(9)}.example",'
        f'mtp=({_hundreds(random, 90_000)}),sf=h,sid="{_sid(random)}",sn={nth},st=v,sta=p,'
        f"ts={1_795_600_000_000 + nth * 7},v=2"
    )


if __name__ == "__main__":
    main()
