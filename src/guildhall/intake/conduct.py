"""How the senders of a batch conduct themselves, beside what they write: whose text theirs resembles, how
hot they are, whether they ever posted a link, what an edit changed, whether the space is raided.

Reads once for a batch and grows with every message judged; what is left behind is recorded by the guard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from guildhall.channels import sql
from guildhall.channels.models import Message, MessageVersion
from guildhall.guard import actions as guard
from guildhall.guard import heat, policies, raids_on
from guildhall.guard.canonical import canonical
from guildhall.guard.fingerprints import Fingerprint, fingerprints
from guildhall.guard.judge import is_newcomer
from guildhall.guard.likeness import NOBODY, Found, Likeness, Near
from guildhall.guard.rules.behaviour import has_contact, praises_a_dealer
from guildhall.guard.types import Context, Copies, SenderHistory, Subject, Verdict
from guildhall.intake.batch import Arrived
from guildhall.intake.context import Pair, Past

_ASKED_FROM = 20
"""Whoever has written less is no settled member, so their links before need not be looked for."""


class Conducts:
    """The conduct of a batch's senders. `judged` are its messages, or its edits."""

    def __init__(self, judged: Sequence[Arrived], past: Past, now: datetime, *, is_edit: bool) -> None:
        self._now, self._is_edit = now, is_edit
        prints = fingerprints([canonical(one.inbound.text).text for one in judged])
        self._prints: dict[str, Fingerprint | None] = {
            one.item.id: print_ for one, print_ in zip(judged, prints, strict=True)
        }
        self._likeness = Likeness(self._prints.values(), now)
        self._found: dict[str, Found] = {}
        self._suspects: dict[str, bool] = {}
        pairs = {(one.space.id, one.account.id) for one in judged}
        self._heat: dict[Pair, tuple[int, datetime]] = {}
        self._links: dict[Pair, int] = {}
        for space, account, warm, at, links in sql.run(
            "SELECT space_id, account_id, heat, heat_at, links_seen FROM guard_conduct "
            f"WHERE {sql.any_of('space_id')} AND {sql.any_of('account_id')}",
            [sql.many({space for space, _ in pairs}), sql.many({account for _, account in pairs})],
        ):
            self._heat[space, account] = warm, sql.moment(at) or now
            self._links[space, account] = links
        unknown = {
            (one.space.id, one.account.id)
            for one in judged
            if one.inbound.links
            and not self._links.get((one.space.id, one.account.id))
            and past.sender(one.space.id, one.account.id).messages_seen >= _ASKED_FROM
        }
        for pair in _with_links(unknown, {one.item.id for one in judged}) if unknown else ():
            self._links[pair] = 1
        self._before = _before(judged) if is_edit else {}

    def beside(self, one: Arrived, subject: Subject, context: Context) -> tuple[Subject, Context]:
        """The message and its context with all of this filled in."""
        pair = one.space.id, one.account.id
        warm, at = self._heat.get(pair, (0, None))
        links = self._links.get(pair, 0)
        sender = context.sender
        if warm or links:
            sender = replace(sender, heat=heat.decayed(warm, at, self._now), links_seen=links)
        found = self._look(one, sender)
        alike = found.alike if found is not None else NOBODY
        is_fine, raided = found is not None and found.is_fine, raids_on.is_on(one.space.id)
        if sender is not context.sender or alike is not NOBODY or is_fine or raided:
            copies = Copies() if is_fine else context.copies
            context = replace(context, sender=sender, alike=alike, copies=copies, under_raid=raided)
        if self._is_edit:
            subject = replace(subject, before=self._before.get(one.item.id))
        return subject, context

    def count(self, one: Arrived, subject: Subject, context: Context, verdict: Verdict) -> None:
        """A message was judged: what it leaves, and what the next ones of this batch come after."""
        if subject.sender_is_staff:
            return
        pair, sender = (one.space.id, one.account.id), context.sender
        warm = heat.after(sender.heat, heat.added(subject, verdict.score, sender, self._now))
        had_heat = pair in self._heat and self._heat[pair][0] > 0
        if warm < heat.COLD:
            warm = 0
        links = 1 if subject.links and not self._is_edit else 0
        if warm or had_heat:
            self._heat[pair] = warm, self._now
        if links:
            self._links[pair] = self._links.get(pair, 0) + 1
        print_, found = self._prints.get(one.item.id), self._found.get(one.item.id)
        suspect = False
        if print_ is not None and found is not None:
            suspect = self._is_suspect(one, sender)
            self._likeness.count(
                print_,
                Near(0, one.item.id, pair[1], pair[0], self._now, print_.values, suspect, found.campaign_id),
            )
        if found is not None or warm or had_heat or links:
            one.item.trace = guard.Trace(
                one.item.id,
                pair[1],
                pair[0],
                self._now,
                print_,
                found,
                suspect,
                warm,
                had_heat,
                links,
                keeps_raid=context.under_raid and verdict.removes,
            )

    def _look(self, one: Arrived, sender: SenderHistory) -> Found | None:
        print_ = self._prints.get(one.item.id)
        if print_ is None or one.account.is_staff:
            return None
        found = self._likeness.of(
            print_,
            one.account.id,
            lures=lambda: _lures(one),
            is_suspect=self._is_suspect(one, sender),
        )
        self._found[one.item.id] = found
        return found

    def _is_suspect(self, one: Arrived, sender: SenderHistory) -> bool:
        known = self._suspects.get(one.item.id)
        if known is None:
            known = (
                bool(one.inbound.links)
                or is_newcomer(sender, self._now, policies.active_for(one.space.id))
                or has_contact(canonical(one.inbound.text).text)
            )
            self._suspects[one.item.id] = known
        return known


def _lures(one: Arrived) -> bool:
    text = canonical(one.inbound.text).text
    return bool(one.inbound.links) or has_contact(text) or praises_a_dealer(text)


def _with_links(pairs: set[Pair], but: set[str]) -> set[Pair]:
    """Those of (space, account) who posted a link before; asked only of settled members nothing is known
    of.
    """
    found = (
        Message.objects.filter(space_id__in={s for s, _ in pairs}, account_id__in={a for _, a in pairs})
        .exclude(links=[])
        .exclude(pk__in=but)
        .order_by()
        .values_list("space_id", "account_id")
        .distinct()
    )
    return {(space, str(account)) for space, account in found} & pairs


def _before(judged: Sequence[Arrived]) -> dict[str, str]:
    """What edited messages said in the version before, by message id."""
    wanted = {one.item.id: one.item.version - 1 for one in judged}
    rows = MessageVersion.objects.filter(message_id__in=wanted).values_list("message_id", "version", "text")
    return {message: text for message, version, text in rows if wanted[message] == version}
