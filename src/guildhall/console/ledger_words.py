"""How the ledger's short names are called on its pages: stages, kinds of postings, breaks of the proof."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from guildhall.ledger import proof
from guildhall.ledger.drafts import HELD, PAID, PAYABLE, PENDING, stage_of
from guildhall.partners.models import Partner

_WAITS = "held_"
"""Before the kind of an accrual that waits for a review, as settlement writes it."""
STAGES: dict[str, str | Promise] = {
    PENDING: _("Pending"),
    PAYABLE: _("Payable"),
    HELD: _("Held"),
    PAID: _("Paid"),
}
GROUPS: dict[str, str | Promise] = {
    "partner": _("Partners"),
    "invitees": _("Traders they brought"),
    "member": _("Members"),
    "house": _("House accounts"),
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


def kind(name: str) -> str:
    """What a kind of posting means; its short name when no room has given it words."""
    plain = name.removeprefix(_WAITS)
    words = str(KINDS.get(plain, plain))
    return words if plain == name else gettext("%(kind)s, under review") % {"kind": words}


def partner_names(codes: Iterable[str]) -> dict[str, str]:
    """Of these account codes, owners or subjects those of a partner or of the traders they brought, with the
    partner's name in them.
    """
    owners = {code: stage_of(code)[0].partition(":") for code in codes}
    of_partners = {
        code: (kind_, key)
        for code, (kind_, _colon, key) in owners.items()
        if kind_ in ("partner", "invitees")
    }
    ids = {key for _kind, key in of_partners.values()}
    names = dict(Partner.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return {
        code: names[key] if kind_ == "partner" else gettext("Traders of %(name)s") % {"name": names[key]}
        for code, (kind_, key) in of_partners.items()
        if key in names
    }
