"""Places in words that are said often: {member}, {number}, {field.txid}. They are filled in the language the
words are in; what is not known stays as it is, so that whoever writes sees it.

A vendor's agent is not told who somebody is, so {member} stays a place in what they write and is filled by
the house when the answer is taken in; they read it masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from guildhall.core.text import Text
from guildhall.desk.fields import Kind, fields_of
from guildhall.desk.models import Macro, Ticket
from guildhall.desk.scope import is_outsourced
from guildhall.people.models import Staff

PLACES: dict[str, Text] = {
    "member": Text("the member's name", "成员名称"),
    "agent": Text("your name", "您的名字"),
    "number": Text("the ticket's number", "工单编号"),
    "subject": Text("its subject", "主题"),
    "category": Text("its category", "分类"),
    "space": Text("where it was asked", "提问所在群组"),
    "field.…": Text("what a field of the category holds, by its key", "分类字段的内容，按字段标识"),
}
FRIEND = Text("there", "您")
_PLACE = re.compile(r"\{\s*(member|agent|number|subject|category|space|field\.[a-z0-9_]{1,30})\s*\}")
_PERSONAL = frozenset({"member"})


def fill(macro: Macro, ticket: Ticket, staff: Staff, language: str = "") -> str:
    """The words of a macro for a ticket, in a language ('': the asker's), as `staff` may see them.

    Falls back to the other language where only one was written.
    """
    language = language or ticket.language
    said = Text.from_json({"en": "", "zh": "", **macro.text})
    words = said.for_language(language) or said.en or said.zh
    known = _known(ticket, staff, language)
    if is_outsourced(staff):
        known = {key: value for key, value in known.items() if key not in _hidden(ticket)}
    return _filled(words, known)


def finish(words: str, ticket: Ticket, staff: Staff | None, language: str = "") -> str:
    """Words with every place filled that the house can fill; for what is about to be said."""
    return _filled(words, _known(ticket, staff, language or ticket.language))


def left_in(words: str) -> list[str]:
    """The places that are still in some words, in order."""
    return [match[0] for match in _PLACE.finditer(words)]


def unknown_in(words: str) -> list[str]:
    """What looks like a place and is none: `{membr}`."""
    return [one for one in re.findall(r"\{\s*[a-z][a-z_.0-9]{0,40}\s*\}", words) if not _PLACE.fullmatch(one)]


def _filled(words: str, known: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: known.get(match[1]) or match[0], words)


def _known(ticket: Ticket, staff: Staff | None, language: str) -> dict[str, str]:
    known = {f"field.{key}": str(value) for key, value in ticket.fields.items()}
    known |= {"number": f"#{ticket.number}", "subject": ticket.subject}
    known["member"] = _name(ticket) or FRIEND.for_language(language)
    if staff is not None:
        known["agent"] = staff.name
    if ticket.category is not None:
        known["category"] = ticket.category.called.for_language(language)
    if ticket.space is not None and ticket.space.kind != "private":
        known["space"] = ticket.space.name
    return known


def _name(ticket: Ticket) -> str:
    account, member = ticket.account, ticket.member
    if member is not None and member.erased_at is not None:
        return ""
    return (account.display_name if account else "") or (member.display_name if member else "")


def _hidden(ticket: Ticket) -> frozenset[str]:
    """The places a vendor's agent is not shown filled."""
    fields = fields_of(ticket.category.fields) if ticket.category else ()
    named = {f"field.{one.key}" for one in fields if one.kind in (Kind.UID, Kind.TXID, Kind.TEXT)}
    return _PERSONAL | {"subject"} | named
