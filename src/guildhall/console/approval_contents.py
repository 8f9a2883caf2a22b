"""What a proposal would do, as whoever decides it reads it: one reading for each kind of proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from guildhall.broadcast.actions import afterwards, proposing
from guildhall.broadcast.audience import parse_audience
from guildhall.broadcast.content import parse_content
from guildhall.broadcast.timing import parse_schedule
from guildhall.channels.models import Space
from guildhall.compliance import actions as compliance
from guildhall.compliance import gate, regions
from guildhall.compliance.acts import LABELS, parse_act
from guildhall.console import broadcast_words, deal_words, partner_words
from guildhall.console.house_reach import Punished, punished
from guildhall.core.models import Proposal
from guildhall.core.text import Text
from guildhall.guard.actions import overriding as guard_overriding
from guildhall.guard.actions import policies as guard_policies
from guildhall.guard.models import PolicyVersion
from guildhall.partners import kinds as partner_kinds
from guildhall.people.models import Staff

_MOST_NAMED = 50
Fact = tuple[str | Promise, object]


@dataclass(frozen=True, slots=True)
class Content:
    """What a proposal would do: facts, a text in full, and two texts to compare."""

    facts: tuple[Fact, ...] = ()
    text: str = ""
    old: str = ""
    new: str = ""
    href: str = ""
    whom: Sequence[Punished] = ()
    changes: Sequence[deal_words.Change] = ()


def content_of(proposal: Proposal, reader: Staff) -> Content:
    """What a page shows of a proposal; nothing but its payload for a kind nobody knows here."""
    payload = proposal.payload
    match proposal.kind:
        case guard_policies.APPROVAL:
            return _policy(payload) if "source" in payload else _assignment(payload)
        case guard_overriding.APPROVAL:
            return _override(payload, reader)
        case proposing.APPROVAL:
            return _broadcast(payload)
        case afterwards.CORRECTION:
            return _correction(payload)
        case compliance.OVERRIDE:
            return _exception(payload)
        case compliance.REVIEW:
            return _confirmation(payload)
        case partner_kinds.DEAL:
            return _deal(payload)
        case partner_kinds.REBIND:
            return _rebinding(payload, reader)
    return Content()


def _assignment(payload: dict[str, Any]) -> Content:
    space = Space.objects.filter(pk=payload["space"]).first()
    return Content(
        facts=((_("Space"), space or payload["space"]), (_("Policy"), payload["slug"])),
        href=reverse("console:policy", args=[payload["slug"]]),
    )


def _policy(payload: dict[str, Any]) -> Content:
    active = PolicyVersion.objects.filter(
        policy__slug=payload["slug"], state=PolicyVersion.State.ACTIVE
    ).first()
    return Content(
        facts=((_("Policy"), payload["slug"]), (_("Version"), payload["number"])),
        old=active.source_yaml if active else "",
        new=payload["source"],
        href=reverse("console:policy-version", args=[payload["slug"], payload["number"]]),
    )


def _override(payload: dict[str, Any], reader: Staff) -> Content:
    figures, intent = payload["figures"], payload["intent"]
    active = PolicyVersion.objects.filter(
        policy__slug=payload["slug"], state=PolicyVersion.State.ACTIVE
    ).first()
    facts: list[Fact] = [
        (_("Policy"), payload["slug"]),
        (_("Version"), payload["number"]),
        (_("Why it was refused"), Text.from_json(payload["why"]) if payload["why"] else ""),
        (_("Would have been punished"), f"{figures['punished']} / {figures['active']}"),
        (_("Only by this version"), figures["newly"]),
        (_("Why it shall come into force all the same"), payload["reason"]),
    ]
    if intent.get("space"):
        space = Space.objects.filter(pk=intent["space"]).first()
        facts.insert(0, (_("Space"), space or intent["space"]))
    return Content(
        facts=tuple(facts),
        old=active.source_yaml if active else "",
        new=payload["source"] if not intent.get("space") else "",
        href=reverse("console:reach", args=[payload["check"]]),
        whom=punished(payload["whom"][:_MOST_NAMED], reader),
    )


def _exception(payload: dict[str, Any]) -> Content:
    rule = gate.books().rulebook.rule(payload["rule_id"])
    until = datetime.fromisoformat(payload["until"])
    facts: list[Fact] = [
        (_("Act"), LABELS[parse_act(payload["act"])]),
        (_("To people in"), regions.name(payload["region"])),
        (_("Through"), f"{until:%Y-%m-%d %H:%M} UTC"),
        (_("Why this may pass"), payload["reason"]),
    ]
    if payload["rule_id"]:
        words = rule.text if rule else Text("", "")
        facts.insert(2, (_("From the rule"), f"{payload['rule_id']}: {words}"))
        return Content(tuple(facts), href=reverse("console:compliance-rule", args=[payload["rule_id"]]))
    return Content(tuple(facts), text=payload["content"])


def _broadcast(payload: dict[str, Any]) -> Content:
    audience, schedule = parse_audience(payload["audience"]), parse_schedule(payload["schedule"])
    content = parse_content(payload["content"])
    facts: list[Fact] = [
        (_("Broadcast"), payload["name"]),
        (_("Places"), payload["places"]),
        (_("Platform"), ", ".join(broadcast_words.platform(one) for one in payload["platforms"])),
        (_("Act"), LABELS[parse_act(payload["act"])]),
        *broadcast_words.places(audience),
        (_("When"), broadcast_words.times(schedule)),
        *((broadcast_words.language(code), text) for code, text in content.texts),
        *((_("Button"), f"{one.label(content.languages[0])}: {one.url}") for one in content.buttons),
    ]
    if content.files:
        facts.append((_("Files"), len(content.files)))
    return Content(facts=tuple(facts), href=reverse("console:broadcast", args=[payload["broadcast"]]))


def _correction(payload: dict[str, Any]) -> Content:
    before, after = (
        "\n\n".join(text for _code, text in parse_content(payload[key]).texts)
        for key in ("before", "content")
    )
    facts: tuple[Fact, ...] = ((_("Broadcast"), payload["name"]), (_("Places"), payload["places"]))
    href = reverse("console:broadcast-run", args=[payload["run"]])
    return Content(facts=facts, old=before, new=after, href=href)


def _confirmation(payload: dict[str, Any]) -> Content:
    return Content(
        facts=(
            (_("Rule"), f"{payload['rule_id']} (v{payload['rule_version']})"),
            (_("Read again by"), payload["review_by"]),
            (_("What was read, and where"), payload["note"]),
        ),
        href=reverse("console:compliance-rule", args=[payload["rule_id"]]),
    )


def _deal(payload: dict[str, Any]) -> Content:
    before, after = payload["before"], payload["terms"]
    names = partner_words.names(
        str(terms["override"]["parent"]) for terms in (before, after) if terms and terms.get("override")
    )
    facts: list[Fact] = [
        (_("Partner"), payload["partner_name"]),
        (_("Version"), payload["version"]),
        *((row.label, row.said) for row in deal_words.rows(after, names.__getitem__)),
    ]
    if payload["retroactive"]:
        facts.append((_("Back in time"), _("days it covers that are settled already are settled again")))
    if payload["note"]:
        facts.append((_("What changes, and why"), payload["note"]))
    return Content(
        facts=tuple(facts),
        changes=deal_words.changes(before, after, names.__getitem__) if before else (),
        href=reverse("console:deal", args=[payload["partner"], payload["version"]]),
    )


def _rebinding(payload: dict[str, Any], reader: Staff) -> Content:
    account = partner_words.accounts(reader, [(payload["venue"], payload["account"])])[payload["account"]]
    never = _("never")
    return Content(
        facts=(
            (_("Account"), f"{account.venue} {account.shown}"),
            (_("To partner"), payload["partner_name"]),
            (_("Last trade"), (payload["last_trade"] or never)[:10]),
            (_("Last deposit"), (payload["last_deposit"] or never)[:10]),
            (_("Looked up"), f"{datetime.fromisoformat(payload['checked_at']):%Y-%m-%d %H:%M} UTC"),
            (_("Why"), payload["reason"]),
        ),
        href=f"{reverse('console:bindings')}?q={payload['account']}",
    )
