"""Kafka's Java archives: pinned one by one, fetched once, shared by all clones of this user."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.extras import NotInstalledError, needs_extra
from config.invocation import invocation
from devstack.engines.errors import EngineError

Progress = Callable[[int], None]
"""Told how many more bytes have come."""

KAFKA_VERSION = "4.1.1"
_PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Jar:
    """One archive, as `kafka_jars.lock` pins it."""

    coordinate: str  # group:artifact:version
    size_bytes: int
    sha256: str

    @property
    def file_name(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def pinned() -> list[Jar]:
    """Return the 46 that jgo resolved for kafka_2.13 and slf4j-simple, the same as Maven does."""
    lines = Path(__file__).with_name("kafka_jars.lock").read_text().splitlines()
    return [Jar(name, int(size), digest) for name, size, digest in map(str.split, lines)]


def folder() -> Path:
    """Return where they lie: beside jgo's own things, so JGO_CACHE_DIR moves them."""
    with needs_extra():
        from jgo.constants import default_jgo_cache  # noqa: PLC0415 - of the extra `engines`
    return Path(default_jgo_cache()) / "headrace" / f"kafka-{KAFKA_VERSION}"


def missing() -> list[Jar]:
    there = folder()
    return [jar for jar in pinned() if not _is_whole(there / jar.file_name, jar.size_bytes)]


def installed() -> Path:
    """Return the folder that holds them all. Raises NotInstalledError with the command to run."""
    if missing():
        raise NotInstalledError(
            f"Kafka is not there yet. Fetch it once: {invocation('engines install')}"
        )
    return folder()


def install(wanted: Sequence[Jar], progress: Progress) -> None:
    """Fetch archives; each appears in the folder whole or not at all, whoever else is fetching."""
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetching-") as scratch:
        fetch = _Fetch(Path(scratch), target, progress)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(fetch, wanted))


class _Fetch:
    def __init__(self, scratch: Path, target: Path, progress: Progress) -> None:
        with needs_extra():
            from jgo.config import GlobalSettings  # noqa: PLC0415 - of the extra `engines`
            from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415
            from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415
        self._target = target
        self._context = MavenContext(
            resolver=PythonResolver(progress_callback=_callback(progress)),
            repo_cache=scratch,
            # A mirror named in jgo's own configuration comes first
            remote_repos=GlobalSettings.load().repositories | {"central": MAVEN_CENTRAL_URL},
            timeout=30,
        )

    def __call__(self, jar: Jar) -> None:
        dependency = self._context.create_dependency(jar.coordinate)
        try:
            fetched = Path(dependency.artifact.resolve())
        except (OSError, RuntimeError) as error:
            raise EngineError(
                f"{jar.coordinate} could not be fetched: {error}{_advice(error)}"
            ) from error
        digest = hashlib.sha256(fetched.read_bytes()).hexdigest()
        if digest != jar.sha256:
            raise EngineError(f"{jar.coordinate} is not the pinned file: sha256 is {digest}")
        shutil.move(fetched, self._target / jar.file_name)


def _advice(error: BaseException | None) -> str:
    """Say what helps behind a proxy that inspects TLS: its certificate is none that we know."""
    while error is not None:
        if "certificate" in str(error).lower():
            return (
                ". Is there a proxy that inspects TLS? Name its authority's certificate (PEM) in "
                "REQUESTS_CA_BUNDLE"
            )
        error = error.__cause__ or error.__context__
    return ""


def _callback(progress: Progress) -> Callable[[str, int], AbstractContextManager[Progress]]:
    @contextmanager
    def per_file(_name: str, _size_bytes: int) -> Iterator[Progress]:
        yield progress

    return per_file


def _is_whole(file: Path, size_bytes: int) -> bool:
    try:
        return file.stat().st_size == size_bytes
    except FileNotFoundError:
        return False
