"""What the inbox calls things: states, priorities, ways in, what became of an entry, the clocks; with the
colour each of them means.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guildhall.console.words import Word
from guildhall.desk.queries import AT_RISK

STATUSES: dict[str, Word] = {
    "open": (_("in hand"), "blue"),
    "pending": (_("waiting for the member"), ""),
    "solved": (_("solved"), "green"),
    "closed": (_("closed"), ""),
}
PRIORITIES: dict[str, Word] = {
    "urgent": (_("urgent"), "red"),
    "high": (_("high"), "amber"),
    "normal": (_("normal"), ""),
    "low": (_("low"), ""),
}
WAYS: dict[str, str | Promise] = {
    "group": _("in a group"),
    "private": _("private message"),
    "topic": _("forum topic"),
    "webchat": _("in web chat"),
    "email": _("by e-mail"),
    "api": _("by API"),
}
ENTRY_STATES: dict[str, Word] = {
    "held": (_("can be taken back"), "amber"),
    "queued": (_("being sent"), ""),
    "sent": (_("sent"), "green"),
    "failed": (_("not sent"), "red"),
    "unsent": (_("withdrawn"), ""),
}
METRICS: dict[str, str | Promise] = {
    "first_response": _("First response"),
    "next_response": _("Next response"),
    "resolution": _("Resolution"),
}
CLOCK_STATES: dict[str, Word] = {
    "running": (_("running"), "blue"),
    "paused": (_("paused"), ""),
    "met": (_("met"), "green"),
    "merged": (_("merged"), ""),
}
AT_RISK_S = int(AT_RISK.total_seconds())
"""Seconds before a due time from which a ticket counts as at risk."""
