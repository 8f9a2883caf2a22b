"""Writes a draft policy from another bot's rules on top of the policy that judges now, and says in words what
was carried over and what was not.

Pure. The draft only ever changes what the file speaks of; whether it comes into force is decided by people,
under four eyes when it punishes more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from guildhall.core.text import Text
from guildhall.guard import vocabulary
from guildhall.guard.policy.wording import MOST_PATTERNS
from guildhall.guard.types import HouseWord, Measure, Step
from guildhall.intake.importing.records import Rules

_SHOWN = 5
_MOST_WORDS = 4_500
_LONGEST = 190_000
"""Characters of a draft; a policy may have 200,000."""
_AROUND = 30
"""What stands around a word in the file: dash, keys, quotes."""
_LOCKS = {
    "anonchannel": "channels",
    "audio": "audio",
    "button": "buttons",
    "cjk": "scripts:chinese japanese korean",
    "command": "commands",
    "contact": "contact",
    "cyrillic": "scripts:cyrillic",
    "document": "document",
    "email": "emails",
    "emojigame": "dice",
    "forward": "forwards",
    "game": "game",
    "gif": "animation",
    "inline": "via_bots",
    "invitelink": "invites",
    "location": "location",
    "phone": "phones",
    "photo": "photo",
    "poll": "poll",
    "rtl": "scripts:arabic hebrew",
    "sticker": "sticker",
    "url": "links",
    "video": "video",
    "videonote": "video_note",
    "voice": "voice",
}
"""Rose's locks and the kind of `forbid` that means the same, with its scripts."""
_UNITS = ((604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy as YAML ('' when the file changes nothing of it), with what was and was not carried over."""

    source: str
    carried: tuple[Text, ...]
    left: tuple[Text, ...]


def draft(rules: Rules, base: str) -> Draft:
    """The draft over `base`, the YAML in force. Raises yaml.YAMLError when the base is none."""
    policy: dict[str, Any] = yaml.safe_load(base) or {}
    carried: list[Text] = []
    if rules.ladder:
        policy["ladder"] = [_step(step) for step in rules.ladder]
        last = rules.ladder[-1]
        carried.append(
            Text(
                f"warnings: after {last.strikes}, {last.action.value}",
                f"警告：满 {last.strikes} 次后{_ZH[last.action]}",
            )
        )
    if rules.strikes_last_days is not None:
        policy["strikes_last_days"] = rules.strikes_last_days
        carried.append(
            Text(f"warnings last {rules.strikes_last_days} days", f"警告有效期 {rules.strikes_last_days} 天")
        )
    if rules.flood is not None:
        flood = dict(policy.get("flood") or {})
        flood["messages"] = rules.flood.messages
        if rules.flood.seconds:
            flood["seconds"] = rules.flood.seconds
        policy["flood"] = flood
        seconds = flood.get("seconds", 20)
        carried.append(
            Text(
                f"flood: {rules.flood.messages} messages in {seconds} s",
                f"刷屏：{seconds} 秒内 {rules.flood.messages} 条消息",
            )
        )
    for key, domains, en, zh in (
        ("block_domains", rules.block_domains, "blocked domains", "拦截域名"),
        ("allow_domains", rules.allow_domains, "allowed domains", "允许域名"),
    ):
        if domains:
            policy[key] = sorted({*map(str, policy.get(key) or ()), *domains})
            carried.append(Text(f"{en}: {len(domains)}", f"{zh}：{len(domains)} 个"))
    left: list[Text] = []
    _take_words(policy, rules, carried, left)
    _take_locks(policy, rules, carried, left)
    return Draft(_written(policy) if carried else "", tuple(carried), (*left, *rules.left))


_ZH = {Measure.WARN: "警告", Measure.RESTRICT: "限制发言", Measure.BAN: "封禁"}


def _step(step: Step) -> dict[str, Any]:
    out: dict[str, Any] = {"strikes": step.strikes, "action": step.action.value}
    if step.action is Measure.RESTRICT:
        out["for"] = _span(step.duration_s)
    return out


def _span(seconds: int) -> str:
    if not seconds:
        return "ever"
    size, unit = next(
        (size, unit) for size, unit in _UNITS if seconds % size == 0 and seconds // size < 100_000
    )
    return f"{seconds // size}{unit}"


def _take_words(policy: dict[str, Any], rules: Rules, carried: list[Text], left: list[Text]) -> None:
    """Words, globs and expressions become words of the house that remove what holds them, as there."""
    given = [HouseWord(word, "glob" if "*" in word or "?" in word else "word") for word in rules.words]
    given += [HouseWord(pattern, "pattern") for pattern in rules.patterns[:MOST_PATTERNS]]
    entries = list(policy.get("words") or ())
    known = {_entry_text(entry) for entry in entries}
    unfit = [word.text for word in given if vocabulary.problem(word) is not None]
    room = _LONGEST - len(_written(policy))
    taken = 0
    late: list[str] = []
    for word in given:
        if word.text in known or word.text in unfit:
            continue
        entry = {word.kind: word.text, "action": "delete"}
        room -= len(word.text) + _AROUND
        if len(entries) >= _MOST_WORDS or room < 0:
            late.append(word.text)
            continue
        entries.append(entry)
        known.add(word.text)
        taken += 1
    late += rules.patterns[MOST_PATTERNS:]
    if taken:
        policy["words"] = entries
        carried.append(Text(f"blocked words: {taken}", f"屏蔽词：{taken} 个"))
    if unfit:
        left.append(
            Text(
                f"block list entries without anything to look for: {len(unfit)} ({_few(unfit)})",
                f"{len(unfit)} 条黑名单条目没有可匹配的内容（{_few(unfit)}）",
            )
        )
    if late:
        left.append(
            Text(
                f"blocked words beyond what one policy holds: {len(late)} ({_few(late)})",
                f"超出单个策略容量的屏蔽词：{len(late)} 个（{_few(late)}）",
            )
        )


def _take_locks(policy: dict[str, Any], rules: Rules, carried: list[Text], left: list[Text]) -> None:
    """Locked kinds of content become kinds the policy forbids, where there is such a kind."""
    wanted: dict[str, list[str]] = {}
    other = []
    for lock in rules.locks:
        kind, _, named = _LOCKS.get(lock.lower(), "").partition(":")
        if not kind:
            other.append(lock)
            continue
        wanted.setdefault(kind, []).extend(named.split())
    entries = list(policy.get("forbid") or ())
    known = {entry if isinstance(entry, str) else str(entry.get("kind")) for entry in entries}
    new = [kind for kind in wanted if kind not in known]
    for kind in new:
        scripts = list(dict.fromkeys(wanted[kind]))
        entries.append({"kind": kind, "scripts": scripts} if scripts else kind)
    if new:
        policy["forbid"] = entries
        carried.append(
            Text(
                f"locked kinds of content, forbidden here: {', '.join(new)}",
                f"锁定的内容类型（此处列为禁止）：{'、'.join(new)}",
            )
        )
    if other:
        kinds = ", ".join(other[:40])
        left.append(Text(f"locked kinds of content: {kinds}", f"锁定的内容类型：{kinds}"))


def _entry_text(entry: Any) -> str:
    if isinstance(entry, dict):
        return str(next((entry[kind] for kind in ("word", "glob", "pattern") if kind in entry), ""))
    return str(entry)


def _few(words: list[str]) -> str:
    return ", ".join(f"“{word[:40]}”" for word in words[:_SHOWN]) + ("…" if len(words) > _SHOWN else "")


def _written(policy: dict[str, Any]) -> str:
    return yaml.safe_dump(policy, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
