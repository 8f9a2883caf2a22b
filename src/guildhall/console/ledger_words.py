"""How the ledger's short names are called on its pages: stages, kinds of postings, breaks of the proof."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guildhall.ledger import proof
from guildhall.ledger.drafts import HELD, PAID, PAYABLE, PENDING, stage_of
from guildhall.partners.models import Partner

STAGES: dict[str, str | Promise] = {
    PENDING: _("Pending"),
    PAYABLE: _("Payable"),
    HELD: _("Held"),
    PAID: _("Paid"),
}
GROUPS: dict[str, str | Promise] = {
    "partner": _("Partners"),
    "member": _("Members"),
    "house": _("The house"),
}
KINDS: dict[str, str | Promise] = {
    "commission": _("Commission"),
    "kickback": _("Kickback"),
    "override": _("Override"),
    "cpa": _("Fee for a qualified account"),
    "hybrid": _("Fee and share"),
    "cap": _("Cap"),
    "carry": _("Carried over"),
    "prize": _("Prize"),
    "maturity": _("Matured"),
    "hold": _("Hold"),
    "release": _("Released"),
    "payment": _("Payment"),
}
BREAKS: dict[str, str | Promise] = {
    proof.UNBALANCED: _("Legs do not sum to zero"),
    proof.STRAY_LEG: _("Leg without its posting"),
    proof.GAP: _("Number left out"),
    proof.NOT_A_MIRROR: _("Reversal that does not mirror its original"),
    proof.WRONG_BALANCE: _("Balance is not the sum of its legs"),
    proof.DAY_CHANGED: _("Closed day changed"),
    proof.TRIGGER_MISSING: _("Guard of the database taken away"),
    "changed": _("Content changed"),
    "missing": _("Posting removed"),
    "inserted": _("Posting put in between"),
    "broken_link": _("Chain broken"),
    "seal_missing": _("Seal missing"),
    "tail_cut": _("Newest seals cut off"),
    "rewritten": _("Seal rewritten"),
}


def kind(name: str) -> str | Promise:
    """What a kind of posting means; its short name when no room has given it words."""
    return KINDS.get(name, name)


def partner_names(codes: Iterable[str]) -> dict[str, str]:
    """Of these account codes, owners or subjects those that are a partner's, with the partner's name."""
    owners = {code: stage_of(code)[0].split(":") for code in codes}
    ids = {parts[1] for parts in owners.values() if parts[0] == "partner" and len(parts) > 1}
    names = dict(Partner.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return {
        code: names[parts[1]]
        for code, parts in owners.items()
        if parts[0] == "partner" and len(parts) > 1 and parts[1] in names
    }
