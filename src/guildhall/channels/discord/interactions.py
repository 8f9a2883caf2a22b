"""Presses and commands that wait for an answer: kept when they come in, answered once with Discord's first
answer and afterwards through the interaction's own webhook, forgotten after a quarter of an hour.

The token of an interaction lets anybody answer in our name, so it stands in its row only, never in an effect,
a log line or an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from guildhall.channels.discord.models import DiscordInteraction
from guildhall.core import clock

FIRST, WHOLE = timedelta(seconds=3), timedelta(minutes=15)
COMMAND, COMPONENT, FORM = 2, 3, 5
_CHUNK = 1000


def keep(interaction_id: str, application_id: int, token: str, kind: int, locale: str, at: datetime) -> None:
    """Keep one that came in; twice is once. Inside the caller's transaction."""
    keep_many([(interaction_id, application_id, token, kind, locale, at)])


def keep_many(rows: Iterable[tuple[str, int, str, int, str, datetime]]) -> None:
    """Keep those of a batch, each as `keep` takes it."""
    DiscordInteraction.objects.bulk_create(
        [
            DiscordInteraction(
                id=found, application_id=application, token=token, kind=kind, locale=locale[:10], at=at
            )
            for found, application, token, kind, locale, at in rows
        ],
        ignore_conflicts=True,
    )


def waiting(interaction_id: str) -> DiscordInteraction | None:
    """The interaction of an id that can still be answered."""
    row = DiscordInteraction.objects.filter(pk=interaction_id).first() if interaction_id.isdigit() else None
    return row if row is not None and clock.now() - row.at < WHOLE else None


def acknowledged(row: DiscordInteraction) -> None:
    """Note that the first answer was given, so that the next one goes the other way."""
    now = clock.now()
    DiscordInteraction.objects.filter(pk=row.pk, acknowledged_at=None).update(acknowledged_at=now)
    row.acknowledged_at = now


def prune() -> int:
    """Forget those nobody can answer any more; returns how many."""
    removed = 0
    while True:
        old = list(
            DiscordInteraction.objects.filter(at__lt=clock.now() - 2 * WHOLE).values_list("pk", flat=True)[
                :_CHUNK
            ]
        )
        removed += DiscordInteraction.objects.filter(pk__in=old).delete()[0]
        if len(old) < _CHUNK:
            return removed
