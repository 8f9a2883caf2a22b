"""The few kinds of error of the house. A message says what was wrong, where, and what to do.

Doors turn them into answers (a form error, a 4xx, a line on the terminal); performers of effects raise the
last three, and the engine acts on the kind: try again, give up, or ask a person.
"""

from __future__ import annotations

from guildhall.core.text import Text


class GuildhallError(Exception):
    """Something a person can be told. `code` is stable and for programs; `status` is its HTTP answer."""

    code = "error"
    status = 400

    def __init__(self, message: Text | str, *, code: str = "") -> None:
        super().__init__(message.en if isinstance(message, Text) else message)
        self.message = message
        if code:
            self.code = code

    @property
    def text(self) -> Text:
        """The message in both languages (the same words twice when only one was given)."""
        return self.message if isinstance(self.message, Text) else Text(self.message, self.message)


class BadInput(GuildhallError):
    """What came in cannot be understood; names the field and, in a batch, the row."""

    code = "bad_input"
    status = 422

    def __init__(
        self, message: Text | str, *, field: str = "", row: int | None = None, code: str = ""
    ) -> None:
        super().__init__(message, code=code)
        self.field = field
        self.row = row


class NotAllowed(GuildhallError):
    """Understood, and refused: by permission, by four eyes, by a compliance rule."""

    code = "not_allowed"
    status = 403


class NotFound(GuildhallError):
    """There is no such thing, or not for the one who asks."""

    code = "not_found"
    status = 404


class Conflict(GuildhallError):
    """Somebody was first, or the same key came again with another body."""

    code = "conflict"
    status = 409


class Unsupported(GuildhallError):
    """The platform cannot do this; says why, and what a person can do by hand instead."""

    code = "unsupported"
    status = 409

    def __init__(self, reason: Text, manual_step: Text) -> None:
        super().__init__(Text(f"{reason.en} {manual_step.en}".strip(), f"{reason.zh}{manual_step.zh}"))
        self.reason = reason
        self.manual_step = manual_step


class TooMany(GuildhallError):
    """Over a limit; `retry_after` is in seconds."""

    code = "too_many"
    status = 429

    def __init__(self, message: Text | str, *, retry_after: float = 1.0, code: str = "") -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(GuildhallError):
    """A part of the house does not answer just now; nothing was recorded, trying again is safe."""

    code = "unavailable"
    status = 503


class Temporary(GuildhallError):
    """The effect surely did not happen and may be tried again; `retry_after` in seconds when the other side
    said so.
    """

    code = "temporary"
    status = 503

    def __init__(self, message: Text | str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(GuildhallError):
    """The effect surely did not happen and trying again is pointless."""

    code = "permanent"


class Uncertain(GuildhallError):
    """Nobody can tell whether the effect happened; a person decides."""

    code = "uncertain"
