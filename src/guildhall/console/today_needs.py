"""What needs a reader now, most pressing first: broken things, then people who wait, then what can wait a
little.

Each line asks for one decision and leads to where it is made. A reader sees only what they may act on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.channels.discord import AWAY as DISCORD_AWAY
from guildhall.channels.email import AWAY as MAIL_AWAY
from guildhall.channels.models import Quarantine
from guildhall.channels.telegram import AWAY
from guildhall.console import (
    today_alerts,
    today_behaviour,
    today_broadcasts,
    today_discord,
    today_duty,
    today_feeds,
    today_gates,
    today_handover,
    today_mail,
    today_partners,
    today_tasks,
    today_telegram,
    today_venues,
    today_webhooks,
)
from guildhall.console.today_lines import Need, page
from guildhall.core import approvals, beats, clock, troubles
from guildhall.effects import queries as effect_queries
from guildhall.guard.models import Case
from guildhall.people.models import Staff
from guildhall.ui import paging
from guildhall.ui.tables import Count

CAP = 99
LATE = timedelta(minutes=5)
"""A queue whose oldest due effect waits longer than this is not being worked."""
CASES_SHOWN = 4
PROPOSALS_SHOWN = 5


_PAGES = {AWAY: "telegram", DISCORD_AWAY: "discord", MAIL_AWAY: "mailboxes"}


def needs(reader: Staff) -> list[Need]:
    """Everything that waits for this reader."""
    found: list[Need] = []
    for permission, ask in _ASKED:
        if reader.may(permission):
            found += ask(reader)
    return found


def _troubles(_reader: Staff) -> Iterator[Need]:
    seen: set[str] = set()
    for trouble in troubles.current():
        if trouble.kind in seen:
            continue
        seen.add(trouble.kind)
        where = page(_PAGES.get(trouble.kind, "settings"))
        yield Need(_("Trouble"), "red", str(trouble.text), trouble.detail, where, _("Look"), trouble.since)
    alive = beats.alive()
    for first, second in beats.duplicates(alive):
        yield Need(
            _("Twice"),
            "red",
            _("%(kind)s runs twice") % {"kind": first.kind},
            f"{first.process} · {second.process}",
            page("settings"),
            _("Look"),
            second.started_at,
        )


def _effects(_reader: Staff) -> Iterator[Need]:
    waited = effect_queries.oldest_queued_age()
    if waited is not None and waited > LATE:
        yield Need(
            _("Standing still"),
            "red",
            _("Work is queued but nobody takes it"),
            _("the oldest has waited %(minutes)s min; is a worker running?")
            % {"minutes": int(waited.total_seconds() // 60)},
            page("effects"),
            _("Look"),
            clock.now() - waited,
        )
    uncertain = paging.capped_count(effect_queries.uncertain(), CAP)
    if uncertain.number:
        yield Need(
            _("Uncertain"),
            "amber",
            ngettext(
                "%(n)s send may or may not have happened",
                "%(n)s sends may or may not have happened",
                uncertain.number,
            )
            % {"n": uncertain},
            _("look on the platform, then say what happened"),
            page("effects") + "?state=uncertain",
            _("Settle"),
        )
    dead = paging.capped_count(effect_queries.dead(), CAP)
    if dead.number:
        yield Need(
            _("Failed"),
            "amber",
            ngettext(
                "%(n)s effect was given up after all its tries",
                "%(n)s effects were given up after all their tries",
                dead.number,
            )
            % {"n": dead},
            _("try again or let go"),
            page("effects") + "?state=dead",
            _("Look"),
        )


def _appeals(_reader: Staff) -> Iterator[Need]:
    for case in _open_cases(Case.Kind.APPEAL):
        yield _case(case, _("Appeal"), "amber", case.statement or case.message.text, _("Decide"))


def _cases(_reader: Staff) -> Iterator[Need]:
    waiting = Case.objects.filter(state=Case.State.OPEN).exclude(
        kind__in=(Case.Kind.SAMPLE, Case.Kind.APPEAL)
    )
    count = paging.capped_count(waiting, CAP)
    if not count.number:
        return
    oldest = waiting.order_by("id").values_list("opened_at", flat=True).first()
    yield Need(
        _("Review"),
        "blue",
        ngettext("%(n)s case waits for a moderator", "%(n)s cases wait for a moderator", count.number)
        % {"n": count},
        _("most urgent first"),
        reverse("console:review"),
        _("Review"),
        oldest,
    )


def _approvals(reader: Staff) -> Iterator[Need]:
    kinds = [kind.name for kind in approvals.registered().values() if reader.may(kind.permission)]
    waiting = approvals.Proposal.objects.filter(state=approvals.Proposal.State.PROPOSED, kind__in=kinds)
    for proposal in waiting.exclude(proposed_by=reader.actor).order_by("pk")[:PROPOSALS_SHOWN]:
        yield Need(
            _("Approve"),
            "blue",
            str(approvals.describe(proposal)),
            _("proposed by somebody else; needs a second pair of eyes"),
            page("approval", proposal.pk),
            _("Open"),
            proposal.proposed_at,
        )


def _quarantine(_reader: Staff) -> Iterator[Need]:
    count: Count = paging.capped_count(Quarantine.objects.filter(state=Quarantine.State.NEW), CAP)
    if count.number:
        yield Need(
            _("Quarantine"),
            "amber",
            ngettext("%(n)s delivery could not be read", "%(n)s deliveries could not be read", count.number)
            % {"n": count},
            _("kept whole; nothing was lost"),
            page("quarantine"),
            _("Look"),
        )


def _open_cases(kind: Case.Kind) -> Iterable[Case]:
    waiting = Case.objects.filter(state=Case.State.OPEN, kind=kind).select_related("message", "space")
    return waiting.order_by("-priority", "id")[:CASES_SHOWN]


def _case(case: Case, kind: str, colour: str, text: str, button: str) -> Need:
    return Need(
        kind,
        colour,
        " ".join(text.split())[:140] or _("(no text)"),
        case.space.name,
        reverse("console:case", args=[case.pk]) + "?tab=appeals",
        button,
        case.opened_at,
    )


_ASKED: tuple[tuple[str, Callable[[Staff], Iterable[Need]]], ...] = (
    ("pages.view", today_alerts.waiting),
    ("desk.work", today_handover.handovers),
    ("settings.view", _troubles),
    ("settings.view", today_telegram.bots),
    ("settings.view", today_discord.bots),
    ("settings.view", today_mail.mailboxes),
    ("feeds.manage", today_venues.connections),
    ("members.restrict", today_behaviour.raids),
    ("broadcasts.edit", today_broadcasts.needs),
    ("feeds.manage", today_feeds.feeds),
    ("partners.view", today_partners.needs),
    ("effects.decide", _effects),
    ("settings.view", today_webhooks.endpoints),
    ("cases.review", _appeals),
    ("cases.review", today_behaviour.campaigns),
    ("members.restrict", today_telegram.joins),
    ("members.restrict", today_gates.waiting),
    ("spaces.edit", today_gates.powerless),
    ("approvals.view", _approvals),
    ("tasks.do", today_tasks.mine),
    ("duty.view", today_duty.requests),
    ("duty.view", today_duty.cover),
    ("cases.review", _cases),
    ("quarantine.view", _quarantine),
)
