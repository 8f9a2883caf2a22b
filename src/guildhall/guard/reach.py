"""Whom a policy would have punished lately, member by member, and whether they are too many for it to come
into force on one person's word. Pure.

A policy is held up when it would have punished more than two in a hundred of the members who wrote in its
spaces within seven days (at least three of them). Members whose punished messages people have called bad do
not count: that they are punished is what the policy is for. A version that punishes nobody beyond those whom
the policies in force punish too passes, so that a milder one is never held up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildhall.core.text import Text
from guildhall.guard.judge import judge
from guildhall.guard.shadow import Judging, Stored
from guildhall.guard.types import SEVERITY, Measure, Verdict

SHARE = 0.02
LEAST = 3
"""Fewer members than this never hold a policy up: two in a hundred of a small room is nobody."""
MOST_MEMBERS = 5_000
"""Members kept with what they wrote; whoever would punish more need not be counted further."""
MOST_UNJUDGED = 0.02
_LEAST_UNJUDGED = 10


def empty() -> dict[str, Any]:
    """A tally without anything counted.

    `members`: account id to {message, space, action, score, rules, messages, newly, confirmed}: the hardest
    of what they would have met. `unjudged`: messages whose words are gone. `active`: members who wrote.
    """
    return {"active": 0, "unjudged": 0, "members": {}}


def add(tally: dict[str, Any], stored: Stored, before: Judging, after: Judging) -> None:
    """Judge one message by the policy that is to come, and by the one in force where it would punish."""
    if stored.is_gone:
        tally["unjudged"] += 1
        return
    if not stored.account_id:
        return
    verdict = judge(stored.subject, stored.context, after(stored.place))
    if not punishes(verdict):
        return
    newly = not punishes(judge(stored.subject, stored.context, before(stored.place)))
    confirmed = stored.truth == "bad"
    members = tally["members"]
    known = members.get(stored.account_id)
    if known is None:
        members[stored.account_id] = _entry(stored, verdict, newly, confirmed)
        return
    known["messages"] += 1
    harder = SEVERITY[verdict.action] > SEVERITY[Measure(known["action"])]
    if (known["confirmed"] and not confirmed) or (known["confirmed"] == confirmed and harder):
        count, was_new = known["messages"], known["newly"]
        members[stored.account_id] = {
            **_entry(stored, verdict, newly or was_new, confirmed),
            "messages": count,
        }
    else:
        known["newly"] = known["newly"] or newly


def punishes(verdict: Verdict) -> bool:
    """Whether something would be done to the message or its sender without a person."""
    return bool(verdict.actions)


def counted(tally: Mapping[str, Any]) -> int:
    """Members who would have been punished and whom nobody has called bad."""
    return sum(not member["confirmed"] for member in tally["members"].values())


def newly(tally: Mapping[str, Any]) -> int:
    """Those of them whom the policies in force would have left alone."""
    return sum(member["newly"] and not member["confirmed"] for member in tally["members"].values())


def is_full(tally: Mapping[str, Any]) -> bool:
    """Whether so many would be punished that nothing is learnt by counting on."""
    return len(tally["members"]) >= MOST_MEMBERS


def refusal(tally: Mapping[str, Any]) -> Text | None:
    """Why the policy may not come into force on one person's word, or None."""
    many, active = counted(tally), tally["active"]
    if many < LEAST or many <= SHARE * active or not newly(tally):
        return None
    share = f"{many / active * 100:.1f}" if active else "100"
    return Text(
        f"Over the last 7 days it would have punished {many} of {active} active members ({share} %); "
        f"more than {SHARE * 100:g} % needs two people.",
        f"过去 7 天内，该策略会处罚 {active} 名活跃成员中的 {many} 名（{share}%）；"
        f"超过 {SHARE * 100:g}% 须由两人确认。",
    )


def gap(tally: Mapping[str, Any], seen: int) -> Text | None:
    """Why the check says too little: too many messages whose words are gone. None when it does not."""
    gone = tally["unjudged"]
    if gone < _LEAST_UNJUDGED or gone <= MOST_UNJUDGED * seen:
        return None
    return Text(
        f"{gone} of {seen} messages of the last 7 days can no longer be read, so the check is not whole.",
        f"过去 7 天的 {seen} 条消息中有 {gone} 条已无法读取，检查不完整。",
    )


def _entry(stored: Stored, verdict: Verdict, newly: bool, confirmed: bool) -> dict[str, Any]:
    return {
        "message": stored.message_id,
        "space": stored.space_id,
        "action": verdict.action.value,
        "score": verdict.score,
        "rules": [reason.rule_id for reason in verdict.reasons[:6]],
        "messages": 1,
        "newly": newly,
        "confirmed": confirmed,
    }
