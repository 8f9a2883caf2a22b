"""What was said in a ticket, as one reader may see it: entries in order, each with who, where, and what
became of it; long talks from their end.

Words and names go through `desk.showing`, so a vendor's agent reads them masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from guildhall.console.desk_happenings import Happenings
from guildhall.console.house_words import actor_names
from guildhall.core import clock
from guildhall.desk import queries, scope, showing
from guildhall.desk.models import Attachment, Entry, Ticket
from guildhall.people.models import Staff

SHOWN = 60


@dataclass(frozen=True, slots=True)
class File:
    """A file of an entry; `may_open`: whether this reader may see what is in it."""

    id: str
    name: str
    mime: str
    size: int
    may_open: bool

    @property
    def is_picture(self) -> bool:
        return self.mime.startswith("image/")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the page shows it. `left_s`: seconds in which it can still be taken back."""

    entry: Entry
    who: str
    text: str
    files: Sequence[File]
    mentions: Sequence[str]
    is_mine: bool
    problem: str = ""
    left_s: int = 0
    was_edited: bool = False
    was_removed: bool = False

    @property
    def kind(self) -> str:
        return str(self.entry.kind)

    @property
    def is_held(self) -> bool:
        return self.entry.state == Entry.State.HELD and self.left_s > 0


@dataclass(frozen=True, slots=True)
class Thread:
    """The end of a talk; `before` leads to what came earlier, '' when there is nothing."""

    lines: Sequence[Line]
    before: str = ""


def thread(ticket: Ticket, reader: Staff, before: str = "") -> Thread:
    """The last entries, or those before one."""
    found = scope.entries_for(reader, ticket)
    for part in queries.merged_into(ticket):
        found = found | scope.entries_for(reader, part)
    if before:
        found = found.filter(pk__lt=before)
    found = found.select_related("author", "message").prefetch_related("mentions")
    rows = list(found.order_by("-id")[: SHOWN + 1])
    more, rows = len(rows) > SHOWN, rows[:SHOWN][::-1]
    names = actor_names({one.by for one in rows if one.author_id is None and one.by})
    eyes = showing.for_reader(reader)
    files = _files(rows, eyes)
    asker, happenings = eyes.asker(ticket), Happenings(rows, eyes)
    lines = [
        Line(
            entry=one,
            who=_who(one, asker, names, eyes),
            text=happenings.sentence(one) if one.kind == Entry.Kind.SYSTEM else eyes.text(one.text, ticket),
            files=files.get(one.pk, ()),
            mentions=[eyes.colleague(staff) for staff in one.mentions.all()],
            is_mine=one.author_id == reader.pk,
            problem=eyes.text(one.problem, ticket),
            left_s=_left(one, clock.now()),
            was_edited=one.message is not None and one.message.version > 1,
            was_removed=one.message is not None and one.message.removed_at is not None,
        )
        for one in rows
    ]
    return Thread(lines, rows[0].pk if more and rows else "")


def held_line(entry: Entry) -> Line:
    """An answer that can still be taken back, on the page of another ticket."""
    return Line(entry, "", "", (), (), is_mine=True, left_s=_left(entry, clock.now()))


def _who(entry: Entry, asker: str, names: dict[str, str], eyes: showing.Showing) -> str:
    if entry.kind == Entry.Kind.CUSTOMER:
        return asker
    if entry.author is not None:
        is_me = eyes.staff is not None and entry.author_id == eyes.staff.pk
        return _("You") if is_me else eyes.colleague(entry.author)
    return eyes.actor(entry.by, names.get(entry.by, entry.by)) if entry.by else "Guildhall"


def _left(entry: Entry, now: datetime) -> int:
    if entry.state != Entry.State.HELD or entry.send_at is None:
        return 0
    return max(0, round((entry.send_at - now).total_seconds()))


def _files(rows: Sequence[Entry], eyes: showing.Showing) -> dict[str, list[File]]:
    found: dict[str, list[File]] = {}
    entries = {one.pk: one for one in rows}
    for one in Attachment.objects.filter(entry__in=list(entries)).defer("body").order_by("id"):
        one.entry = entries[one.entry_id]
        shown = File(one.pk, eyes.file_name(one), one.mime, one.size, eyes.may_open(one))
        found.setdefault(one.entry_id, []).append(shown)
    return found
