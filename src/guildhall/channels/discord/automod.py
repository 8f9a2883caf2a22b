"""AutoMod rules of Discord: what one says, and what Discord takes of it. Pure.

Discord's own filter works while we are away and before a message is shown; ours judges everything else. The
numbers are those of Discord's OpenAPI document and of its help pages (six rules of words, one of each other
kind).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

WORDS, WORD, PATTERNS, PATTERN, ALLOWED, EXEMPT_ROLES, EXEMPT_CHANNELS = 1000, 60, 10, 260, 100, 20, 50
ALLOWED_OF_PRESETS, MENTIONS, LONGEST_S, NAME, NOTICE = 1000, 50, 2_419_200, 100, 150
_SENDING, _PROFILE_CHANGE = 1, 2
_BLOCK, _ALERT, _TIMEOUT, _QUARANTINE = 1, 2, 3, 4


class Trigger(IntEnum):
    """What a rule looks at."""

    KEYWORD = 1
    SPAM = 3
    PRESET = 4
    MENTION = 5
    PROFILE = 6


MOST: Mapping[Trigger, int] = {
    Trigger.KEYWORD: 6, Trigger.SPAM: 1, Trigger.PRESET: 1, Trigger.MENTION: 1, Trigger.PROFILE: 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `notice`: what the author is told of a blocked message; `alert_in`: the channel (id) where
    moderators hear of it; `timeout_s`: 0 for none; `mentions`: how many in one message are too many.
    """

    name: str
    trigger: Trigger
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    presets: tuple[int, ...] = ()
    mentions: int = 0
    stops_mention_raids: bool = False
    block: bool = True
    notice: str = ""
    alert_in: str = ""
    timeout_s: int = 0
    quarantine: bool = False
    is_on: bool = True
    exempt_roles: tuple[str, ...] = ()
    exempt_channels: tuple[str, ...] = ()


def from_json(told: Mapping[str, Any]) -> Rule:
    """A rule as it travels in an effect. Raises BadInput."""
    try:
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
        }
        fields["trigger"] = Trigger(fields["trigger"])
        return Rule(**fields)
    except (KeyError, TypeError, ValueError):
        raise _bad("rule", "This is no rule.", "规则格式不正确。") from None


def check(rule: Rule) -> None:
    """Raises BadInput for what Discord would refuse of one rule."""
    if not 1 <= len(rule.name) <= NAME:
        raise _bad("name", f"A name has 1 to {NAME} characters.", f"名称长度须为 1 至 {NAME} 个字符。")
    _fits("words", rule.words, WORDS, WORD)
    _fits("patterns", rule.patterns, PATTERNS, PATTERN)
    _fits("allowed", rule.allowed, ALLOWED_OF_PRESETS if rule.trigger is Trigger.PRESET else ALLOWED, WORD)
    _fits("exempt_roles", rule.exempt_roles, EXEMPT_ROLES, 20)
    _fits("exempt_channels", rule.exempt_channels, EXEMPT_CHANNELS, 20)
    if rule.trigger in (Trigger.KEYWORD, Trigger.PROFILE) and not rule.words and not rule.patterns:
        raise _bad("words", "Name at least one word or pattern.", "请至少填写一个关键词或正则表达式。")
    if not 0 <= rule.mentions <= MENTIONS:
        raise _bad("mentions", f"Between 0 and {MENTIONS}.", f"须为 0 至 {MENTIONS}。")
    if not 0 <= rule.timeout_s <= LONGEST_S:
        raise _bad("timeout_s", "At most four weeks.", "最长四周。")
    if rule.timeout_s and rule.trigger not in (Trigger.KEYWORD, Trigger.MENTION):
        raise _bad(
            "timeout_s",
            "Discord silences for words and mentions only.",
            "Discord 仅支持对关键词和提及规则执行禁言。",
        )
    if rule.quarantine and rule.trigger is not Trigger.PROFILE:
        raise _bad("quarantine", "Only a rule of profiles can do this.", "仅个人资料规则支持该操作。")
    if not actions(rule):
        raise _bad("block", "The rule would do nothing.", "该规则没有任何动作。")


def check_room(rule: Rule, others: Iterable[Mapping[str, Any]]) -> None:
    """Raises BadInput when the server has as many rules of this kind as Discord takes. `others` as Discord
    lists them, without the one that is changed.
    """
    most = MOST[rule.trigger]
    if sum(one.get("trigger_type") == rule.trigger for one in others) >= most:
        raise _bad(
            "trigger",
            f"Discord takes {most} rules of this kind; change one of them.",
            f"Discord 最多允许 {most} 条此类规则，请修改现有规则。",
        )


def actions(rule: Rule) -> list[dict[str, Any]]:
    """What the rule does, as Discord's API takes it."""
    out: list[dict[str, Any]] = []
    if rule.trigger is Trigger.PROFILE:
        if rule.quarantine or rule.block:
            out.append({"type": _QUARANTINE})
    elif rule.block:
        told: dict[str, Any] = {"type": _BLOCK}
        if rule.notice:
            told["metadata"] = {"custom_message": rule.notice[:NOTICE]}
        out.append(told)
    if rule.alert_in:
        out.append({"type": _ALERT, "metadata": {"channel_id": rule.alert_in}})
    if rule.timeout_s:
        out.append({"type": _TIMEOUT, "metadata": {"duration_seconds": rule.timeout_s}})
    return out


def body(rule: Rule) -> dict[str, Any]:
    """The whole rule as Discord's API takes it."""
    told: dict[str, Any] = {
        "name": rule.name,
        "event_type": _PROFILE_CHANGE if rule.trigger is Trigger.PROFILE else _SENDING,
        "trigger_type": int(rule.trigger),
        "actions": actions(rule),
        "enabled": rule.is_on,
        "exempt_roles": list(rule.exempt_roles),
        "exempt_channels": list(rule.exempt_channels),
    }
    if rule.trigger in (Trigger.KEYWORD, Trigger.PROFILE):
        told["trigger_metadata"] = {
            "keyword_filter": list(rule.words),
            "regex_patterns": list(rule.patterns),
            "allow_list": list(rule.allowed),
        }
    elif rule.trigger is Trigger.PRESET:
        told["trigger_metadata"] = {
            "presets": list(rule.presets) or [1, 2, 3],
            "allow_list": list(rule.allowed),
        }
    elif rule.trigger is Trigger.MENTION:
        told["trigger_metadata"] = {
            "mention_total_limit": rule.mentions or 10,
            "mention_raid_protection_enabled": rule.stops_mention_raids,
        }
    return told


def _fits(field: str, given: tuple[str, ...], most: int, longest: int) -> None:
    if len(given) > most or any(not 1 <= len(one) <= longest for one in given):
        raise _bad(
            field,
            f"At most {most} entries of 1 to {longest} characters.",
            f"最多 {most} 项，每项 1 至 {longest} 个字符。",
        )


def _bad(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field)
