"""One service of ours, started with the command and environment that compose gives it."""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog
from tests.compose import dockerfile
from tests.compose.image import Image

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 60
_ANSWER_SECONDS = 10


@dataclass
class Started:
    """`resolved` is the service in docker-compose's words; `addresses` are replaced in it.

    Ports that it would have to itself in a container are free ones here.
    """

    name: str
    resolved: Mapping[str, Any]
    addresses: Mapping[str, str]
    image: Image
    watchdog: Watchdog
    metrics_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        final = dockerfile.stages()[-1]
        command = [*dockerfile.words(final, "ENTRYPOINT"), *self.resolved["command"]]
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        # `env -i`: the container's environment and nothing of whoever runs the tests
        alone = ["env", "-i", "-C", str(self.image.work), *variables]
        log = self.image.work.parent / f"{self.name}-{self.metrics_port}.log"
        self.child = Child(
            self.name, [*alone, *map(self._here, command)], log, watchdog=self.watchdog
        )

    @property
    def environment(self) -> dict[str, str]:
        own = {name: self._here(value) for name, value in self.resolved["environment"].items()}
        return {**self.image.environment, **own, "HEADRACE_WEB_PORT": str(self.web_port)}

    def is_healthy(self) -> bool:
        """Run compose's health check once, as Docker would."""
        check = self.resolved["healthcheck"]["test"]
        return self.image.run(*check[1:], **self.environment).returncode == 0

    def is_live(self) -> bool:
        """Run the image's own health check once."""
        check = dockerfile.words(dockerfile.stages()[-1], "HEALTHCHECK")
        return self.image.run(*check, **self.environment).returncode == 0

    def metrics(self) -> str:
        address = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(address, timeout=_ANSWER_SECONDS) as answer:
            return str(answer.read().decode())

    def page(self, path: str) -> Any:
        """Get one of its web pages, which are JSON."""
        address = f"http://127.0.0.1:{self.web_port}{path}"
        with urllib.request.urlopen(address, timeout=_ANSWER_SECONDS) as answer:
            return json.load(answer)

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Poll until it holds; fail at once when the service ends."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert self.child.running, f"{self.name} ended, not {what}:\n{self.child.tail(40)}"
            assert time.monotonic() < deadline, f"{self.name} not {what}:\n{self.child.tail(40)}"
            time.sleep(_POLL_SECONDS)

    def wait_until_it_ends(self) -> int:
        """Wait for its end; return its exit code."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (code := self.child.returncode) is None:
            assert time.monotonic() < deadline, f"{self.name} still runs:\n{self.child.tail(40)}"
            time.sleep(_POLL_SECONDS)
        return code

    def _here(self, value: str) -> str:
        ports = dict.fromkeys(("9464", "9465", "9466"), self.metrics_port) | {"8080": self.web_port}
        here = {**self.addresses, **{there: str(port) for there, port in ports.items()}}
        # all in one pass: a free port put in may hold the digits of one that is looked for
        return re.sub("|".join(map(re.escape, here)), lambda found: here[found[0]], value)
