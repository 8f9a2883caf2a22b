"""Whether somebody may be called what they chose: judged as text and as a name by the space's policy, staff
kept apart.
"""

from __future__ import annotations

from guildhall.channels.links import extract
from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.channels.webchat.adapter import LONGEST_NAME
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.guard import lists, policies, rulebook
from guildhall.guard.judge import judge
from guildhall.guard.rules.names import skeleton
from guildhall.guard.types import Context, Link, Subject

_SHORTEST = 2
_TITLES = frozenset(
    skeleton(title)
    for title in (
        "admin", "administrator", "moderator", "mod", "support", "official", "staff", "owner", "system",
        "customer service", "管理员", "客服", "官方", "官方客服", "版主", "工作人员", "系统",
    )
)  # fmt: skip
"""What nobody in the web chat may simply be called: it reads as an office."""


def acceptable(given: str, space: Space) -> str:
    """The name as it will be shown. Raises BadInput with the reason."""
    name = one_line(given[: LONGEST_NAME * 4], LONGEST_NAME + 1)
    if len(name) > LONGEST_NAME:
        raise _bad(f"A name may have at most {LONGEST_NAME} characters.", f"名称最多 {LONGEST_NAME} 个字符。")
    if len(name) < _SHORTEST or not any(char.isalnum() for char in name):
        raise _bad("Choose a name of at least two characters.", "请填写至少两个字符的名称。")
    if not name.isprintable():
        raise _bad("The name has invisible characters in it.", "名称中含有不可见字符。")
    policy = policies.active_for(space.id)
    links = tuple(Link(link.url, link.text, link.kind.value, link.start, link.end) for link in extract(name))
    if links:
        raise _bad("A name may not be a link.", "名称不能是链接。")
    known = lists.current()
    if skeleton(name) in known.names.people:  # short ones too: nobody here can prove to be that person
        raise _bad(
            "That is the name of somebody who works here. Choose another.", "该名称属于工作人员，请换一个。"
        )
    if skeleton(name) in _TITLES or skeleton(name) == skeleton(settings.name):
        raise _bad(
            "That name reads as an office of this house. Choose another.",
            "该名称容易被误认为官方身份，请换一个。",
        )
    context = Context(clock.now(), lists=known)
    verdict = judge(Subject(name, sender_name=name, space_language=space.language), context, policy)
    if verdict.reasons and verdict.score >= policy.thresholds.review:
        why = rulebook.text(verdict.reasons[0].rule_id, verdict.reasons[0].params)
        raise BadInput(Text(f"Please choose another name. {why.en}", f"请换一个名称。{why.zh}"), field="name")
    return name


def _bad(en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field="name")
