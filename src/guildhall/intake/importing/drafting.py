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
from guildhall.guard.types import Measure, Step
from guildhall.intake.importing.records import Rules

_SHOWN = 5
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
    source = yaml.safe_dump(policy, sort_keys=False, allow_unicode=True, width=100) if carried else ""
    return Draft(source, tuple(carried), _left(rules))


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


def _left(rules: Rules) -> tuple[Text, ...]:
    out: list[Text] = []
    if rules.words:
        shown = ", ".join(f"“{word[:40]}”" for word in rules.words[:_SHOWN])
        more = "…" if len(rules.words) > _SHOWN else ""
        out.append(
            Text(
                f"blocked words: {len(rules.words)} ({shown}{more}); the guard weighs evidence, "
                "it has no list of words",
                f"{len(rules.words)} 个屏蔽词（{shown}{more}）：此处按证据判断，没有词表",
            )
        )
    if rules.locks:
        kinds = ", ".join(rules.locks[:40])
        out.append(Text(f"locked kinds of content: {kinds}", f"锁定的内容类型：{kinds}"))
    return (*out, *rules.left)
