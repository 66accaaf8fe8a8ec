"""Faust's worker process: it stops when told to, and tells everyday mistakes in words."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import faust

_MISTAKE = 2
"""The exit code for what is not a bug."""


class Worker(faust.Worker):
    """What `faust -A app worker` runs; a subclass says which mistakes it can tell."""

    _mistakes: "_Mistakes | None" = None

    @staticmethod
    def told(error: BaseException) -> str | None:
        """Say an everyday mistake in words; None for what is a bug, to be shown as it is."""
        del error
        return None

    def _on_sigint(self) -> None:
        # first: what mode writes before it stops raises where nobody reads it any more
        self._flag_as_shutdown_by_signal()
        self._schedule_shutdown(signal.SIGINT)

    def _say(self, msg: str, file: Any = None, end: str = "\n", **options: Any) -> None:
        try:
            super()._say(msg, file, end, **options)
        except (OSError, ValueError):
            silence_broken()

    def on_setup_root_logger(self, logger: logging.Logger, level: int) -> None:
        super().on_setup_root_logger(logger, level)
        self._mistakes = _Mistakes(self.told)
        for handler in logger.handlers:
            handler.addFilter(self._mistakes)

    def execute_from_commandline(self) -> NoReturn:
        try:
            super().execute_from_commandline()
        except SystemExit as end:
            silence_broken()
            if not end.code or self._mistakes is None or not self._mistakes.told:
                raise
            if self._mistakes.newest:
                with suppress(OSError, ValueError):
                    # again: what stops after it has scrolled it away
                    sys.stderr.write(f"Error: {self._mistakes.newest}\n")
            raise SystemExit(_MISTAKE) from None


class _Mistakes(logging.Filter):
    """Puts words in the place of a mistake's traceback, once."""

    def __init__(self, tell: Callable[[BaseException], str | None]) -> None:
        super().__init__()
        self._tell = tell
        self.told: set[str] = set()
        self.newest: str | None = None
        """What was told last; None once a bug has come after it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        words = self._tell(error) if error is not None else None
        if error is not None:
            self.newest = words
        if words is None:
            return True
        if words in self.told:
            return False
        self.told.add(words)
        record.msg, record.args, record.exc_info, record.exc_text = words, (), None, None
        return True


def silence_broken() -> None:
    """Lead standard output and error nowhere where their reader is gone.

    Else every later write raises again, the last one when the interpreter ends.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
