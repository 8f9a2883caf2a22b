"""What the pages about partners call things, with the colour each of them means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guildhall.core.text import Text
from guildhall.exchange.models import VenueAccount
from guildhall.partners.models import Binding, DealVersion, Partner, Run, WhatIf
from guildhall.people.models import Staff

Word = tuple[str | Promise, str]

PARTNERS: dict[str, Word] = {
    Partner.State.ACTIVE: (gettext_lazy("active"), "green"),
    Partner.State.PAUSED: (gettext_lazy("takes no new accounts"), "amber"),
    Partner.State.ENDED: (gettext_lazy("ended"), ""),
}
DEALS: dict[str, Word] = {
    DealVersion.State.DRAFT: (gettext_lazy("draft"), ""),
    DealVersion.State.PROPOSED: (gettext_lazy("waits for approval"), "amber"),
    DealVersion.State.IN_FORCE: (gettext_lazy("in force"), "green"),
    DealVersion.State.SUPERSEDED: (gettext_lazy("superseded"), ""),
    DealVersion.State.DISCARDED: (gettext_lazy("put away"), ""),
}
RUNS: dict[str, Word] = {
    Run.State.PLANNED: (gettext_lazy("waits its turn"), "blue"),
    Run.State.RUNNING: (gettext_lazy("running"), "blue"),
    Run.State.FINISHED: (gettext_lazy("finished"), "green"),
    Run.State.FAILED: (gettext_lazy("failed"), "red"),
    Run.State.STOPPED: (gettext_lazy("stopped"), "amber"),
}
WHAT_IFS: dict[str, Word] = {
    WhatIf.State.PLANNED: (gettext_lazy("waits its turn"), "blue"),
    WhatIf.State.RUNNING: (gettext_lazy("running"), "blue"),
    WhatIf.State.FINISHED: (gettext_lazy("finished"), "green"),
    WhatIf.State.FAILED: (gettext_lazy("failed"), "red"),
}
KINDS: dict[str, str | Promise] = {
    "commission": gettext_lazy("commission"),
    "kickback": gettext_lazy("back to traders"),
    "override": gettext_lazy("override"),
    "cpa": gettext_lazy("per qualified account"),
    "carry": gettext_lazy("loss carried over"),
}
REASONS: dict[str, Word] = {
    "paid": (gettext_lazy("paid"), "green"),
    "unbound": (gettext_lazy("bound to nobody"), ""),
    "no_deal": (gettext_lazy("no deal in force"), "amber"),
    "excluded": (gettext_lazy("excluded"), ""),
    "term_over": (gettext_lazy("term is over"), ""),
    "below_first_tier": (gettext_lazy("below the first tier"), ""),
    "fee_not_positive": (gettext_lazy("no fee was paid"), ""),
}
HOW: dict[str, str | Promise] = {
    "code": gettext_lazy("by an invitation code"),
    "link": gettext_lazy("by a link"),
    "registration": gettext_lazy("by registration"),
    "import": gettext_lazy("from a file"),
    "person": gettext_lazy("bound by hand"),
    "rebind": gettext_lazy("bound again"),
}
HELD = "held_"
"""Before the kind of what waits for the end of a review."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as a reader may see it: its UID, or its pseudonym cut short."""

    venue: str
    shown: str
    pseudonym: str
    is_known: bool


def reason(code: str) -> Word:
    """A reason of settlement; an exclusion names its mark."""
    head, _colon, flag = code.partition(":")
    word, colour = REASONS.get(head, (code, ""))
    return (f"{word}: {flag}", colour) if flag else (word, colour)


def kind(code: str) -> str:
    """What a kind of accrual is called; what waits for the end of a review says so."""
    name = code.removeprefix(HELD)
    said = str(KINDS.get(name, name.replace("_", " ")))
    return said if name == code else _("%(kind)s, under review") % {"kind": said}


def is_partners_own(code: str) -> bool:
    """Whether a kind belongs to the partner and waits for nothing; a kickback is the trader's."""
    return code != "kickback" and not code.startswith(HELD)


def how(binding: Binding) -> str:
    """Why a binding stands, in a few words."""
    evidence = binding.evidence
    said = str(HOW.get(str(evidence.get("how", "")), evidence.get("how", "") or "—"))
    named = evidence.get("code") or evidence.get("link") or evidence.get("file") or ""
    return f"{said} {named}".strip()


def accounts(reader: Staff, pairs: Iterable[tuple[str, str]]) -> dict[str, Account]:
    """Accounts by pseudonym, from (venue, pseudonym); UIDs only for whoever may know who people are."""
    found = dict(pairs_by_pseudonym(pairs))
    uids: Mapping[str, str] = {}
    if found and reader.may("members.identity"):
        rows = VenueAccount.objects.filter(pseudonym__in=list(found))
        uids = dict(rows.values_list("pseudonym", "uid"))
    return {
        name: Account(venue, uids.get(name) or f"{name[:10]}…", name, name in uids)
        for name, venue in found.items()
    }


def pairs_by_pseudonym(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(pseudonym, venue) of each (venue, pseudonym), once."""
    return list({pseudonym: venue for venue, pseudonym in pairs}.items())


def names(ids: Iterable[str]) -> dict[str, str]:
    """What partners are called, by id; an unknown id is its own name."""
    wanted = set(ids)
    found = dict(Partner.objects.filter(pk__in=wanted).values_list("id", "name")) if wanted else {}
    return {one: found.get(one, one) for one in wanted}


def why(stored: Mapping[str, Any]) -> str:
    """A stored sentence {en, zh} in the reader's language."""
    return str(Text.from_json(dict(stored))) if stored else ""


def months(run: Run) -> str:
    """Which months a run settles, in words."""
    if run.months:
        return ", ".join(run.months) if len(run.months) <= 3 else f"{run.months[0]} – {run.months[-1]}"
    if run.wanted == ["all"]:
        return _("every month")
    return ", ".join(run.wanted) or _("what changed")
