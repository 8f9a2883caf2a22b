"""Everything that happens to vendors: set up, shut, routed to, agreed with, and their months reckoned, put
before a second pair of eyes and frozen.

A frozen month never changes, and a ticket that stands on it is paid for once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from guildhall.core import approvals, audit, clock
from guildhall.core.approvals import Proposal
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.desk.models import BilledTicket, Vendor, VendorInvoice, VendorRoute
from guildhall.desk.vendors import invoicing
from guildhall.desk.vendors.routing import Match
from guildhall.desk.vendors.terms import Terms
from guildhall.people import actions as people
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff, Team
from guildhall.people.roles import Role

FREEZE = "vendor.month"
State = VendorInvoice.State


def create_vendor(name: str, by: Staff, *, team: Team | None = None) -> Vendor:
    """Set a vendor up with a team of its own (made when none is given). Raises BadInput, Conflict for a name
    or team that is taken.
    """
    name = name.strip()
    if not name or len(name) > 120:
        raise BadInput(Text("A vendor needs a name.", "外包商需要名称。"), field="name")
    with transaction.atomic():
        if Vendor.objects.filter(name=name).exists():
            raise Conflict(Text("There is a vendor of this name.", "已有同名外包商。"), code="name_taken")
        if team is not None and Vendor.objects.filter(team=team).exists():
            raise Conflict(Text("This team belongs to another vendor.", "该团队已属于其他外包商。"))
        team = team or people.create_team(name, by=by)
        vendor = Vendor.objects.create(name=name, team=team, created_by=by.actor, created_at=clock.now())
        audit.record(by.actor, "vendor.created", f"vendor:{vendor.pk}", {"team": team.pk})
    return vendor


def switch_vendor(vendor_id: str, is_active: bool, by: Staff) -> None:
    """Work with them no longer, or again. Their agents see nothing from the next request on; what is in their
    queue stays there until somebody moves it. Raises NotFound.
    """
    with transaction.atomic():
        vendor = _vendor(vendor_id)
        Vendor.objects.filter(pk=vendor.pk).update(is_active=is_active)
        audit.record(by.actor, "vendor.resumed" if is_active else "vendor.shut", f"vendor:{vendor.pk}")


def add_agent(vendor_id: str, staff: Staff, by: Staff, *, is_lead: bool = False) -> None:
    """Let somebody who holds the role vendor agent, and no other, work for a vendor. Raises BadInput,
    Conflict when they work for another one.
    """
    with transaction.atomic():
        vendor = _vendor(vendor_id)
        if set(staff.roles) != {Role.VENDOR_AGENT}:
            raise BadInput(
                Text(
                    "Only somebody whose one role is vendor agent can work for a vendor.",
                    "只有仅持“外包客服”角色者才能加入外包商。",
                ),
                field="staff",
            )
        if Vendor.objects.filter(team__memberships__staff=staff).exclude(pk=vendor.pk).exists():
            raise Conflict(Text("They work for another vendor.", "此人已在另一家外包商任职。"))
        people.add_to_team(vendor.team, staff, by=by, is_lead=is_lead)


def remove_agent(vendor_id: str, staff: Staff, by: Staff) -> bool:
    """Take somebody out of a vendor's team; they see its queue no longer."""
    return people.remove_from_team(_vendor(vendor_id).team, staff, by=by)


def set_terms(vendor_id: str, terms: Mapping[str, Any], by: Staff) -> Terms:
    """Write what was agreed; frozen months keep the terms they had. Raises BadInput, NotFound."""
    checked = Terms.from_json(terms)
    with transaction.atomic():
        vendor = _vendor(vendor_id)
        Vendor.objects.filter(pk=vendor.pk).update(terms=checked.to_json())
        audit.record(by.actor, "vendor.terms_set", f"vendor:{vendor.pk}", {"currency": checked.currency})
    return checked


def save_route(
    vendor_id: str,
    match: Mapping[str, Any],
    by: Staff,
    *,
    route_id: str = "",
    order: int = 100,
    is_on: bool = True,
) -> VendorRoute:
    """Write a route to a vendor's queue, for what comes in from then on. Raises BadInput, NotFound."""
    checked = Match.from_json(match).to_json()
    if not checked:
        raise BadInput(
            Text("Say at least one thing that sends a ticket there.", "请至少填写一项分流条件。"),
            field="languages",
        )
    said = {
        "match": checked,
        "order": order,
        "is_on": is_on,
        "changed_by": by.actor,
        "changed_at": clock.now(),
    }
    with transaction.atomic():
        vendor = _vendor(vendor_id)
        route = VendorRoute.objects.filter(pk=route_id, vendor=vendor).first() if route_id else None
        if route_id and route is None:
            raise NotFound(Text("There is no such route.", "没有此分流规则。"))
        if route is None:
            route = VendorRoute.objects.create(vendor=vendor, **said)
        else:
            VendorRoute.objects.filter(pk=route.pk).update(**said)
            route.refresh_from_db()
        audit.record(by.actor, "vendor.route_saved", f"vendor:{vendor.pk}", {"route": route.pk})
    return route


def remove_route(vendor_id: str, route_id: str, by: Staff) -> None:
    """Send nothing there by this route any more. Raises NotFound."""
    with transaction.atomic():
        removed, _ = VendorRoute.objects.filter(pk=route_id, vendor_id=vendor_id).delete()
        if not removed:
            raise NotFound(Text("There is no such route.", "没有此分流规则。"))
        audit.record(by.actor, "vendor.route_removed", f"vendor:{vendor_id}", {"route": route_id})


def reckon_month(vendor_id: str, month: date, by: Staff | str) -> VendorInvoice:
    """Reckon a month, or reckon it anew while it is not frozen. Raises BadInput for a month to come, Conflict
    for a frozen one and while it waits for approval.
    """
    month = invoicing.first_of_month(month)
    if month > clock.now().date():
        raise BadInput(Text("This month has not begun.", "该月尚未开始。"), field="month")
    with transaction.atomic():
        vendor = _vendor(vendor_id)
        invoice = VendorInvoice.objects.select_for_update().filter(vendor=vendor, month=month).first()
        if invoice is not None and invoice.state != State.DRAFT:
            raise Conflict(Text("This month is not a draft any more.", "该月账单已不是草稿。"))
        said = _reckoned(vendor, month) | {"reckoned_by": actor_of(by), "reckoned_at": clock.now()}
        if invoice is None:
            invoice = VendorInvoice.objects.create(vendor=vendor, month=month, **said)
        else:
            VendorInvoice.objects.filter(pk=invoice.pk).update(**said)
            invoice.refresh_from_db()
        audit.record(
            actor_of(by), "vendor.month_reckoned", f"vendor:{vendor.pk}",
            {"month": f"{month:%Y-%m}", "total": invoice.total_minor},
        )  # fmt: skip
    return invoice


def propose_month(invoice_id: str, by: Staff) -> Proposal:
    """Put a month that is over before somebody else, exactly as it stands. Raises BadInput, Conflict."""
    with transaction.atomic():
        invoice = _invoice(invoice_id)
        if invoice.state != State.DRAFT:
            raise Conflict(Text("This month was proposed already.", "该月账单已提交审批。"))
        end = invoicing.bounds(invoice.month, Terms.from_json(invoice.terms).zone)[1]
        if end > clock.now():
            raise BadInput(Text("The month is not over yet.", "该月尚未结束。"), field="month")
        if invoice.reckoned_at < end:
            raise BadInput(Text("Reckon it anew first: the month went on.", "该月数据已变化，请先重新核算。"))
        VendorInvoice.objects.filter(pk=invoice.pk).update(state=State.PROPOSED, proposed_by=by.actor)
        said = {
            "vendor": invoice.vendor_id, "month": f"{invoice.month:%Y-%m}", "total": invoice.total_minor,
            "currency": invoice.currency, "scale": invoice.terms.get("scale", 2),
        }  # fmt: skip
        return approvals.propose(FREEZE, f"vendor_invoice:{invoice.pk}", said, by.actor)


def take_back(invoice_id: str, by: Staff) -> None:
    """Make a proposed month a draft again, for instance after somebody rejected it. Raises Conflict."""
    with transaction.atomic():
        invoice = _invoice(invoice_id)
        if invoice.state != State.PROPOSED:
            raise Conflict(Text("This month does not wait for approval.", "该月账单不在待审批状态。"))
        subject = f"vendor_invoice:{invoice.pk}"
        for waiting in Proposal.objects.filter(kind=FREEZE, subject=subject, state__in=approvals.OPEN):
            end = approvals.withdraw if waiting.proposed_by == by.actor else approvals.reject
            end(waiting.pk, by.actor, "")
        VendorInvoice.objects.filter(pk=invoice.pk).update(state=State.DRAFT, proposed_by="")
        audit.record(
            by.actor, "vendor.month_taken_back", f"vendor:{invoice.vendor_id}", {"invoice": invoice.pk}
        )


def freeze(proposal: Proposal) -> None:
    """Carry an approval out: the month as it was proposed is what is owed. Runs in the approval's
    transaction. Raises Conflict when it is not what was approved, or a ticket of it was paid for meanwhile.
    """
    invoice = _invoice(proposal.subject.partition(":")[2])
    if invoice.state != State.PROPOSED or invoice.total_minor != proposal.payload.get("total"):
        raise Conflict(Text("This is not the month that was approved.", "该账单与审批内容不一致。"))
    found = invoicing.reckon(invoice.vendor, invoice.month)
    if found.to_json() != invoice.content:
        raise Conflict(
            Text(
                "Shifts or tickets of the month changed since: take it back and reckon it anew.",
                "该月的班次或工单已变化：请撤回并重新核算。",
            )
        )
    try:
        with transaction.atomic():
            BilledTicket.objects.bulk_create(
                [BilledTicket(ticket_id=pk, invoice=invoice) for pk in found.tickets], batch_size=500
            )
    except IntegrityError as wrong:
        raise Conflict(
            Text("A ticket of it stands on another invoice.", "其中有工单已计入其他账单。")
        ) from wrong
    VendorInvoice.objects.filter(pk=invoice.pk).update(
        state=State.FROZEN, frozen_by=proposal.decided_by, frozen_at=clock.now()
    )
    audit.record(
        "system:desk", "vendor.month_frozen", f"vendor:{invoice.vendor_id}",
        {"invoice": invoice.pk, "total": invoice.total_minor, "count": len(found.tickets)},
    )  # fmt: skip


def describe(payload: dict[str, Any]) -> Text:
    """The proposal in one sentence."""
    vendor = Vendor.objects.filter(pk=str(payload.get("vendor"))).first()
    name, month = vendor.name if vendor else "?", payload.get("month")
    units, scale = int(payload.get("total") or 0), int(payload.get("scale") or 0)
    whole, rest = divmod(abs(units), 10**scale)
    amount = f"{'-' if units < 0 else ''}{whole:,}" + (f".{rest:0{scale}d}" if scale else "")
    currency = payload.get("currency")
    return Text(f"{name}: {amount} {currency} for {month}", f"{name}：{month} 账单 {amount} {currency}")


def _reckoned(vendor: Vendor, month: date) -> dict[str, Any]:
    found = invoicing.reckon(vendor, month)
    return {
        "currency": found.terms.currency, "terms": found.terms.to_json(), "content": found.to_json(),
        "total_minor": found.total_minor,
    }  # fmt: skip


def _vendor(vendor_id: str) -> Vendor:
    found = Vendor.objects.select_related("team").filter(pk=vendor_id).first()
    if found is None:
        raise NotFound(Text("There is no such vendor.", "没有此外包商。"))
    return found


def _invoice(invoice_id: str) -> VendorInvoice:
    found = (
        VendorInvoice.objects.select_for_update(of=("self",))
        .select_related("vendor__team")
        .filter(pk=invoice_id)
        .first()
    )
    if found is None:
        raise NotFound(Text("There is no such invoice.", "没有此账单。"))
    return found
