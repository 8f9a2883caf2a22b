"""Reads the export of a group by Rose: block list, locks, flood limit, warnings, rules; and names what else
stands in it.

Source of the format: a public description of the export's fields (`bot_id`, `version` 2 and `data` with one
object for each module) and Rose's own documentation of what each setting means. Not verified: the unit of
lengths of time (taken as seconds, or as nanoseconds when the number is a thousand million or more), and
exports of versions other than 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import re2

from guildhall.core.text import Text
from guildhall.guard.types import Measure, Step
from guildhall.intake.importing import values, words
from guildhall.intake.importing.records import ROSE_GROUP, Aside, FloodLimit, Rules

_WEEK = 604_800
_MODULES = {
    "notes": Text("notes", "笔记"),
    "filters": Text("automatic answers (filters)", "自动回复（filters）"),
    "greetings": Text("greetings and captcha", "欢迎语与验证码"),
    "disabled": Text("disabled commands", "停用的命令"),
    "clean_command": Text("cleaning of commands", "命令清理"),
    "clean_service": Text("cleaning of service messages", "服务消息清理"),
    "raids": Text("raid mode", "防突袭模式"),
    "federations": Text(
        "the federation (export its bans with /fbanlist)", "联盟（请用 /fbanlist 导出封禁列表）"
    ),
}
_SAYS_WHERE = frozenset({"exact", "prefix", "lookalike"})
_NOT_WORDS = frozenset(
    {
        "file",
        "sticker",
        "stickerpack",
        "stickers",
        "emoji",
        "emojipack",
        "forward",
        "inline",
        "name",
        "username",
    }
)
_ACTION_TAG = re.compile(r"\{(nothing|warn|kick|ban|mute|tban|tmute|del)(?: [^{}]{1,20})?\}")


def read_rules(value: object) -> Rules | None:
    """The rules of a group, or None when the JSON is no export of Rose's."""
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, dict) or not any(
        key in data for key in ("blocklists", "locks", "antiflood", "warns", "rules")
    ):
        return None
    aside, left = Aside(), list[Text]()
    blocked = _part(data, "blocklists")
    names, acting = _filters(blocked, aside)
    plain, patterns, other = _kinds(names)
    sorted_out = words.sort_out(plain, aside)
    if other:
        shown = ", ".join(f"“{name[:40]}”" for name in other[:5]) + ("…" if len(other) > 5 else "")
        left.append(
            Text(
                f"block list entries about files, sticker sets or senders: {len(other)} ({shown})",
                f"{len(other)} 条针对文件、贴纸包或来源的黑名单条目（{shown}）",
            )
        )
    if acting:
        left.append(
            Text(f"own actions of block list entries: {acting}", f"{acting} 条黑名单条目各自的处置方式")
        )
    action = str(blocked.get("action") or "nothing")
    if names and action != "nothing":
        left.append(
            Text(
                f"the block list's action “{action}”: strikes and the ladder decide here",
                f"黑名单处置方式“{action}”：此处由违规次数与阶梯决定",
            )
        )
    rules = _part(data, "rules")
    left += _others(data)
    return Rules(
        ROSE_GROUP,
        block_domains=sorted_out.domains,
        allow_domains=words.sort_out(_allowed(_part(data, "locks")), aside).domains,
        words=sorted_out.words,
        patterns=tuple(patterns),
        locks=_locks(_part(data, "locks")),
        ladder=_ladder(_part(data, "warns"), left),
        flood=_flood(_part(data, "antiflood"), left),
        strikes_last_days=_lasting(_part(data, "warns")),
        rules_text=str(rules.get("content") or "").replace("\x00", "").strip()[:4000],
        left=tuple(left),
        bad=tuple(aside.rows),
    )


def _part(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = data.get(key)
    return part if isinstance(part, dict) else {}


def _list(part: Mapping[str, Any], key: str) -> list[Any]:
    found = part.get(key)
    return found if isinstance(found, list) else []


def _filters(blocked: Mapping[str, Any], aside: Aside) -> tuple[list[str], int]:
    """What is blocked, and how many of the entries carry an action of their own in their reason."""
    names, acting = [], 0
    for row, entry in enumerate(_list(blocked, "filters"), start=1):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name.strip():
            aside.put(row, "name", Text("The entry has no words.", "条目没有内容。"), str(entry)[:2000])
            continue
        names.append(name)
        acting += bool(_ACTION_TAG.search(str(entry.get("reason") or "")))
    return names, acting


def _kinds(names: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Entries as words and globs, as expressions (where a message begins so, or is nothing else), and those
    about something else than words.
    """
    plain: list[str] = []
    patterns: list[str] = []
    other: list[str] = []
    for name in names:
        kind, colon, rest = name.partition(":")
        kind, rest = kind.strip().lower(), rest.strip()
        if not colon or not rest or kind not in _SAYS_WHERE | _NOT_WORDS:
            plain.append(name)
        elif kind == "lookalike":  # canonical text sees through look-alikes anyway
            plain.append(rest)
        elif kind in _SAYS_WHERE:
            patterns.append("^" + re2.escape(rest) + ("$" if kind == "exact" else ""))
        else:
            other.append(name)
    return plain, patterns, other


def _allowed(locks: Mapping[str, Any]) -> list[str]:
    return [
        str(one["url"]) for one in _list(locks, "allowlisted_url") if isinstance(one, dict) and one.get("url")
    ]


def _locks(locks: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of content that are locked; older exports write true instead of an object."""
    given = locks.get("locks")
    if not isinstance(given, dict):
        return ()
    return tuple(
        str(kind)[:40]
        for kind, lock in given.items()
        if (lock.get("locked") if isinstance(lock, dict) else lock) is True
    )


def _ladder(warns: Mapping[str, Any], left: list[Text]) -> tuple[Step, ...]:
    limit = warns.get("warn_limit")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 100:
        return ()
    action, length = str(warns.get("action") or ""), _length(warns.get("action_duration"))
    match action:
        case "ban":
            last = Step(limit, Measure.BAN)
        case "mute":
            last = Step(limit, Measure.RESTRICT, 0)
        case "tmute":
            last = Step(limit, Measure.RESTRICT, length or 86_400)
        case "tban":
            last = Step(limit, Measure.RESTRICT, length or 86_400)
            left.append(
                Text(
                    "bans for a time: a restriction of the same length stands in the draft",
                    "限时封禁：草稿中改为同等时长的限制",
                )
            )
        case _:
            left.append(Text(f"warnings that lead to “{action}”", f"警告达到上限后的“{action}”"))
            return ()
    return (last,) if limit == 1 else (Step(1, Measure.WARN), last)


def _length(value: object) -> int:
    """Seconds that a policy can hold."""
    try:
        return min(values.seconds(value), 366 * 86_400)
    except ValueError:
        return 0


def _lasting(warns: Mapping[str, Any]) -> int | None:
    if "warn_for" not in warns:
        return None
    length = _length(warns["warn_for"])
    return max(1, -(-length // 86_400)) if length else 3650


def _flood(flood: Mapping[str, Any], left: list[Text]) -> FloodLimit | None:
    def number(key: str) -> int:
        value = flood.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 1000 else 0

    limit, timed, seconds = (
        number("flood_limit"),
        number("flood_timer_limit"),
        _length(flood.get("flood_timer")),
    )
    if timed and 1 <= seconds <= 600:
        return FloodLimit(timed, seconds)
    if limit:
        left.append(
            Text(
                "Rose counts messages in a row; the draft counts them within the seconds that stand there",
                "Rose 统计连续消息；草稿按所列秒数内的消息数统计",
            )
        )
        return FloodLimit(limit)
    return None


def _others(data: Mapping[str, Any]) -> list[Text]:
    """Modules with something in them that have no counterpart here, by name and number."""
    out = []
    for key, name in _MODULES.items():
        part = data.get(key)
        if not isinstance(part, dict) or not _says_something(part):
            continue
        count = len(_list(part, key))
        number = f" ({count})" if count else ""
        out.append(Text(f"{name.en}{number}", f"{name.zh}{number}"))
    return out


def _says_something(part: Mapping[str, Any]) -> bool:
    return any(
        _says_something(value) if isinstance(value, dict) else bool(value)
        for key, value in part.items()
        if key not in ("type", "data_id")
    )
