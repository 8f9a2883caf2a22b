"""Searching tickets as one reader may: a vendor finds what it can read, nothing by what is hidden from it.

An index knows every word of a ticket. A hit by a name that is masked, or by a note that is not the reader's,
would tell that it stands there; so a vendor's hits are held against what it would be shown.
"""

from __future__ import annotations

from django.db.models import QuerySet

from guildhall.desk import finding, scope
from guildhall.desk.models import Entry, Ticket
from guildhall.desk.showing import for_reader
from guildhall.people.models import Staff

MOST = 200
"""A vendor's search looks at so many hits, the newest."""


def search(words: str, among: QuerySet[Ticket], staff: Staff | None) -> QuerySet[Ticket]:
    """Of `among` (tickets that `staff` may see), those that hold all of these words or have this number."""
    eyes = for_reader(staff)
    if not eyes.masked:
        return finding.search(words, among)
    if not eyes.may_search(words):
        return among.none()
    found = finding.search(words, among)
    hits = list(found.select_related("account", "member").order_by("-id")[:MOST])
    eyes.get_to_know(hits)
    shown = {one.pk: [eyes.subject(one), str(one.number)] for one in hits}
    by_id = {one.pk: one for one in hits}
    said = scope.among_entries(staff, Entry.objects.filter(ticket_id__in=list(by_id)))
    for ticket_id, text in said.values_list("ticket_id", "text"):
        shown[ticket_id].append(eyes.text(text, by_id[ticket_id]))
    sought = [word.lstrip("#") for word in words.casefold().split()]
    kept = [pk for pk, texts in shown.items() if _holds("\n".join(texts).casefold(), sought)]
    return among.filter(pk__in=kept)


def _holds(text: str, sought: list[str]) -> bool:
    return all(word in text for word in sought)
