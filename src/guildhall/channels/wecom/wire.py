"""Reads the XML of WeChat's callbacks into plain dictionaries.

Pure and linear in the length. WeChat's XML has elements, CDATA and text, nothing else; declarations and
entities of one's own are refused, so nothing can grow. Unlike an XML parser it keeps every code point as it
came (line ends, control characters that XML forbids and people paste). An element that stands twice becomes a
list, so that a field somebody smuggled in beside the real one is never taken for it.
"""

from __future__ import annotations

import re
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

DEEPEST = 12
_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)\]\]>|<(?P<close>/?)(?P<name>[A-Za-z_][\w.-]*)(?:\s[^<>]*?)?(?P<empty>/?)>"
    r"|(?P<head><\?xml[^<>]*\?>)|(?P<text>[^<]+)",
    re.DOTALL,
)
_REFERENCE = re.compile(r"&(#x[0-9A-Fa-f]{1,6}|#\d{1,7}|lt|gt|amp|quot|apos);")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_HIGHEST = 0x10FFFF


def read(document: str) -> dict[str, Any]:
    """The children of the root element. Raises BadInput for what is not such a document."""
    root: dict[str, Any] = {}
    open_names: list[str] = []
    stack: list[dict[str, Any]] = [root]
    words: list[str] = []
    position, ended = 0, False
    while position < len(document):
        token = _TOKEN.match(document, position)
        if token is None:
            raise _broken(position)
        position = token.end()
        name = token["name"]
        if name is None:
            if token["head"] is None:
                said = token["cdata"] if token["cdata"] is not None else _unescaped(token["text"])
                if open_names:
                    words.append(said)
                elif said.strip():
                    raise _broken(token.start())
            continue
        if token["close"]:
            if not open_names or open_names.pop() != name:
                raise _broken(token.start())
            inner = stack.pop()
            _put(stack[-1], name, inner if inner else "".join(words))
            words, ended = [], not open_names
            continue
        if ended or len(open_names) >= DEEPEST:
            raise _broken(token.start())
        words = []
        if token["empty"]:
            if not open_names:
                raise _broken(token.start())
            _put(stack[-1], name, "")
            continue
        open_names.append(name)
        stack.append({})
    if not ended or open_names:
        raise _broken(position)
    (inside,) = root.values()
    if not isinstance(inside, dict):
        raise _broken(0)
    return inside


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    if name not in into:
        into[name] = value
    elif isinstance(into[name], list):
        into[name].append(value)
    else:
        into[name] = [into[name], value]


def _unescaped(text: str) -> str:
    return _REFERENCE.sub(_referred, text) if "&" in text else text


def _referred(match: re.Match[str]) -> str:
    said = match[1]
    if not said.startswith("#"):
        return _NAMED[said]
    number = int(said[2:], 16) if said[1] == "x" else int(said[1:])
    return chr(number) if number <= _HIGHEST else "\ufffd"


def _broken(position: int) -> BadInput:
    return BadInput(
        Text(
            f"This is not the XML of a callback (character {position}).",
            f"不是有效的回调 XML（第 {position} 个字符）。",
        )
    )
