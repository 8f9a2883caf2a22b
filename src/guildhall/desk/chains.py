"""Escalation chains: what is done how long after a clock ran short or ran out, and with whom. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

MOST_STEPS, LONGEST_WAIT_S = 6, 7 * 86400
BREACH, WARNING = "breach", "warning"
NOTIFY, PAGE, REASSIGN, RAISE = "notify", "page", "reassign", "raise"
DEEDS = (NOTIFY, PAGE, REASSIGN, RAISE)
SEVERITIES = ("info", "warning", "critical")
PRIORITIES = ("low", "normal", "high", "urgent")
_WHOM = re.compile(r"assignee|lead|on_call:[a-z0-9_-]{1,60}|role:[a-z_]{1,40}|staff:\d{1,18}")


@dataclass(frozen=True, slots=True)
class Step:
    """One deed, `after_s` seconds after the breach or the first warning.

    whom: assignee, lead (of the team whose ticket it is), on_call:<team>, role:<role>, staff:<id>; '' is the
    plan of the paging room for a page, the best colleague on duty for reassigning. severity: how pressing a
    page is. priority: what the ticket is raised to, '' for the next one up.
    """

    do: str
    since: str = BREACH
    after_s: int = 0
    whom: str = ""
    severity: str = "critical"
    priority: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "since": self.since,
            "after_s": self.after_s,
            "do": self.do,
            "whom": self.whom,
            "severity": self.severity,
            "priority": self.priority,
        }


def steps_of(data: Any) -> tuple[Step, ...]:
    """Read the steps of a chain, in the order they come due. Raises BadInput naming the step."""
    if not isinstance(data, Sequence) or isinstance(data, str) or not 1 <= len(data) <= MOST_STEPS:
        raise _bad(f"A chain has 1 to {MOST_STEPS} steps.", f"升级链须有 1 至 {MOST_STEPS} 个步骤。")
    steps = [step_of(one, number) for number, one in enumerate(data, 1)]
    return tuple(sorted(steps, key=lambda one: (one.since == BREACH, one.after_s)))


def step_of(data: Any, number: int = 1) -> Step:
    """Read one step. Raises BadInput naming it."""
    if not isinstance(data, Mapping):
        raise _bad(f"Step {number} is empty.", f"第 {number} 步为空。")
    step = Step(
        do=str(data.get("do", "")),
        since=str(data.get("since", BREACH)),
        after_s=_seconds(data.get("after_s", 0), number),
        whom=str(data.get("whom", "")),
        severity=str(data.get("severity") or "critical"),
        priority=str(data.get("priority", "")),
    )
    if step.do not in DEEDS or step.since not in (BREACH, WARNING):
        raise _bad(f"Step {number}: choose what is done.", f"第 {number} 步：请选择要执行的操作。")
    if step.whom and _WHOM.fullmatch(step.whom) is None:
        raise _bad(f"Step {number}: {step.whom[:60]} is nobody.", f"第 {number} 步：对象无效。")
    if step.do == NOTIFY and not step.whom:
        raise _bad(f"Step {number}: say who is told.", f"第 {number} 步：请选择通知对象。")
    if step.severity not in SEVERITIES or (step.priority and step.priority not in PRIORITIES):
        raise _bad(f"Step {number}: choose how pressing it is.", f"第 {number} 步：请选择紧急程度。")
    return step


def raised(priority: str, wanted: str) -> str:
    """What a priority becomes: the wanted one or the next one up, never a lower one."""
    here = PRIORITIES.index(priority) if priority in PRIORITIES else PRIORITIES.index("normal")
    there = PRIORITIES.index(wanted) if wanted in PRIORITIES else here + 1
    return PRIORITIES[min(max(here, there), len(PRIORITIES) - 1)]


def since(steps: Iterable[Step], what: str) -> list[tuple[int, Step]]:
    """The steps that count from a breach, or from a warning, with their places in the chain."""
    return [(number, step) for number, step in enumerate(steps) if step.since == what]


def _seconds(value: Any, number: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST_WAIT_S:
        raise _bad(
            f"Step {number}: wait 0 minutes to 7 days.", f"第 {number} 步：等待时间须为 0 分钟至 7 天。"
        )
    return value


def _bad(en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field="steps")
