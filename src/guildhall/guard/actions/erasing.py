"""What the guard holds about a person: wiped when they are erased, handed out when they ask for their data.

Verdicts and cases stay, as scores, rules and times; names, statements and kept wordings go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guildhall.guard.models import (
    Case,
    Example,
    HandMeasure,
    Picture,
    Portrait,
    Report,
    Suspect,
    TrainingRow,
    VerdictRecord,
)
from guildhall.people.models import Account

_MOST_EXPORTED = 10_000


def erase(member_id: str) -> None:
    """Wipe every wording of or about a member that the guard keeps. Twice is the same as once."""
    theirs = Case.objects.filter(account__member_id=member_id)
    Example.objects.filter(case__in=theirs).delete()
    TrainingRow.objects.filter(case__in=theirs).delete()
    theirs.update(statement="", note="")
    reporters = [
        f"account:{pk}" for pk in Account.objects.filter(member_id=member_id).values_list("id", flat=True)
    ]
    Report.objects.filter(reporter__in=reporters).update(text="")
    Case.objects.filter(opened_by__in=reporters).update(statement="")
    HandMeasure.objects.filter(account__member_id=member_id).update(reason="")
    Portrait.objects.filter(account__member_id=member_id).delete()
    Suspect.objects.filter(account__member_id=member_id).update(reasons=[])
    Picture.objects.filter(shown__account__member_id=member_id, state=Picture.State.UNDECIDED).update(
        words="", codes=[]
    )
    named = VerdictRecord.objects.filter(message__account__member_id=member_id, reasons__icontains='"name"')
    for record in named.iterator():
        for reason in record.reasons:
            reason["params"].pop("name", None)
        record.save(update_fields=["reasons"])


def export(member_id: str) -> list[dict[str, Any]]:
    """A member's cases with their own statements, ready for JSON; what staff noted is not theirs to have."""
    rows = Case.objects.filter(account__member_id=member_id).exclude(kind=Case.Kind.SAMPLE).order_by("id")
    columns = ("id", "kind", "state", "action", "score", "opened_at", "decided_at", "statement", "message_id")
    return _plain(rows.values(*columns)[:_MOST_EXPORTED])


def export_measures(member_id: str) -> list[dict[str, Any]]:
    """What was done about a member by hand, ready for JSON, with the reason they were given."""
    rows = HandMeasure.objects.filter(account__member_id=member_id).order_by("id")
    columns = ("id", "space_id", "kind", "at", "until", "reason", "undone_at")
    return _plain(rows.values(*columns)[:_MOST_EXPORTED])


def export_suspicions(member_id: str) -> list[dict[str, Any]]:
    """That and when a member was suspected of posing as somebody, and what a person made of it."""
    rows = Suspect.objects.filter(account__member_id=member_id).order_by("id")
    return _plain(rows.values("id", "occasion", "state", "score", "opened_at", "decided_at")[:_MOST_EXPORTED])


def _plain(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in rows
    ]
