"""Logging, set up once per process: lines for people on a terminal, JSON elsewhere; always on stderr."""

import logging
import sys
from typing import Any, Final

import msgspec
import structlog

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(level: str) -> None:
    """Write lines of at least ``level``; raises ``Misconfigured`` for a level that is none."""
    if level not in _LEVELS:
        from postroom.errors import Misconfigured

        raise Misconfigured(f"log_level must be one of {', '.join(_LEVELS)}, not {level!r}")
    for_people = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_people() if for_people else _for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=(
            structlog.PrintLoggerFactory(sys.stderr) if for_people else structlog.BytesLoggerFactory(sys.stderr.buffer)
        ),
        cache_logger_on_first_use=True,
    )
    # What libraries have to say of faults belongs in the same stream, in the same form.
    logging.basicConfig(handlers=[_Bridge()], level=logging.WARNING, force=True)


def _for_people() -> list[Any]:
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def _for_machines() -> list[Any]:
    # Never with local variables, as is the library's default, here and above: they are mails, tokens and passwords.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer(serializer=_encode)]


def _encode(value: object, **_: object) -> bytes:
    return msgspec.json.encode(value, enc_hook=repr)


class _Bridge(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None)
