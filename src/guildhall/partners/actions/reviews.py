"""Accounts under review: what their trades earn waits (SET-24) until somebody ends the review.

The next settlement moves the amounts: into a kind that never becomes payable by itself, and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.partners import queries
from guildhall.partners.actions.partners import checked_account, checked_venue
from guildhall.partners.models import Review

HOUSE = "system:partners"


def hold_account(
    venue: str, account: str, *, reason: str, by: str, evidence: Mapping[str, Any] | None = None
) -> Review:
    """Put an account under review. Raises BadInput, Conflict when it is already."""
    if not reason.strip():
        raise BadInput(Text("Say why.", "请说明原因。"), field="reason")
    try:
        with transaction.atomic():
            one = Review.objects.create(
                venue=checked_venue(venue),
                account=checked_account(account),
                reason=reason.strip()[:300],
                evidence=dict(evidence or {}),
                opened_by=by,
            )
            audit.record(by, "review.opened", f"review:{one.pk}", {"venue": venue, "account": account})
    except IntegrityError as error:
        raise Conflict(
            Text("It is under review already.", "该账户已在复核中。"), code="under_review"
        ) from error
    return one


def review_self_referrals() -> int:
    """Put under review what turned out to earn for its own owner; how many accounts.

    Once for each binding: whoever ended such a review has decided, and is not asked again.
    """
    opened = 0
    for one in queries.self_referrals():
        asked = Review.objects.filter(venue=one.venue, account=one.account)
        if asked.filter(closed_at=None).exists() or asked.filter(evidence__binding=one.pk).exists():
            continue
        reason = "self-referral: the account is the partner's own"
        evidence = {"why": "self_referral", "binding": one.pk, "partner": one.partner_id}
        try:
            hold_account(one.venue, one.account, reason=reason, by=HOUSE, evidence=evidence)
        except Conflict:
            continue  # somebody did it at this moment
        opened += 1
    return opened


def release_account(review_id: str, *, reason: str, by: str) -> Review:
    """End a review: what waited is owed again. Raises NotFound, BadInput, Conflict when it has ended."""
    if not reason.strip():
        raise BadInput(Text("Say why.", "请说明原因。"), field="reason")
    with transaction.atomic():
        one = Review.objects.select_for_update().filter(pk=review_id).first() if is_id(review_id) else None
        if one is None:
            raise NotFound(Text("There is no such review.", "没有此复核。"))
        if one.closed_at is not None:
            raise Conflict(Text("It has ended already.", "该复核已结束。"), code="ended")
        one.closed_at, one.closed_by, one.closed_why = clock.now(), by, reason.strip()[:300]
        one.save(update_fields=["closed_at", "closed_by", "closed_why"])
        audit.record(by, "review.closed", f"review:{one.pk}")
    return one
