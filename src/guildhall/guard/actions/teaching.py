"""Decisions become training rows, and people look at them a second time.

A row is reviewed when a member of staff has decided about the words themselves. What was decided for what
somebody did (a flood, a raid, a name), and whatever no member of staff decided, waits for a second look and
teaches nothing until then. A member's report alone makes no row at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.guard import models_in_force, records
from guildhall.guard.canonical import canonical
from guildhall.guard.learning import asking, keys
from guildhall.guard.models import CampaignMessage, Case, TrainingBand, TrainingLook, TrainingRow
from guildhall.guard.types import Scorer

SCAM, FINE = TrainingRow.Label.SCAM, TrainingRow.Label.FINE
DISCARD = "discard"
State, Source = TrainingRow.State, TrainingRow.Source
ABOUT_WORDS = frozenset({"LINK", "THEFT", "AD", "HIDE", "MODEL", "WORD", "NEW", "IMG"})
"""Rule families that accuse what is written, not who writes or how often."""
_LONGEST = 20_000
_MOST_CANDIDATES = 60
_SAME_SKETCH = 0.95
_GROUP_LOOKED_AT = 500


def keep(case: Case, text: str, label: str, by: str, *, source: str = Source.DECISION) -> TrainingRow | None:
    """Keep what was decided of a case's words, in the caller's transaction; None when there are no words.

    The last word about a case counts, but a decision never overrules what somebody taught explicitly or
    found at a second look.
    """
    text = text.strip()[:_LONGEST]
    if not text:
        return None
    known = TrainingRow.objects.select_for_update().filter(case=case).first()
    if known is not None and source == Source.DECISION and _stands(known, label):
        if known.state == State.WAITING and not known.looked_by:
            known.state = _state(case, label, by, known.source)
            known.save(update_fields=["state"])
            _settle({known.group_key})
        return known
    group = known.group_key if known is not None and known.text == text else ""
    row = known or TrainingRow(case=case)
    was_in = row.group_key
    row.text, row.label, row.source = text, label, source
    row.language = _language(text, case.space.language)
    row.member_key = keys.member_key(case.account.member_id if case.account else "")
    row.decided_by, row.decided_at = by, clock.now()
    row.looked_by, row.looked_at = "", None
    row.state = _state(case, label, by, source)
    row.probability = _said(models_in_force.current(), text)
    _place(row, group)
    _settle({row.group_key, was_in} - {""})
    row.refresh_from_db()
    return row


def keep_of_campaign(campaign_id: str, case_ids: Sequence[str | None], by: str) -> None:
    """One text of a campaign somebody confirmed is kept, however many messages it has."""
    known = TrainingRow.objects.filter(case__message__campaign_link__campaign_id=campaign_id)
    if not case_ids or known.exists():
        return
    rows = Case.objects.select_related("message", "space", "account", "verdict")
    case = rows.filter(pk__in=[pk for pk in case_ids if pk]).order_by("id").first()
    if case is not None:
        keep(case, case.message.text, SCAM, by)


def campaign_undone(cases: Sequence[Case], by: str) -> None:
    """A campaign was cleared (its messages are fine) or its confirmation taken back (they wait again)."""
    for row in TrainingRow.objects.filter(case__in=cases, source=Source.DECISION).select_related("case"):
        case = next(one for one in cases if one.pk == row.case_id)
        if case.truth:
            keep(case, row.text, FINE, by)
        else:
            reopened(case)


def reopened(case: Case) -> None:
    """A decision was taken back: its row waits again, unless somebody has looked at it a second time."""
    changed = TrainingRow.objects.filter(
        case=case, source=Source.DECISION, looked_by="", state=State.REVIEWED
    ).values_list("group_key", flat=True)
    found = set(changed)
    if found:
        TrainingRow.objects.filter(case=case).update(state=State.WAITING)
        _settle(found)


def look(row_id: str, answer: str, by: str) -> TrainingRow:
    """A second look at a row: scam, fine or discard. Near copies that say otherwise are put aside.

    Raises NotFound, BadInput.
    """
    if answer not in (*TrainingRow.Label.values, DISCARD):
        raise BadInput(Text("Say scam, fine or discard.", "请选择 scam、fine 或 discard。"), field="answer")
    with transaction.atomic():
        row = TrainingRow.objects.select_for_update().filter(pk=row_id).first()
        if row is None:
            raise NotFound(Text("There is no such row.", "不存在该训练样本。"))
        others = _overruled(row, answer)
        TrainingLook.objects.create(
            row=row, by=by, at=clock.now(), answer=answer, before=[_note(one) for one in (row, *others)]
        )
        row.looked_by, row.looked_at = by, clock.now()
        if answer == DISCARD:
            row.state = State.DISCARDED
        else:
            row.label, row.state = answer, State.REVIEWED
        row.save(update_fields=["looked_by", "looked_at", "label", "state"])
        TrainingRow.objects.filter(pk__in=[one.pk for one in others]).update(state=State.DISCARDED)
        _settle({row.group_key})
        audit.record(
            by, "training.looked", f"training:{row.id}", {"answer": answer, "put_aside": len(others)}
        )
        row.refresh_from_db()
        return row


def undo_look(by: str) -> TrainingRow:
    """Take back one's own latest second look. Raises NotFound when there is none left."""
    with transaction.atomic():
        last = (
            TrainingLook.objects.select_for_update(of=("self",))
            .filter(by=by, undone_at=None)
            .select_related("row")
            .order_by("-id")
            .first()
        )
        if last is None:
            raise NotFound(Text("There is nothing to undo.", "没有可撤销的操作。"))
        for was in last.before:
            TrainingRow.objects.filter(pk=was["id"]).update(
                label=was["label"], state=was["state"], looked_by=was["looked_by"], looked_at=was["looked_at"]
            )
        last.undone_at = clock.now()
        last.save(update_fields=["undone_at"])
        _settle({last.row.group_key})
        audit.record(by, "training.look_undone", f"training:{last.row_id}", {"answer": last.answer})
        last.row.refresh_from_db()
        return last.row


def ask_again(rows: Sequence[TrainingRow], said: Iterable[float | None]) -> None:
    """Note what a model says of rows, and which of them ask for a look therefore."""
    for row, probability in zip(rows, said, strict=True):
        row.probability = probability
        row.asks = 0 if row.in_conflict and not row.asks else _asks(row)
    TrainingRow.objects.bulk_update(rows, ["probability", "asks"], batch_size=500)


def _stands(known: TrainingRow, label: str) -> bool:
    """Whether what is known of the words is not for a decision to change."""
    return known.source == Source.TAUGHT or bool(known.looked_by) or known.label == label


def _state(case: Case, label: str, by: str, source: str) -> str:
    if not by.startswith("staff:"):
        return State.WAITING
    if source == Source.TAUGHT or label == FINE or case.verdict is None:
        return State.REVIEWED
    reasons = records.reasons(case.verdict.reasons)
    about_words = any(one.rule_id.partition("-")[0] in ABOUT_WORDS for one in reasons)
    return State.REVIEWED if about_words or not reasons else State.WAITING


def _place(row: TrainingRow, group: str) -> None:
    """Give the row its group (that of a near copy or of its campaign, else a new one) and save it with its
    sketch.
    """
    if group:
        row.save()
        return
    found = keys.runs(row.text)
    bands = keys.bands(found)
    near, alike = _near(found, bands, row.pk)
    row.group_key = near or _of_campaign(row) or keys.group_key(row.text)
    row.held_back = keys.is_held_back(row.group_key)
    row.save()
    TrainingBand.objects.filter(row=row).delete()
    if alike < _SAME_SKETCH:  # else the sketch of the near copy finds the next ones just as well
        TrainingBand.objects.bulk_create(TrainingBand(row=row, band=band) for band in set(bands))


def _near(found: frozenset[str], bands: tuple[int, ...], own: str) -> tuple[str, float]:
    """The group of the nearest known text and how alike they are; '' when none is near."""
    sharing = TrainingBand.objects.filter(band__in=bands).exclude(row_id=own).values("row_id")
    rows = TrainingRow.objects.filter(pk__in=sharing).order_by("id").values_list("group_key", "text")
    best, key = keys.ALIKE_FROM, ""
    for group, text in rows[:_MOST_CANDIDATES]:
        alike = keys.likeness(found, keys.runs(text))
        if alike >= best:
            best, key = alike, group
        if alike >= _SAME_SKETCH:
            break
    return key, best if key else 0.0


def _of_campaign(row: TrainingRow) -> str:
    """The group of the first row of the same campaign; '' when there is none."""
    if row.case is None:
        return ""
    link = CampaignMessage.objects.filter(message_id=row.case.message_id).first()
    if link is None:
        return ""
    rows = TrainingRow.objects.filter(case__message__campaign_link__campaign_id=link.campaign_id)
    return rows.exclude(pk=row.pk).order_by("id").values_list("group_key", flat=True).first() or ""


def _settle(groups: set[str]) -> None:
    """Bring conflict marks and the wish for a second look of whole groups up to date."""
    for key in groups:
        rows = list(TrainingRow.objects.filter(group_key=key).order_by("-id")[:_GROUP_LOOKED_AT])
        labels = {row.label for row in rows if row.state == State.REVIEWED}
        asked = False
        for row in rows:
            row.in_conflict = len(labels) > 1 and row.state == State.REVIEWED
            # One answer settles a conflict, so only one row of it asks.
            row.asks = 0 if row.in_conflict and asked else _asks(row)
            asked = asked or row.in_conflict
        TrainingRow.objects.bulk_update(rows, ["in_conflict", "asks"], batch_size=500)


def _asks(row: TrainingRow) -> int:
    if row.state == State.DISCARDED:
        return 0
    return asking.usefulness(
        label=int(row.label == SCAM),
        probability=row.probability,
        waits=row.state == State.WAITING,
        conflicts=row.in_conflict,
        looked_at=bool(row.looked_by),
    )


def _overruled(row: TrainingRow, answer: str) -> list[TrainingRow]:
    """Reviewed near copies whose label the answer contradicts."""
    if answer == DISCARD:
        return []
    rows = TrainingRow.objects.select_for_update().filter(group_key=row.group_key, state=State.REVIEWED)
    return list(rows.exclude(pk=row.pk).exclude(label=answer).order_by("id"))


def _note(row: TrainingRow) -> dict[str, str | None]:
    return {
        "id": row.id,
        "label": row.label,
        "state": row.state,
        "looked_by": row.looked_by,
        "looked_at": row.looked_at.isoformat() if row.looked_at else None,
    }


def _said(scorer: Scorer | None, text: str) -> float | None:
    return None if scorer is None else scorer.opinion(canonical(text)).probability


def _language(text: str, space_language: str) -> str:
    """The language by the letters of the text itself; where they do not tell, that of the space."""
    if any("\u4e00" <= letter <= "\u9fff" for letter in text):
        return "zh"
    if sum("\u0400" <= letter <= "\u04ff" for letter in text) * 3 > len(text):
        return "ru"
    return "en" if any(letter.isascii() and letter.isalpha() for letter in text) else space_language[:2]
