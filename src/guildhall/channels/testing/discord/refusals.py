"""How Discord says no: the HTTP status, its own number and its own words.

Which one a bad body earns is decided here, everything else is raised by the route that refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from guildhall.channels.testing.discord.schema import Wrong

WORDS = {
    "required": ("BASE_TYPE_REQUIRED", "This field is required"),
    "maxLength": ("BASE_TYPE_BAD_LENGTH", "Must be of an allowed length."),
    "minLength": ("BASE_TYPE_BAD_LENGTH", "Must be of an allowed length."),
    "maxItems": ("BASE_TYPE_BAD_LENGTH", "Must be of an allowed length."),
    "minItems": ("BASE_TYPE_BAD_LENGTH", "Must be of an allowed length."),
    "enum": ("BASE_TYPE_CHOICES", "Value must be one of the allowed choices."),
    "maximum": ("NUMBER_TYPE_MAX", "int value should be less than or equal to the maximum."),
    "minimum": ("NUMBER_TYPE_MIN", "int value should be greater than or equal to the minimum."),
    "pattern": ("NUMBER_TYPE_COERCE", "Value is not snowflake."),
}


class Refused(Exception):
    """A call that Discord answers with an error; `errors` names the fields of a bad body."""

    def __init__(
        self, status: int, code: int, said: str, *, errors: dict[str, Any] | None = None, **more: Any
    ) -> None:
        self.status = status
        self.body: dict[str, Any] = {"message": said, "code": code, **more}
        if errors:
            self.body["errors"] = errors
        super().__init__(f"{status} {code}: {said}")

    def answer(self) -> bytes:
        return orjson.dumps(self.body)


def unauthorized() -> Refused:
    return Refused(401, 0, "401: Unauthorized")


def missing_access() -> Refused:
    return Refused(403, 50001, "Missing Access")


def missing_permissions() -> Refused:
    return Refused(403, 50013, "Missing Permissions")


UNKNOWN = {
    "Account": 10001, "Application": 10002, "Channel": 10003, "Guild": 10004, "Integration": 10005,
    "Invite": 10006, "Member": 10007, "Message": 10008, "Permission Overwrite": 10009, "Role": 10011,
    "User": 10013, "Emoji": 10014, "Webhook": 10015, "Ban": 10026, "Interaction": 10062,
    "application command": 10063, "Auto Moderation Rule": 10066, "Guild Welcome Screen": 10069,
    "Poll": 10083,
}  # fmt: skip


def unknown(what: str) -> Refused:
    return Refused(404, UNKNOWN[what], f"Unknown {what}")


def bad_field(path: Sequence[str], code: str, said: str) -> Refused:
    errors: dict[str, Any] = {"_errors": [{"code": code, "message": said}]}
    for part in reversed(path):
        errors = {part: errors}
    return Refused(400, 50035, "Invalid Form Body", errors=errors)


def bad_body(wrongs: Sequence[Wrong]) -> Refused:
    """`Invalid Form Body` with every field that is wrong."""
    errors: dict[str, Any] = {}
    for wrong in wrongs:
        inner = errors
        for part in wrong.path:
            inner = inner.setdefault(part, {})
        code, said = WORDS.get(wrong.rule, ("BASE_TYPE_BAD_TYPE", wrong.said))
        inner.setdefault("_errors", []).append({"code": code, "message": said})
    return Refused(400, 50035, "Invalid Form Body", errors=errors)
