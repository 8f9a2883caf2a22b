"""The roles a staff member can hold, their names in both languages and their rank.

Rank answers one question only: nobody grants or takes away a role that stands above their own. What a role
may do is decided by the table in `permissions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from guildhall.core.text import Text


class Role(StrEnum):
    """What a staff member is here for; one person may hold several."""

    OWNER = "owner"
    MANAGER = "manager"
    MODERATOR = "moderator"
    SUPPORT_AGENT = "support_agent"
    VENDOR_AGENT = "vendor_agent"
    PARTNER_MANAGER = "partner_manager"
    CAMPAIGN_MANAGER = "campaign_manager"
    CONTENT_EDITOR = "content_editor"
    COMPLIANCE_OFFICER = "compliance_officer"
    ANALYST = "analyst"
    PARTNER = "partner"
    SPECIALIST = "specialist"

    @property
    def label(self) -> Text:
        return NAMES[self]

    @property
    def rank(self) -> int:
        return RANKS[self]


NAMES: dict[Role, Text] = {
    Role.OWNER: Text("Owner", "所有者"),
    Role.MANAGER: Text("Community manager", "社区经理"),
    Role.MODERATOR: Text("Moderator", "管理员"),
    Role.SUPPORT_AGENT: Text("Support agent", "客服"),
    Role.VENDOR_AGENT: Text("Vendor agent", "外包客服"),
    Role.PARTNER_MANAGER: Text("Partner manager", "合作伙伴经理"),
    Role.CAMPAIGN_MANAGER: Text("Campaign manager", "活动经理"),
    Role.CONTENT_EDITOR: Text("Content editor", "内容编辑"),
    Role.COMPLIANCE_OFFICER: Text("Compliance officer", "合规专员"),
    Role.ANALYST: Text("Analyst", "分析师"),
    Role.SPECIALIST: Text("Exchange specialist", "交易所专员"),
    Role.PARTNER: Text("Partner (KOL)", "合作伙伴（KOL）"),
}

RANKS: dict[Role, int] = {
    Role.OWNER: 100,
    Role.MANAGER: 80,
    # Compliance stands beside the manager: neither may hand the other's seat to a friend.
    Role.COMPLIANCE_OFFICER: 80,
    Role.PARTNER_MANAGER: 50,
    Role.CAMPAIGN_MANAGER: 50,
    Role.MODERATOR: 50,
    Role.CONTENT_EDITOR: 40,
    Role.ANALYST: 40,
    Role.SUPPORT_AGENT: 40,
    Role.VENDOR_AGENT: 20,
    Role.SPECIALIST: 20,
    Role.PARTNER: 10,
}


def may_grant(granter_roles: Iterable[Role], role: Role) -> bool:
    """Whether somebody holding `granter_roles` may hand out (or take away) `role`.

    An owner may grant everything. Everybody else only what ranks strictly below their own highest role, so
    that two managers cannot make a third, nor unseat each other.
    """
    held = set(granter_roles)
    if Role.OWNER in held:
        return True
    return role.rank < max((r.rank for r in held), default=0)
