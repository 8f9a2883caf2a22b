"""Takes the demo's exchange away: its rows in the tables of facts, its feed, its partners and their
settlements, and what they were owed.

Where nothing but the demo was ever settled the ledger begins anew; elsewhere the demo's postings are
reversed, for a ledger with real money in it forgets nothing. Each part may be done twice, and may be the last
before the sweep is killed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from guildhall.core import approvals
from guildhall.core.models import Proposal
from guildhall.demo import exchange
from guildhall.exchange import files
from guildhall.exchange.models import Batch, Feed, VenueAccount
from guildhall.facts import maintaining
from guildhall.facts.models import Staged
from guildhall.ledger import actions as ledger
from guildhall.ledger.models import Leg, Posting
from guildhall.partners.models import Binding, Change, DealVersion, Partner, Posted, Run, WhatIf

ACTOR = "system:demo"
_CHUNK = 400
_TABLES = ("trades", "registrations", "kyc", "deposits", "withdrawals", "explains", "accruals")
Sweep = Callable[[type[Any], Sequence[str]], None]


def forget(sweep_below: Sweep) -> None:
    """Everything of it. `sweep_below` removes rows of a model with whatever hangs on them."""
    partners = exchange.partner_ids()
    feeds = list(Feed.objects.filter(slug=exchange.SLUG).values_list("pk", flat=True))
    if not partners and not feeds:
        return
    _forget_money(partners)
    _forget_partners(partners, sweep_below)
    for batch in Batch.objects.filter(feed__in=feeds).values_list("pk", flat=True):
        files.remove(batch)
    sweep_below(Feed, feeds)
    for table in _TABLES:
        maintaining.withdraw(table, "venue", [exchange.VENUE])
    known = VenueAccount.objects.filter(venue=exchange.VENUE)
    while keys := list(known.values_list("pk", flat=True)[:_CHUNK]):
        VenueAccount.objects.filter(pk__in=keys).delete()


def forget_facts_of_spaces(spaces: Sequence[str]) -> None:
    """Who joined the demo's spaces, what was posted and asked there: rows that wait and rows in tables."""
    for table in ("joins", "posts", "tickets", "ticket_ends", "ticket_ratings"):
        Staged.objects.filter(table=table, row__space__in=list(spaces)).delete()
        maintaining.withdraw(table, "space", list(spaces))


def _forget_money(partners: Sequence[str]) -> None:
    """The ledger anew, or the demo's postings mirrored, the youngest first."""
    if ledger.start_over(lambda code: is_of_the_demo(code, partners), by=ACTOR):
        return
    ours = Leg.objects.filter(
        account__code__startswith="house:", account__code__endswith=f":{exchange.VENUE}"
    )
    ids = list(ours.order_by("-posting_id").values_list("posting_id", flat=True).distinct())
    open_ones = Posting.objects.filter(pk__in=ids, reverses=None, mirrors=None).order_by("-pk")
    keys = list(open_ones.values_list("key", flat=True))
    for start in range(0, len(keys), _CHUNK):
        some = [ledger.Reversal(key, f"{key}:demo-removed", "demo") for key in keys[start : start + _CHUNK]]
        ledger.reverse_many(some, by=ACTOR)


def is_of_the_demo(code: str, partners: Sequence[str]) -> bool:
    """Whether an account of the ledger is the demo's: of its venue, or of one of its partners."""
    kind, _, rest = code.partition(":")
    if kind == "house":
        return rest.endswith(f":{exchange.VENUE}")
    return kind in ("partner", "invitees") and rest.partition(":")[0] in partners


def _forget_partners(partners: Sequence[str], sweep_below: Sweep) -> None:
    with transaction.atomic():
        subjects = [f"partner:{pk}" for pk in partners]
        for proposal in Proposal.objects.filter(state__in=approvals.OPEN, subject__in=subjects):
            approvals.reject(proposal.pk, ACTOR)
        Proposal.objects.filter(subject__in=subjects).delete()
    Change.objects.filter(posted__partner__in=partners).delete()
    Posted.objects.filter(partner__in=partners).delete()
    if not Partner.objects.exclude(pk__in=partners).exists():
        # Nobody else was ever settled.
        WhatIf.objects.all().delete()
        sweep_below(Run, list(Run.objects.values_list("pk", flat=True)))
    Binding.objects.filter(partner__in=partners).delete()
    DealVersion.objects.filter(partner__in=partners).delete()
    sweep_below(Partner, list(partners))
