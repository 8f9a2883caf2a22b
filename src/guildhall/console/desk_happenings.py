"""What the house notes in a ticket, in the reader's words: who took it, what was changed, why.

Entries hold ids and names of states only (`data`: `what`, `from`, `to`, ...); this turns them into a
sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from guildhall.console import desk_words
from guildhall.console.words import word
from guildhall.core.text import Text
from guildhall.desk import showing
from guildhall.desk.models import Category, Entry, Vendor
from guildhall.people.models import Staff
from guildhall.ui.templatetags.ui import moment


class Happenings:
    """The sentences for the entries of one page; names are read once."""

    def __init__(self, entries: Iterable[Entry], eyes: showing.Showing) -> None:
        told = [one.data for one in entries if one.kind == Entry.Kind.SYSTEM]
        self._eyes = eyes
        people = {_whole(data.get(key)) for data in told for key in ("to", "from", "staff")} - {0}
        self._staff = {one.pk: one for one in Staff.objects.filter(pk__in=people)} if people else {}
        kinds = {str(data.get("what", "")) for data in told}
        self._categories = (
            {one.pk: one.called for one in Category.objects.all()} if "category" in kinds else {}
        )
        self._vendors = dict(Vendor.objects.values_list("pk", "name")) if "vendor" in kinds else {}

    def sentence(self, entry: Entry) -> str:
        """What happened, without who did it."""
        data: Mapping[str, Any] = entry.data
        if "en" in data and "zh" in data:
            return str(Text.from_json(data))
        to, was = data.get("to"), data.get("from")
        match str(data.get("what", "")):
            case "assigned":
                said = self._assigned(entry, to)
            case "status":
                said = _("now %(to)s, was %(from)s") % {
                    "to": word(desk_words.STATUSES, str(to))[0],
                    "from": word(desk_words.STATUSES, str(was))[0],
                }
            case "priority":
                said = _("priority %(to)s, was %(from)s") % {
                    "to": word(desk_words.PRIORITIES, str(to))[0],
                    "from": word(desk_words.PRIORITIES, str(was))[0],
                }
            case "category":
                said = _("category: %(to)s") % {"to": self._categories.get(str(to), _("none"))}
            case "fields":
                said = _("filled in what is known")
            case "tier":
                said = _("tier: %(to)s") % {"to": to or _("none")}
            case "subject":
                said = _("changed the subject")
            case "vendor":
                said = _("queue: %(to)s") % {"to": self._vendors.get(str(to), _("our own"))}
            case "team":
                said = _("team: %(to)s") % {"to": to or _("none")}
            case "snoozed":
                said = _("put off until %(at)s") % {"at": _moment(data.get("until"))}
            case "woken":
                said = _("back in the inbox")
            case "spam":
                said = _("closed as spam and reported to the guard")
            case "rated":
                said = _("the member gave %(n)s of 5") % {"n": data.get("score", "?")}
            case what:
                said = _linked(what, f"#{data.get('number', '')}") or entry.text or what
        why = str(data.get("why") or "")
        if why and data.get("why_zh"):
            why = str(Text(why, str(data["why_zh"])))
        why = self._eyes.text(why, entry.ticket)
        return f"{said} ({why})" if why else str(said)

    def _assigned(self, entry: Entry, to: object) -> str:
        if not to:
            return _("given back: nobody has it now")
        if entry.author_id == _whole(to):
            return _("took it")
        return _("assigned to %(name)s") % {"name": self._eyes.colleague(self._staff.get(_whole(to)))}


def _linked(what: str, number: str) -> str:
    """What happened between two tickets, and what has no more to say than that it was."""
    told = {
        "merged": _("merged into %(n)s"),
        "merged_here": _("%(n)s was merged into this one"),
        "split": _("split off as %(n)s"),
        "opened": _("split off from %(n)s"),
        "not_spam": _("no spam after all"),
        "reply_failed": _("an answer did not reach the member"),
        "status_refused": _("could not be solved: something is still to be filled in"),
    }
    return told[what] % {"n": number} if what in told else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _moment(written: object) -> str:
    try:
        return moment(datetime.fromisoformat(str(written)))
    except ValueError:
        return str(written)
