"""A house with two vendors for the role matrix: everything of the other vendor and of our own people carries a
mark, and everything of the vendor's own is full of names and numbers it must not see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from guildhall.channels.models import Message
from guildhall.core import clock
from guildhall.desk.actions import quality, vendors
from guildhall.desk.models import (
    Attachment,
    Entry,
    Escalation,
    ExchangeTeam,
    Handover,
    HandoverAction,
    HandoverLine,
    Macro,
    Review,
    Ticket,
    VendorInvoice,
)
from guildhall.desk.quality import scorecards
from guildhall.desk.testing import outsourced
from guildhall.people import actions as people
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff
from guildhall.work.models import Leave, Need, Pattern, Shift, Swap

FOREIGN = "QZBEST"
"""Stands in everything of the other vendor."""
HOUSE = "QZHOUSE"
"""Stands in what our own people keep to themselves."""
PERSONAL = (
    f"{outsourced.NAME}, UID {outsourced.UID}, {outsourced.MAIL}, {outsourced.PHONE}, {outsourced.WALLET},"
    f" {outsourced.TXID}"
)


@dataclass
class Side:
    """Ids of one side by the name of the parameter that takes them."""

    staff: Staff
    ticket: Ticket
    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """`own`: what belongs to the vendor whose agent looks; `others`: the other vendor and our own people."""

    owner: Staff
    agent: Staff
    lead: Staff
    own: Side
    others: tuple[Side, ...]


def build() -> World:
    """The house, with something on every page."""
    owner = make_staff(Role.OWNER, name="Olivia")
    risk = people.create_team("Risk", by=owner, slug="risk")
    ExchangeTeam.objects.get_or_create(
        slug="risk", defaults={"team": risk, "name": {"en": "Risk", "zh": "风控"}}
    )
    acme = outsourced.set_up("Acme", owner)
    best = outsourced.set_up(FOREIGN, owner, subject=f"{FOREIGN} subject", text=f"{FOREIGN} question")
    ours = outsourced.a_ticket(None, subject=f"{HOUSE} subject", text=f"{HOUSE} question")
    helper = make_staff(Role.SUPPORT_AGENT, name="Sam")
    team = people.create_team(f"{HOUSE} team", by=owner)
    people.add_to_team(team, helper, by=owner)
    own = Side(acme.agent, acme.ticket)
    others = (Side(best.agent, best.ticket), Side(helper, ours))
    card = quality.save_card(
        None, name=scorecards.starter().criteria[0].name, content=scorecards.starter(), by=owner
    )
    _fill(own, acme.vendor.pk, acme.vendor.team_id, PERSONAL, owner, card)
    _fill(others[0], best.vendor.pk, best.vendor.team_id, FOREIGN, owner, card)
    _fill(others[1], None, team.pk, HOUSE, owner, card)
    Entry.objects.create(
        ticket=acme.ticket,
        kind=Entry.Kind.NOTE,
        text=f"{HOUSE} note: {PERSONAL}",
        author=helper,
        by=helper.actor,
    )
    Entry.objects.create(
        ticket=acme.ticket,
        kind=Entry.Kind.NOTE,
        text=f"{FOREIGN} note",
        author=best.agent,
        by=best.agent.actor,
    )
    Entry.objects.create(
        ticket=acme.ticket, kind=Entry.Kind.REPLY, text="Hello again", author=best.agent, by=best.agent.actor,
        state=Entry.State.SENT,
    )  # fmt: skip
    Entry.objects.create(
        ticket=acme.ticket, kind=Entry.Kind.SYSTEM, author=owner, by=owner.actor,
        data={"what": "vendor", "from": best.vendor.pk, "to": acme.vendor.pk, "why": f"{FOREIGN} was slow"},
    )  # fmt: skip
    Entry.objects.create(
        ticket=acme.ticket, kind=Entry.Kind.SYSTEM, author=owner, by=owner.actor,
        data={"what": "assigned", "from": best.agent.pk, "to": acme.agent.pk},
    )  # fmt: skip
    vendors.save_route(best.vendor.pk, {"tiers": [FOREIGN]}, owner)
    return World(owner, acme.agent, acme.lead, own, others)


def _fill(side: Side, vendor_id: str | None, team_id: int, words: str, owner: Staff, card: Any) -> None:
    """One of everything that belongs to a side; `words` stand in every text of it."""
    ticket, staff, now = side.ticket, side.staff, clock.now()
    entry = Entry.objects.filter(ticket=ticket, kind=Entry.Kind.CUSTOMER).get()
    file = Attachment.objects.create(
        entry=entry,
        name=f"{words[:60]}.png",
        mime="image/png",
        size=9,
        digest="0",
        body=b"PRIVATE" + words[:12].encode(),
    )
    held = Entry.objects.create(
        ticket=ticket, kind=Entry.Kind.REPLY, text=f"{words} reply", author=staff, by=staff.actor,
        state=Entry.State.FAILED, problem=f"{words[:200]} refused", where="group",
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk).update(assignee=staff, rating=1, rating_comment=f"{words} comment")
    note = Handover.objects.create(
        staff=staff, vendor_id=vendor_id, ends_at=now, state="given", given_at=now, summary=f"{words} summary",
        watches=[], accept_by=now + timedelta(minutes=15),
    )  # fmt: skip
    HandoverLine.objects.create(handover=note, ticket=ticket, note=f"{words[:200]} line")
    action = HandoverAction.objects.create(
        handover=note, ticket=ticket, text=f"{words[:200]} action", owner=staff, due_at=now
    )
    asked = Escalation.objects.create(
        ticket=ticket, team_id="risk", question=f"{words} question", answer=f"{words} answer", state="answered",
        asked_by=staff.actor, answered_by=owner.actor, answered_at=now,
    )  # fmt: skip
    macro = Macro.objects.create(
        name={"en": f"{words[:30]} macro", "zh": "宏"}, text={"en": f"{words} macro text", "zh": "宏"},
        owner=None if words == PERSONAL else staff, changed_by=staff.actor,
    )  # fmt: skip
    if words == PERSONAL:
        macro.delete()
    shift = Shift.objects.create(
        team_id=team_id, staff=staff, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=7),
        note=f"{words[:80]} shift" if words != PERSONAL else "", made_by=owner.actor,
    )  # fmt: skip
    mark = words if words != PERSONAL else ""
    leave = Leave.objects.create(
        staff=staff, starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=3), note=mark,
        asked_by=staff.actor,
    )  # fmt: skip
    swap = Swap.objects.create(shift=shift, asker=staff, note=mark)
    pattern = Pattern.objects.create(
        team_id=team_id, name=f"{mark or 'Early'} pattern", shape="weekly", anchor=now.date(), cycle=7,
        slots=[{"day": 0, "start": 540, "end": 1020}],
        made_by=owner.actor,
    )  # fmt: skip
    need = Need.objects.create(team_id=team_id, language="en", weekdays=[0], made_by=owner.actor)
    review = Review.objects.create(
        ticket=ticket, agent=staff, version=card, week=now.date(), state="done", reviewer=owner, points=5000,
        done_at=now, made_by=owner.actor, comments={"clear": f"{words} clear"},
    )  # fmt: skip
    said = Message.objects.create(
        space_id=ticket.space_id, account_id=ticket.account_id, external_id=f"w{ticket.pk}", text=f"{words} said",
        sent_at=now, received_at=now,
    )  # fmt: skip
    side.ids = {
        "message_id": said.pk,
        "ticket_id": ticket.pk, "entry_id": held.pk, "file_id": file.pk, "handover_id": note.pk,
        "action_id": action.pk, "escalation_id": asked.pk, "macro_id": macro.pk or "0" * 26,
        "shift_id": str(shift.pk), "leave_id": str(leave.pk), "swap_id": str(swap.pk),
        "pattern_id": str(pattern.pk), "need_id": str(need.pk), "review_id": review.pk,
        "staff_id": str(staff.pk), "feed_id": "0" * 26, "cover_id": "0" * 26, "answer": "accept",
        "invoice_id": "0" * 26,
    }  # fmt: skip
    if vendor_id:
        side.ids["invoice_id"] = VendorInvoice.objects.create(
            vendor_id=vendor_id, month=now.date().replace(day=1), state="frozen", frozen_at=now, currency="USD",
            terms={"scale": 2}, content={"lines": [["hours", str(staff.pk), 3600, 1, 1]]}, total_minor=1,
            reckoned_by=owner.actor, reckoned_at=now,
        ).pk  # fmt: skip
