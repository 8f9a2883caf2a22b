"""The menu: which pages of the console stand where, who sees them, and what their badges count."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from guildhall.broadcast import queries as broadcast_queries
from guildhall.console import (
    alerts,
    campaigns,
    handover_page,
    raids,
    review_queue,
    suspects,
    tasks_page,
)
from guildhall.effects import queries as effect_queries
from guildhall.facts import queries as fact_queries
from guildhall.partners import queries as partner_queries
from guildhall.partners.models import Run
from guildhall.ui import navigation, paging
from guildhall.ui.navigation import Item, Section

_CAP = 99


def register() -> None:
    """Put every page into the menu. Called once at start."""
    for order, (section, item) in enumerate(_items()):
        navigation.add(section, _placed(item, order))
    navigation.set_find("console:find", "today.view")
    navigation.set_starts(("today", "inbox", "escalations"))


def _placed(item: Item, order: int) -> Item:
    return Item(**{name: getattr(item, name) for name in item.__dataclass_fields__} | {"order": order})


def _items() -> list[tuple[Section, Item]]:
    work, desk, guard = Section.WORK, Section.DESK, Section.GUARD
    knowledge = Section.KNOWLEDGE
    community, business, house = Section.COMMUNITY, Section.BUSINESS, Section.HOUSE
    return [
        (work, Item("today", _("Today"), "console:today", "today.view", "today", phone=True)),
        (
            work,
            Item(
                "review",
                _("Review"),
                "console:review",
                "cases.view",
                "review",
                badge=review_queue.waiting,
                badge_label=_("Cases to review"),
                phone=True,
            ),
        ),
        (
            work,
            Item(
                "tasks",
                _("Tasks"),
                "console:tasks",
                "tasks.view",
                "check",
                badge=tasks_page.waiting,
                badge_label=_("Tasks that are late"),
                phone=True,
            ),
        ),
        (
            work,
            Item(
                "alerts",
                _("Alerts"),
                "console:alerts",
                "pages.view",
                "flag",
                badge=alerts.waiting,
                badge_label=_("Alerts nobody has taken"),
            ),
        ),
        (work, Item("messages", _("Messages"), "console:messages", "messages.view", "messages")),
        (work, Item("members", _("Members"), "console:members", "members.view", "members")),
        (work, Item("lookup", _("Account look-up"), "console:lookup", "lookup.any", "search")),
        (desk, Item("inbox", _("Inbox"), "console:inbox", "desk.view", "messages", phone=True)),
        (
            desk,
            Item(
                "handovers",
                _("Handovers"),
                "console:handovers",
                "desk.work",
                "check",
                badge=handover_page.waiting,
                badge_label=_("Handovers nobody accepted"),
                phone=True,
            ),
        ),
        (desk, Item("agents", _("Agents"), "console:agents", "desk.view", "members")),
        (desk, Item("escalations", _("Escalations"), "console:escalations", "escalations.view", "flag")),
        (desk, Item("duty", _("Duty"), "console:duty", "duty.view", "members")),
        (desk, Item("desk-figures", _("Desk figures"), "console:desk-figures", "figures.view", "figures")),
        (desk, Item("quality", _("Quality"), "console:quality", "desk.view", "train")),
        (desk, Item("vendors", _("Vendors"), "console:vendors", "vendors.view", "partners")),
        (desk, Item("categorising", _("Categorising"), "console:categorising", "categories.teach", "train")),
        (desk, Item("desk-setup", _("Desk settings"), "console:desk-setup", "desk.manage", "settings")),
        (knowledge, Item("articles", _("Articles"), "console:articles", "knowledge.view", "copy")),
        (knowledge, Item("gaps", _("Knowledge gaps"), "console:gaps", "knowledge.edit", "flag")),
        (knowledge, Item("answers", _("Automatic answers"), "console:answers", "knowledge.view", "check")),
        (knowledge, Item("finding", _("Search words"), "console:finding", "knowledge.publish", "search")),
        (
            knowledge,
            Item("official", _("Official accounts"), "console:official", "official.manage", "members"),
        ),
        (
            knowledge,
            Item("status-page", _("Status page"), "console:status-page", "official.manage", "warning"),
        ),
        (
            knowledge,
            Item("drafting", _("Drafts by machine"), "console:drafting", "knowledge.answers", "settings"),
        ),
        (
            guard,
            Item(
                "campaigns",
                _("Campaigns"),
                "console:campaigns",
                "cases.view",
                "copy",
                badge=campaigns.waiting,
                badge_label=_("Campaigns to decide"),
            ),
        ),
        (
            guard,
            Item(
                "raids",
                _("Raids"),
                "console:raids",
                "cases.view",
                "warning",
                badge=raids.on_now,
                badge_label=_("Raids going on"),
            ),
        ),
        (
            guard,
            Item(
                "suspects",
                _("Impersonators"),
                "console:suspects",
                "members.view",
                "eye",
                badge=suspects.waiting,
                badge_label=_("Suspected impersonators"),
            ),
        ),
        (guard, Item("training", _("Training"), "console:training", "training.review", "train")),
        (guard, Item("figures", _("Figures"), "console:figures", "figures.view", "figures")),
        (community, Item("spaces", _("Spaces"), "console:spaces", "spaces.view", "spaces")),
        (community, Item("families", _("Families of groups"), "console:families", "spaces.view", "hall")),
        (
            community,
            Item("wechat-groups", _("WeChat groups"), "console:wechat-groups", "spaces.view", "members"),
        ),
        (
            community,
            Item(
                "broadcasts",
                _("Broadcasts"),
                "console:broadcasts",
                "broadcasts.view",
                "broadcast",
                badge=_broadcasts_in_need,
                badge_label=_("Broadcasts that need a decision"),
            ),
        ),
        (
            business,
            Item(
                "partners",
                _("Partners"),
                "console:partners",
                "partners.view",
                "partners",
                badge=_deals_waiting,
                badge_label=_("Deals that wait for approval"),
            ),
        ),
        (
            business,
            Item(
                "settlement",
                _("Settlement"),
                "console:settlements",
                "partners.view",
                "settlement",
                badge=_failed_settlement,
                badge_label=_("The last settlement failed"),
            ),
        ),
        (
            business,
            Item("exchange-feeds", _("Exchange feeds"), "console:exchange-feeds", "feeds.view", "download"),
        ),
        (business, Item("venues", _("Exchanges"), "console:venues", "feeds.view", "link")),
        (business, Item("ledger", _("Ledger"), "console:ledger", "ledger.view", "audit")),
        (
            business,
            Item(
                "facts",
                _("Tables of facts"),
                "console:facts",
                "facts.view",
                "figures",
                badge=fact_queries.waiting,
                badge_label=_("Rows put aside, undecided"),
            ),
        ),
        (house, Item("policies", _("Policies"), "console:policies", "policies.view", "policies")),
        (house, Item("compliance", _("Compliance"), "console:compliance", "compliance.view", "flag")),
        (house, Item("approvals", _("Approvals"), "console:approvals", "approvals.view", "approvals")),
        (
            house,
            Item(
                "effects",
                _("Effects"),
                "console:effects",
                "effects.view",
                "effects",
                badge=_troubled_effects,
                badge_label=_("Uncertain and failed effects"),
            ),
        ),
        (house, Item("audit", _("Audit"), "console:audit", "audit.view", "audit")),
        (house, Item("staff", _("Staff"), "console:staff", "staff.view", "staff")),
        (house, Item("settings", _("Settings"), "console:settings", "settings.view", "settings")),
    ]


def _broadcasts_in_need() -> int:
    return paging.capped_count(broadcast_queries.needing_somebody(), _CAP).number


def _deals_waiting() -> int:
    return paging.capped_count(partner_queries.drafts_waiting(), _CAP).number


def _failed_settlement() -> int:
    over = partner_queries.runs().exclude(state__in=(Run.State.PLANNED, Run.State.RUNNING))
    return int(over.values_list("state", flat=True).first() == Run.State.FAILED)


def _troubled_effects() -> int:
    both = (effect_queries.uncertain(), effect_queries.dead())
    return sum(paging.capped_count(found, _CAP).number for found in both)
