"""What the pages of imports call things: kinds, states, and each figure of a preview or result in order."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guildhall.console.words import Word
from guildhall.intake.models import Import

Kind, State = Import.Kind, Import.State
KINDS: dict[str, str | Promise] = {
    Kind.BANS: _("Ban list"),
    Kind.RULES: _("Rules"),
    Kind.HISTORY: _("Chat history"),
}
ABOUT: dict[str, tuple[str | Promise, ...]] = {
    Kind.BANS: (
        _(
            "From Rose: the federation's bans as JSON, CSV or text. From Combot: a list of ids. From "
            "Discord or MEE6: bans as JSON. From anywhere: CSV with a column user_id (用户ID), and if "
            "you have them username, reason, until and banned_at."
        ),
        _(
            "You see who would be banned before anything happens. Staff and administrators are never "
            "banned by a list. All of it can be undone at once."
        ),
    ),
    Kind.RULES: (
        _(
            "From Rose: the export of a group. From Combot or MEE6: settings as JSON. From anywhere: "
            "a list with one domain or word a line."
        ),
        _(
            "It becomes a draft of a policy that somebody else approves; what has no counterpart here"
            " is named."
        ),
    ),
    Kind.HISTORY: (
        _(
            "From Telegram Desktop: open the chat, ⋮, Export chat history, format JSON, without "
            "files; then choose result.json."
        ),
        _(
            "A bot cannot read what was said before it came. Messages are put in their place, found "
            "by search, and judged by nobody."
        ),
    ),
}
STATES: dict[str, Word] = {
    State.READING: (_("being read"), "blue"),
    State.PREVIEW: (_("waiting for you"), "amber"),
    State.RUNNING: (_("under way"), "blue"),
    State.DONE: (_("done"), "green"),
    State.FAILED: (_("failed"), "red"),
    State.CANCELLED: (_("stopped"), ""),
    State.UNDOING: (_("being undone"), "blue"),
    State.UNDONE: (_("undone"), ""),
}
_COUNTS: dict[str, str | Promise] = {
    "found": _("found in the file"),
    "known": _("known here"),
    "new": _("never seen here"),
    "chats": _("chats in the file"),
    "domains": _("domains to block"),
    "allowed": _("domains to allow"),
    "words": _("blocked words"),
    "ended": _("bans that have ended"),
    "repeated": _("named twice"),
    "nameless": _("usernames nobody here has"),
    "unreadable": _("rows nobody could read"),
    "asked": _("bans asked for"),
    "already": _("there already"),
    "protected": _("staff and administrators, left alone"),
    "ended_before": _("bans that had ended, left out"),
    "left_out": _("left out"),
    "listed": _("domains put on the house's list"),
    "stored": _("messages stored"),
    "comings": _("joins and leaves"),
    "people": _("people not known before"),
    "other": _("other notices, left out"),
    "unsigned": _("messages without a sender"),
    "zoneless": _("times without a zone, taken as UTC"),
    "lifted": _("bans to be lifted"),
    "withdrawn": _("bans withdrawn before they happened"),
    "taken_back": _("messages taken back"),
    "kept": _("kept, because they were touched since"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One count of an import."""

    label: str | Promise
    number: int


def figures(one: Import) -> list[Figure]:
    """The counts of an import that are not nought, in the order people read them."""
    return [Figure(label, int(one.counts[key])) for key, label in _COUNTS.items() if one.counts.get(key)]
