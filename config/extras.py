"""Parts that come with an extra, and what to say when it is missing."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

from config.environment import PlainError

EDGE_PACKAGES = ("backports.zstd", "confluent_kafka", "granian", "throttled")
"""What `headrace edge` needs."""


class NotInstalledError(PlainError):
    """Something has to be installed first: the message says how."""


@contextmanager
def needs_extra() -> Iterator[None]:
    """Tell what to install when an import of the extra `engines` fails."""
    try:
        yield
    except ImportError as error:
        raise extra_missing(error.name or str(error)) from error


def require(*packages: str, extra: str = "engines") -> None:
    """Raise NotInstalledError for the first that cannot be imported; import none."""
    for package in packages:
        if not is_installed(package):
            raise extra_missing(package, extra)


def is_installed(*packages: str) -> bool:
    """Say whether all can be imported; import none of them."""
    try:
        return all(find_spec(package) is not None for package in packages)
    except ModuleNotFoundError:  # a package inside another one that is not there
        return False


def advice(packages: Sequence[str], extra: str) -> str:
    """Say what has to be installed first; nothing where all is there."""
    absent = [name for name in packages if not is_installed(name)]
    if not absent:
        return ""
    install = installing(extra) if extra else f"{sys.executable} -m pip install {' '.join(absent)}"
    return f"needs {', '.join(absent)}: {install}"


def extra_missing(package: str, extra: str = "engines") -> NotInstalledError:
    install = installing(extra)
    if extra != "engines":
        return NotInstalledError(f"{package} is not installed: {install}")
    return NotInstalledError(
        f"{package} is not installed. Engines on this machine come with an extra: {install}. To "
        "use engines that run elsewhere, set HEADRACE_BROKER and HEADRACE_DATABASE."
    )


def installing(extra: str) -> str:
    """Give the command that installs an extra for this very Python, which may not be on PATH."""
    return f"{sys.executable} -m pip install -c constraints.txt -e '.[{extra}]'"
