"""Takes personal data and secrets out of whatever is about to be logged.

Pure. By the name of a field (a password, a name, a message text is never shown) and by the look of a value
(an e-mail address, a token, a password inside a URL, any long text). It rather hides too much: a log line
points to the row by its id, and the row is where the rest is.
"""

import re
from collections.abc import Mapping
from typing import Any

LONGEST = 300
HIDDEN = "[hidden]"

_SECRET_PART = re.compile(
    r"passw|passphrase|secret|token|authori[sz]ation|cookie|api_?key|private_?key|signature|credential"
    r"|e_?mail|phone|otp|recovery|seed",
    re.IGNORECASE,
)
_PERSONAL_NAMES = frozenset(
    {
        "body", "caption", "content", "display_name", "first_name", "full_name", "ip", "last_name", "payload",
        "raw", "real_name", "remote_addr", "sender_name", "text", "user_agent", "user_name", "username",
    }
)  # fmt: skip
_LOOKS = (
    # user:password@ inside a URL
    (re.compile(r"(?<=://)[^/\s@]+@"), f"{HIDDEN}@"),
    (re.compile(r"[^\s@<>\"'(),;:/=]+@[^\s@<>\"'(),;:/=]+\.[^\s@<>\"'(),;:/=]+"), "[email]"),
    # name=value and "name": "value" of secrets, in query strings, headers and reprs
    (
        re.compile(
            r"(?i)([\w-]*(?:passw\w*|secret|token|api_?key|signature|authorization|cookie)[\"']?\s*[=:]\s*[\"']?)"
            r"(?:(?:bearer|basic|token)\s+)?[^\s&\"',;]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # bot tokens such as 123456:AA…, then anything long, without spaces and with a digit: keys, hashes, links
    (re.compile(r"\b\d{6,}:[A-Za-z0-9_-]{20,}"), "[token]"),
    (re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{32,}"), "[token]"),
)


def redact(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields with whatever must not be logged replaced; nested mappings and lists too."""
    return {str(name): _field(str(name), value) for name, value in fields.items()}


def redact_text(text: str) -> str:
    """A text with secrets and addresses replaced and, beyond LONGEST characters, cut."""
    left_out = len(text) - LONGEST
    # The looks are sought a little past the cut, so that a token across it does not show its first half.
    text = text[: LONGEST + 200].encode("utf-8", "backslashreplace").decode()
    for look, shown in _LOOKS:
        text = look.sub(shown, text)
    return text if left_out <= 0 else f"{text[:LONGEST]}… (+{left_out})"


def _field(name: str, value: Any) -> Any:
    if value in (None, "") or isinstance(value, bool):
        return value
    if name.casefold() in _PERSONAL_NAMES or (_SECRET_PART.search(name) and not isinstance(value, int)):
        return HIDDEN
    return _value(value)


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return redact(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(item) for item in list(value)[:50]]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return redact_text(str(value))
