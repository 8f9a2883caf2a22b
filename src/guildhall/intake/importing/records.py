"""What the readers of files give back: bans, rules and rows nobody could read. Pure data.

Nothing here knows of accounts or spaces of ours; `actions` brings the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from guildhall.core.text import Text
from guildhall.guard.types import Step

MOST_ROWS = 200_000
"""Rows of one ban list; longer lists are refused with the advice to split them."""

MOST_BAD_ROWS = 10_000
"""Bad rows kept whole; later ones are only counted."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a file was recognised as. `platform` is where its ids belong, or '' when it does not say."""

    key: str
    name: Text
    platform: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row nobody could read: `row` counts from 1, `field` may be '', `raw` is the row as it stood."""

    row: int
    field: str
    reason: Text
    raw: str


@dataclass(frozen=True, slots=True)
class Ban:
    """One banned account by the platform's id ('' when only the `username` is known); times are aware UTC."""

    row: int
    external_id: str
    username: str = ""
    name: str = ""
    reason: str = ""
    until: datetime | None = None
    banned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BanList:
    """All that a file says about bans. `repeated` rows named somebody a second time and were left out."""

    format: Format
    bans: tuple[Ban, ...]
    bad: tuple[BadRow, ...] = ()
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class FloodLimit:
    """So many messages within so many seconds; `seconds` is 0 when the other bot counts messages in a row."""

    messages: int
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a file says about moderation, in our words where we have them.

    `words` are words and globs the other bot removed messages for, `patterns` the same as RE2 expressions,
    `locks` kinds of content it removed, by its own names; `strikes_last_days` is None when the file does not
    say. `left` names what has no counterpart here at all.
    """

    format: Format
    block_domains: tuple[str, ...] = ()
    allow_domains: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    ladder: tuple[Step, ...] = ()
    flood: FloodLimit | None = None
    strikes_last_days: int | None = None
    rules_text: str = ""
    left: tuple[Text, ...] = ()
    bad: tuple[BadRow, ...] = ()


@dataclass(slots=True)
class Aside:
    """Gathers bad rows while a file is read; the first `MOST_BAD_ROWS` are kept whole."""

    rows: list[BadRow] = field(default_factory=list)
    more: int = 0

    def put(self, row: int, name: str, reason: Text, raw: str) -> None:
        """Put one row aside."""
        if len(self.rows) < MOST_BAD_ROWS:
            self.rows.append(BadRow(row, name, reason, raw))
        else:
            self.more += 1


ROSE_GROUP = Format("rose-group", Text("Rose: export of a group", "Rose：群组导出"), "telegram")
ROSE_JSON = Format(
    "rose-fed-json", Text("Rose: federation bans, JSON", "Rose：联盟封禁列表（JSON）"), "telegram"
)
ROSE_CSV = Format("rose-fed-csv", Text("Rose: federation bans, CSV", "Rose：联盟封禁列表（CSV）"), "telegram")
ROSE_TEXT = Format(
    "rose-fed-text", Text("Rose: federation bans, text", "Rose：联盟封禁列表（文本）"), "telegram"
)
COMBOT_CAS = Format("combot-ids", Text("Combot (CAS): a list of ids", "Combot（CAS）：ID 列表"), "telegram")
COMBOT = Format("combot", Text("Combot: settings", "Combot：设置"), "telegram")
MEE6 = Format("mee6", Text("MEE6 or Discord: JSON", "MEE6 或 Discord：JSON"), "discord")
TABLE = Format("table", Text("A table (CSV)", "表格（CSV）"))
WORDS = Format("list", Text("A list, one entry a line", "逐行列表"))
TELEGRAM_EXPORT = Format(
    "telegram-export", Text("Telegram Desktop: chat history", "Telegram 桌面版：聊天记录"), "telegram"
)
WECHAT_TEXT = Format("wechat-text", Text("WeChat: text of a chat", "微信：聊天文本"), "wechat")
FORMATS = {
    one.key: one
    for one in (
        ROSE_GROUP, ROSE_JSON, ROSE_CSV, ROSE_TEXT, COMBOT_CAS, COMBOT, MEE6, TABLE, WORDS, TELEGRAM_EXPORT,
        WECHAT_TEXT,
    )
}  # fmt: skip
