"""Structured log lines on the standard library: one JSON object a line for machines, plain text for
terminals.

A line is an event name and fields: `get_logger(__name__).info("case.opened", case=id)`. Every line, also
those of other people's libraries, passes through `redaction` before it leaves, and carries the id of the
web request it belongs to.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from guildhall.core.redaction import redact, redact_text

_around: ContextVar[dict[str, Any] | None] = ContextVar("guildhall_log_context", default=None)
_LEVELS = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR"}


class Logger:
    """A named logger. `event` is a dotted verb that never varies; whatever varies goes into fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, /, **fields: Any) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: Any) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, /, **fields: Any) -> None:
        """An error with the trace of the exception being handled."""
        self._write(logging.ERROR, event, fields, exc_info=True)

    def _write(self, level: int, event: str, fields: dict[str, Any], *, exc_info: bool = False) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=exc_info, extra={"fields": fields}, stacklevel=3)


def get_logger(name: str) -> Logger:
    """The logger of a module; call it with `__name__`."""
    return Logger(name)


@contextmanager
def context(**fields: Any) -> Iterator[None]:
    """Add fields to every line written inside, in this thread or task: `with context(request="…"):`."""
    token = _around.set({**(_around.get() or {}), **fields})
    try:
        yield
    finally:
        _around.reset(token)


def config(level: str, form: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` and Django's LOGGING want; `form` is json or text."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": JsonLine if form == "json" else TextLine}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "guildhall": {"level": _LEVELS[level]},
            # Django's own handlers would print a second copy; its SQL log holds people's data.
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
            "django.db.backends": {"level": "WARNING"},
            # A stranger's wrong Host header is answered with 400; it is no error of the house.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


class JsonLine(logging.Formatter):
    """One record as one JSON object: at, level, logger, event, then context and fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {**_fields(record), **_trace(record)}
        line = {
            "at": _moment(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redact_text(record.getMessage()),
        }
        known = {name if name not in line else f"{name}_": value for name, value in fields.items()}
        return json.dumps({**line, **known}, ensure_ascii=False)


class TextLine(logging.Formatter):
    """One record as a line for a person; control characters are escaped, so no value can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        trace = _trace(record)
        fields = " ".join(f"{name}={_shown(value)}" for name, value in _fields(record).items())
        event = _escaped(redact_text(record.getMessage()))
        head = f"{_moment(record):%H:%M:%S} {record.levelname.lower():<7} {record.name}"
        line = f"{head}  {event} {fields}".rstrip()
        if trace:
            line += f" error={_shown(trace['error'])}\n" + "\n".join(f"    {row}" for row in trace["trace"])
        return line


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return redact({**(_around.get() or {}), **getattr(record, "fields", {})})


def _trace(record: logging.LogRecord) -> dict[str, Any]:
    """Where an exception came from, and the first line of what it says (a database puts whole rows below)."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    says = str(error).partition("\n")[0]
    rows = [
        f"{row.filename}:{row.lineno} {row.name}" for row in traceback.extract_tb(error.__traceback__)[-30:]
    ]
    return {"error": redact_text(f"{type(error).__name__}: {says}"), "trace": rows}


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _escaped(text if text and " " not in text else f'"{text}"')


def _escaped(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
