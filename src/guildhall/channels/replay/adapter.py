"""Parses replayed lines: `{"text", "sender"?, "sent_at"?, "lang"?, "label"?, "source"?}`, everything else
kept in raw.

A line without a sender is given one of five hundred, chosen by its words, so that a corpus without people
does not look like one person's flood. What is done about a replayed message is done to our own rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from guildhall.channels.capabilities import declare, no
from guildhall.channels.links import extract
from guildhall.channels.parsing import Fields
from guildhall.channels.port import (
    Act,
    Capability,
    Inbound,
    Kind,
    Limits,
    Platform,
    Receipt,
    Refs,
    SenderRef,
    SpaceRef,
    Verb,
)
from guildhall.core.text import Text
from guildhall.effects.types import Mode

PLATFORM = "replay"
_CROWD = 500
_CAN = frozenset({Verb.DELETE, Verb.RESTORE, Verb.RESTRICT, Verb.UNRESTRICT, Verb.BAN, Verb.UNBAN, Verb.KICK})
_NOBODY_THERE = no(
    Text("A replayed file cannot be answered.", "回放文件无法回应。"),
    Text("Replay it into a web chat space and answer there.", "请回放到网页聊天群组，并在其中回应。"),
)


class ReplayAdapter:
    """A JSONL file. Its acts end in our own rows, as those of web chat do."""

    platform: Platform = PLATFORM
    name = Text("Replay of a file", "文件回放")
    capabilities: Mapping[Verb, Capability] = declare(
        _CAN, {verb: _NOBODY_THERE for verb in Verb if verb not in _CAN}
    )
    limits = Limits(text=0, buttons=0, media=0)
    shows_at_once = False

    def mode(self, verb: Verb) -> Mode:
        return Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        return ()

    def parse(self, raw: bytes) -> Inbound:
        wrapped = Fields.of_json(raw)
        number = wrapped.whole.get("number")
        row = number if isinstance(number, int) else None
        try:
            line = wrapped.text("line").encode("latin-1")
        except UnicodeEncodeError as error:
            raise wrapped.bad("line", "is not a line of bytes.", "不是有效的行数据。") from error
        said = Fields.of_json(line, row)
        text = said.text("text")
        if not text.strip():
            raise said.bad("text", "is empty.", "为空。")
        who = said.line("sender", 120) or f"replay-{zlib.crc32(line) % _CROWD:03d}"
        return Inbound(
            Kind.MESSAGE,
            PLATFORM,
            SpaceRef(wrapped.id("space")),
            wrapped.id("id"),
            SenderRef("-".join(who.split()), display_name=who, language=said.line("lang", 10)),
            said.moment("sent_at") if "sent_at" in said.whole else wrapped.moment("at"),
            text,
            links=extract(text),
            raw=said.whole,
        )

    def check(self, act: Act, refs: Refs) -> None:
        """Every act it can do at all, it can do."""

    def perform(self, act: Act, refs: Refs) -> Receipt:
        return Receipt()
