"""Audit: who did what, to what, when, in words; how far it is sealed; and the proof that nothing was
changed since.

Reading is by key and index, so a million entries are as quick as a hundred. Proving reads them all: it is
queued as an effect, and the page shows how far it is and what it found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import carry_out
from guildhall.console.house_deeds import DEEDS
from guildhall.console.house_words import actor_names, deed, fact_label, known, subject_href
from guildhall.core import audit_anchors
from guildhall.core.ids import lowest_id
from guildhall.core.models import AuditEntry, AuditSeal
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.effects.types import LIVE
from guildhall.people.access import requires
from guildhall.people.roles import Role
from guildhall.ui import paging, tables

VERIFY = "console.audit_verify"
_ENOUGH_FACTS = 8
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Told:
    """One entry in words."""

    entry: AuditEntry
    who: str
    what: str | Promise
    subject_href: str
    facts: tuple[tuple[str | Promise, str], ...]


def spec() -> tables.Spec:
    """The table of deeds."""
    verbs = tuple(sorted(((verb, words) for verb, words in DEEDS.items()), key=lambda pair: str(pair[1])))
    return tables.Spec(
        columns=(
            tables.Column("when", gettext_lazy("When"), sort=("id",)),
            tables.Column("who", gettext_lazy("Done by")),
            tables.Column("what", gettext_lazy("Deed"), css="lead"),
            tables.Column("facts", gettext_lazy("In detail"), css="text"),
            tables.Column("seal", gettext_lazy("Seal"), css="num desk"),
        ),
        filters=(
            tables.Filter("verb", gettext_lazy("Deed"), "choice", verbs),
            tables.Filter("actor", gettext_lazy("Done by"), "text", placeholder="staff:1, system:intake"),
            tables.Filter("subject", gettext_lazy("To what"), "text", placeholder="case:…, message:…"),
            tables.Filter("since", gettext_lazy("From"), "date"),
            tables.Filter("until", gettext_lazy("To"), "date"),
        ),
        default_sort="-when",
        tie="",
    )


@requires("audit.view")
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """The deeds, and how they are proven."""
    state = tables.read(spec(), request.GET)
    table = paging.fetch(_entries(state), state)
    proof = _last_proof()
    context = {
        "table": tables.Table(state, _told(list(table.rows)), table.next_key, table.previous_key),
        "seals": _seals(),
        "proof": proof,
        "proof_under_way": proof is not None and proof.state in {state.value for state in LIVE},
    }
    return render(request, "console/house/audit.html", context)


@requires("audit.view")
@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Queue the proof; asking again while one is under way changes nothing."""

    def deed_() -> None:
        with transaction.atomic():
            if not Effect.objects.filter(kind=VERIFY, state__in=[s.value for s in LIVE]).exists():
                effects.enqueue(effects.NewEffect(kind=VERIFY, cause=known(request).actor))

    return carry_out(request, deed_, _("The whole chain is being read."), reverse("console:audit"))


@requires("audit.view")
@require_safe
def seals(request: HttpRequest) -> HttpResponse:
    """The links of the chain."""
    state = tables.read(
        tables.Spec(
            columns=(
                tables.Column("seq", gettext_lazy("Seal"), sort=("seq",), css="lead"),
                tables.Column("at", gettext_lazy("Made")),
                tables.Column("count", gettext_lazy("Entries"), css="num"),
                tables.Column("hash", gettext_lazy("Hash")),
            ),
            default_sort="-seq",
            tie="",
        ),
        request.GET,
    )
    table = paging.fetch(AuditSeal.objects.defer("leaves"), state)
    return render(request, "console/house/audit_seals.html", {"table": table})


def _entries(state: tables.State) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.all()
    for key in ("verb", "actor", "subject"):
        if state.value(key):
            found = found.filter(**{key: state.value(key)})
    since, until = state.day("since"), state.day("until")
    if since:
        found = found.filter(id__gte=lowest_id(_midnight(since)))
    if until:
        found = found.filter(id__lt=lowest_id(_midnight(until + timedelta(days=1))))
    return found


def _midnight(day: Any) -> datetime:
    """The beginning of a day in the reader's zone; days before our time or far after it are brought near."""
    local = datetime.combine(day, time(), timezone.get_current_timezone())
    return min(max(local.astimezone(UTC), datetime(2000, 1, 1, tzinfo=UTC)), datetime(9000, 1, 1, tzinfo=UTC))


def _told(entries: list[AuditEntry]) -> list[Told]:
    names = actor_names(entry.actor for entry in entries)
    return [
        Told(
            entry,
            names[entry.actor],
            deed(entry.verb),
            subject_href(entry.subject),
            tuple(_facts(entry.data)),
        )
        for entry in entries
    ]


def _facts(data: dict[str, Any]) -> list[tuple[str | Promise, str]]:
    return [
        (fact_label(key), _plain(value))
        for key, value in list(data.items())[:_ENOUGH_FACTS]
        if value not in ("", None, [])
    ]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    if isinstance(value, str) and value in Role._value2member_map_:
        return str(Role(value).label)
    if isinstance(value, dict):
        return ", ".join(f"{fact_label(key)} {_plain(part)}" for key, part in value.items())
    text = str(value)
    if _HASH.fullmatch(text):
        return f"{text[:12]}…"
    return text if len(text) <= 80 else f"{text[:77]}…"


def _seals() -> dict[str, Any]:
    newest = AuditSeal.objects.order_by("-seq").defer("leaves").first()
    oldest_open = AuditEntry.objects.filter(seal=None).order_by("id").first()
    return {
        "newest": newest,
        "unsealed": paging.capped_count(AuditEntry.objects.filter(seal=None), 10_000),
        "oldest_open": oldest_open,
        "anchored": audit_anchors.last(),
    }


def _last_proof() -> Effect | None:
    return Effect.objects.filter(kind=VERIFY).order_by("-id").first()
