"""Reads about look-ups that pages share."""

from __future__ import annotations

from django.db.models import QuerySet

from guildhall.exchange.lookup.models import BackOffice, LookUp


def offices() -> QuerySet[BackOffice]:
    """Every back office, by exchange."""
    return BackOffice.objects.order_by("venue")


def asked(*, by: str = "", venue: str = "", kind: str = "", account: str = "") -> QuerySet[LookUp]:
    """Look-ups, newest first when ordered by id; empty arguments narrow nothing."""
    wanted = {"by": by, "venue": venue, "kind": kind, "account": account}
    return LookUp.objects.filter(**{name: value for name, value in wanted.items() if value})
