"""How Telegram says no: the error answers with its own words.

The sentences are those the public Bot API server is known to answer; which one a bad body earns is decided
here, everything else is raised by the method that refuses.
"""

from __future__ import annotations

from typing import Any

import orjson

from guildhall.channels.testing.telegram.schema import Wrong

PREFIX = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class Refused(Exception):
    """A call that Telegram answers with an error; `parameters` as in ResponseParameters."""

    def __init__(self, code: int, said: str, **parameters: int) -> None:
        prefix = PREFIX.get(code)
        self.code = code
        self.description = f"{prefix}: {said}" if prefix and said else said or prefix or "error"
        self.parameters = parameters
        super().__init__(self.description)

    def answer(self) -> bytes:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return orjson.dumps(body)


def bad(said: str, **parameters: int) -> Refused:
    return Refused(400, said, **parameters)


def forbidden(said: str) -> Refused:
    return Refused(403, said)


def too_many(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


EMPTY = {
    "text": "message text is empty",
    "chat_id": "chat_id is empty",
    "user_id": "invalid user_id specified",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "from_chat_id": "chat_id is empty",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "permissions": "can't parse permissions: expected an Object",
    "question": "poll question must be non-empty",
    "options": "poll must have at least 1 option",
    "media": "there are no media in the request",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "video": "there is no video in the request",
    "commands": 'parameter "commands" is required',
    "invite_link": "INVITE_HASH_EMPTY",
    "title": "chat title is empty",
    "name": "TOPIC_TITLE_EMPTY",
}
UNREADABLE = {
    "reply_markup": "can't parse reply keyboard markup JSON object",
    "entities": "can't parse entities JSON object",
    "caption_entities": "can't parse entities JSON object",
    "reply_parameters": "can't parse reply parameters JSON object",
    "link_preview_options": "can't parse link preview options JSON object",
    "permissions": "can't parse permissions JSON object",
    "allowed_updates": "can't parse allowed_updates JSON object",
    "commands": "can't parse commands list JSON object",
    "reaction": "can't parse reaction types JSON object",
    "media": "can't parse media JSON object",
    "options": "can't parse options JSON object",
    "message_ids": "can't parse message identifiers JSON object",
}
LONG = {
    "text": "message is too long",
    "caption": "message caption is too long",
    "question": "poll question is too long",
    "title": "chat title is too long",
    "description": "chat description is too long",
    "name": "TOPIC_TITLE_TOO_LONG",
}


def refusal_of(method: str, wrong: Wrong) -> Refused:
    """What Telegram answers to a body with this fault."""
    name = wrong.parameter
    if wrong.rule == "json":
        return bad(UNREADABLE.get(name, f'can\'t parse "{name}": invalid value'))
    if wrong.rule == "required" and not wrong.path:
        return bad(EMPTY.get(name, f'parameter "{name}" is required'))
    if name == "reply_markup":
        if "callback_data" in wrong.said:
            return bad("BUTTON_DATA_INVALID")
        return bad("object expected as reply markup")
    if name == "reaction":
        return bad("REACTION_INVALID")
    if name == "message_ids" and wrong.rule in ("maxItems", "minItems"):
        too_many_said = "too many message identifiers specified"
        return bad(too_many_said if wrong.rule == "maxItems" else "message identifiers are not specified")
    if wrong.rule in ("maxLength", "maxBytes") and name in LONG and not wrong.path:
        if method == "answercallbackquery":
            return bad("MESSAGE_TOO_LONG")
        return bad(LONG[name])
    if name == "secret_token":
        return bad("secret token contains unallowed characters or is too long")
    if name in UNREADABLE:
        return bad(f"{UNREADABLE[name]}: {wrong.said}")
    return bad(f"wrong parameter {name} in request")
