"""Counts, once a minute, how right verdicts of each kind were by what people decided of them.

Every decided verdict counts that called for punishment, whether it was carried out, merely proposed or held
back; among them are the random samples of punished messages. Nothing is written while nothing was decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from guildhall.core import clock
from guildhall.effects.types import Claimed, Done
from guildhall.guard import freshness, measured, records
from guildhall.guard.models import Case, MeasuredKind, Stamp

KIND = "guard.measure"
LOOKS_BACK = timedelta(days=180)
MOST = 50_000
_SEEN = "measured-of"


def measure() -> int:
    """Count anew if anything was decided, reopened or forgotten since; returns how many counts stand."""
    seen = _fingerprint()
    if Stamp.objects.filter(name=_SEEN, value=seen).exists():
        return MeasuredKind.objects.count()
    counts = measured.tally(_decided())
    with transaction.atomic():
        MeasuredKind.objects.all().delete()
        MeasuredKind.objects.bulk_create(
            MeasuredKind(family=family, space_id=space, language=language, decided=decided, right=right)
            for (family, space, language), (decided, right) in sorted(counts.items())
        )
        Stamp.objects.update_or_create(name=_SEEN, defaults={"value": seen})
        freshness.touch(measured.STAMP)
    return len(counts)


def perform(effect: Claimed) -> Done:
    """The job of every minute."""
    return Done({"counts": measure()})


def _fingerprint() -> str:
    """What was decided, in 26 characters that change with every decision."""
    found = _cases().aggregate(n=Count("pk"), last=Max("decided_at"))
    day = clock.now().date()  # old decisions fall out of sight by and by
    return sha256(f"{found['n']} {found['last']} {day}".encode()).hexdigest()[:26]


def _cases() -> QuerySet[Case]:
    return Case.objects.filter(
        kind=Case.Kind.VERDICT, decided_at__gte=clock.now() - LOOKS_BACK, verdict__isnull=False
    ).exclude(truth="")


def _decided() -> Iterator[tuple[str, str, str, bool]]:
    rows = (
        _cases()
        .order_by("-decided_at")
        .values_list("verdict__action", "verdict__reasons", "space_id", "space__language", "truth")[:MOST]
    )
    for action, reasons, space_id, language, truth in rows.iterator(chunk_size=2000):
        family = measured.kind_of(action, records.reasons(reasons or ()))
        if family:
            yield family, space_id, language, truth == "bad"
