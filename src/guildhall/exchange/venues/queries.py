"""Reads about affiliate APIs that pages and the command line share."""

from __future__ import annotations

from django.db.models import QuerySet

from guildhall.exchange.venues.models import DayRow, Invitee, Pull, Snapshot, VenueConnection


def connections() -> QuerySet[VenueConnection]:
    """Every connection, by name."""
    return VenueConnection.objects.order_by("venue")


def pulls(connection_id: str) -> QuerySet[Pull]:
    """The pulls of a connection, without their long columns; order them by id."""
    return Pull.objects.filter(connection=connection_id).defer("queue", "bad")


def answers(pull_id: str) -> QuerySet[Snapshot]:
    """The answers of a pull, without their bodies; order them by number."""
    return Snapshot.objects.filter(pull=pull_id).defer("packed")


def standing(connection_id: str) -> dict[str, int]:
    """How many accounts a connection has: `known`, `missing` (no longer named), `gone`; and `days` booked."""
    mine = Invitee.objects.filter(connection=connection_id)
    return {
        "known": mine.count(),
        "missing": mine.filter(missing_since__isnull=False, is_gone=False).count(),
        "gone": mine.filter(is_gone=True).count(),
        "days": DayRow.objects.filter(connection=connection_id, kind="day").count(),
    }


def in_trouble() -> QuerySet[VenueConnection]:
    """Connections that a person should look at."""
    return VenueConnection.objects.filter(problem__isnull=False).exclude(state=VenueConnection.State.PAUSED)
