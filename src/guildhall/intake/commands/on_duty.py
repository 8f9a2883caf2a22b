"""A colleague presses "I am on it" under a page that our bot told them of. The button is worth what its
presser is: only somebody whose account is linked to a colleague takes a page.
"""

from __future__ import annotations

from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.intake.commands import finding, words
from guildhall.intake.commands.heard import Heard
from guildhall.paging.actions import acknowledge
from guildhall.paging.kinds import Means, PageState
from guildhall.paging.models import Pager
from guildhall.paging.reaching import BUTTON as DATA

__all__ = ["DATA", "press"]
_YOURS = Text("You are on it. Nobody else is woken.", "已由您处理，不再通知其他人。")
_TAKEN = Text("Somebody is on it already.", "已有人在处理。")
_OVER = Text("It is over already.", "该告警已解除。")
_NOT_YOURS = Text("Link this account to a colleague first.", "请先将此账号关联到员工。")


def press(heard: Heard, page_id: str) -> Text:
    """Take the page; returns what the presser is told."""
    staff = finding.colleague(heard.account.id)
    if staff is None or not staff.may("pages.view"):
        return _NOT_YOURS
    pager = Pager.objects.filter(means=Means.TELEGRAM, address=heard.space.pk, staff_id=staff.pk).first()
    try:
        page = acknowledge(page_id, staff.actor, pager_id=pager.pk if pager is not None else "")
    except NotFound:
        return words.NO_BUTTON
    if page.state == PageState.RESOLVED:
        return _OVER
    return _YOURS if page.acknowledged_by == staff.actor else _TAKEN
