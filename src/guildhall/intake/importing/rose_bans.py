"""Reads the federation bans of Rose and of the many bots built like it: JSON lines, and the list written for
people.

Source of the format: the export commands of several public bots descended from Rose, which write one object
a line with `user_id, first_name, last_name, user_name, reason`, and a text with a bullet, a name and the id
in brackets. Rose's own source is not public; whether it adds a time (`time`, `banned_at`) could not be
verified, so one is taken when it stands there. The CSV of the same command is read by `tables`.
"""

from __future__ import annotations

import re

import orjson

from guildhall.core.text import Text
from guildhall.intake.importing import banlists
from guildhall.intake.importing.decoding import json_of
from guildhall.intake.importing.records import ROSE_JSON, ROSE_TEXT, BanList

_LINE = re.compile(
    r"^(?P<name>.*?)\s*[(\[（【`]+\s*(?P<id>-?\d{4,20})\s*[)\]）】`]+\s*[:：,\-–—]*\s*(?P<reason>.*)$"
)
_LONGEST_LINE = 20_000
_UNREAD = Text("This line is not one JSON object.", "该行不是一个 JSON 对象。")
_NO_ENTRY = Text("No id stands in brackets on this line.", "该行括号内没有 ID。")


def read_lines(text: str) -> BanList | None:
    """Bans as JSON lines, or None when the first line is no object with a user's id."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    first = json_of(lines[0][1]) if lines and len(lines[0][1]) < _LONGEST_LINE else None
    if not isinstance(first, dict) or "user_id" not in banlists.renamed(first):
        return None
    gathering = banlists.Gathering(ROSE_JSON)
    for number, line in lines:
        said = json_of(line)
        if isinstance(said, dict):
            gathering.add(number, banlists.renamed(said), line)
        else:
            gathering.aside.put(number, "", _UNREAD, line)
    return gathering.done()


def read_array(value: object) -> BanList | None:
    """The same objects in one JSON array."""
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return None
    if "user_id" not in banlists.renamed(value[0]):
        return None
    gathering = banlists.Gathering(ROSE_JSON)
    for number, said in enumerate(value, start=1):
        raw = orjson.dumps(said).decode()
        if isinstance(said, dict):
            gathering.add(number, banlists.renamed(said), raw)
        else:
            gathering.aside.put(number, "", _UNREAD, raw)
    return gathering.done()


def read_text(text: str) -> BanList | None:
    """The list for people, or None when fewer than half of its lines name an id in brackets."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    matches = [(number, line, _match(line)) for number, line in lines]
    hits = sum(match is not None for _, _, match in matches)
    if not hits or hits * 2 < len(lines) - 1:
        return None
    gathering = banlists.Gathering(ROSE_TEXT)
    for place, (number, line, match) in enumerate(matches):
        if match is not None:
            said = {
                "user_id": match["id"],
                "name": match["name"].strip(" \t•·*-–—>"),
                "reason": match["reason"],
            }
            gathering.add(number, said, line)
        elif place:  # the first line may be a heading
            gathering.aside.put(number, "user_id", _NO_ENTRY, line)
    return gathering.done()


def _match(line: str) -> re.Match[str] | None:
    return _LINE.match(line) if len(line) < _LONGEST_LINE else None
