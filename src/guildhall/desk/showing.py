"""How persons and texts of tickets are shown to one reader: as they are, or masked for a vendor.

Pages, API, search and exports ask `for_reader(staff)` once and show everything through what it returns. What
may be read at all is decided in `desk.scope`; how a text is masked in `desk.masking`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guildhall.core.text import Text
from guildhall.desk import masking, scope
from guildhall.desk.models import Attachment, Entry, Ticket
from guildhall.people import masking as people_masking
from guildhall.people.masking import ERASED, NAMELESS, Identity
from guildhall.people.models import Account, Member, Rename, Staff

COLLEAGUE = Text("A colleague", "同事")
PICTURE = Text("file", "文件")


@dataclass(frozen=True)
class Showing:
    """The eyes of one reader. `masked`: names, ids and personal data inside texts are hidden from them."""

    staff: Staff | None
    masked: bool
    own: frozenset[int] = frozenset()
    """The people of the reader's own vendor; empty when nothing is masked."""
    _names: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    def identity(self, ticket: Ticket) -> Identity:
        """Who asked. `masked` when names are cut; a vendor gets no usernames and no ids at all."""
        handle = people_masking.short_id(ticket.member_id or ticket.pk)
        account, member = ticket.account, ticket.member
        if member is not None and member.erased_at is not None:
            return Identity(str(ERASED), handle, (), (), True)
        name = _name_of(account, member)
        if self.masked or not self._sees_identity():
            return Identity(people_masking.mask_name(name) or f"{NAMELESS} {handle}", handle, (), (), True)
        usernames = (account.username,) if account is not None and account.username else ()
        ids = (account.external_id,) if account is not None else ()
        return Identity(name or f"{NAMELESS} {handle}", handle, usernames, ids, False)

    def asker(self, ticket: Ticket) -> str:
        """The name of who asked, in one word or two."""
        return self.identity(ticket).name

    def text(self, text: str, *tickets: Ticket | None) -> str:
        """A text as this reader may see it; `tickets` say whose names and ids are known to stand in it."""
        if not self.masked or not text:
            return text
        return masking.masked(text, [name for one in tickets if one is not None for name in self.names(one)])

    def texts(self, texts: Iterable[str], ticket: Ticket | None = None) -> list[str]:
        """Several texts of one ticket."""
        return [self.text(text, ticket) for text in texts]

    def subject(self, ticket: Ticket) -> str:
        """The ticket's subject."""
        return self.text(ticket.subject, ticket)

    def values(self, values: Mapping[str, Any], ticket: Ticket | None = None) -> dict[str, Any]:
        """Fields of a ticket: short words and choices stay, accounts and numbers are cut."""
        if not self.masked:
            return dict(values)
        return {key: self._value(value, ticket) for key, value in values.items()}

    def external_id(self, value: str) -> str:
        """A UID, a platform's id, a reference of another system."""
        return people_masking.mask_external_id(value) if self.masked and value else value

    def colleague(self, staff: Staff | None) -> str:
        """The name of one of ours: a vendor knows its own people by name and the others as colleagues."""
        if staff is None:
            return ""
        return staff.name if not self.masked or staff.pk in self.own else str(COLLEAGUE)

    def actor(self, actor: str, name: str) -> str:
        """The name an actor of audit (`staff:7`) is shown by, given the name they have."""
        kind, _colon, key = actor.partition(":")
        if not self.masked or kind == "system":
            return name
        return name if kind == "staff" and key.isdecimal() and int(key) in self.own else str(COLLEAGUE)

    def may_open(self, attachment: Attachment) -> bool:
        """Whether a file may be opened. A picture cannot be masked, so a vendor opens only its own files."""
        return not self.masked or self._wrote(attachment.entry)

    def file_name(self, attachment: Attachment) -> str:
        """What a file is called: its name may say who somebody is."""
        if not self.masked or self._wrote(attachment.entry):
            return attachment.name
        return f"{PICTURE} ({attachment.mime})"

    def may_search(self, words: str) -> bool:
        """Whether these words may be searched for: a hit for an address or number would tell whose it is."""
        return not self.masked or not masking.tells(words)

    def names(self, ticket: Ticket) -> tuple[str, ...]:
        """Names, usernames and ids of the person behind a ticket, of every account they have and had."""
        if ticket.pk not in self._names:
            self._names.update(_known_names([ticket]))
        return self._names[ticket.pk]

    def get_to_know(self, tickets: Sequence[Ticket]) -> None:
        """Read the names behind many tickets at once; a list that shows their texts asks this first."""
        if self.masked and tickets:
            self._names.update(_known_names(tickets))

    def _value(self, value: Any, ticket: Ticket | None) -> Any:
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, Mapping):
            return self.values(value, ticket)
        if isinstance(value, list | tuple):
            return [self._value(one, ticket) for one in value]
        return self.text(str(value), ticket) if not isinstance(value, int) or value >= 10**5 else value

    def _wrote(self, entry: Entry) -> bool:
        return entry.author_id is not None and entry.author_id in self.own

    def _sees_identity(self) -> bool:
        return self.staff is not None and self.staff.may("members.identity")


def for_reader(staff: Staff | None) -> Showing:
    """How `staff` sees tickets; None (nobody known) sees as little as a vendor."""
    if staff is None or not scope.is_outsourced(staff):
        return Showing(staff, staff is None)
    return Showing(staff, True, frozenset(scope.colleagues_of(staff).values_list("pk", flat=True)))


def _name_of(account: Account | None, member: Member | None) -> str:
    found = (
        account.display_name if account else "",
        member.display_name if member else "",
        account.username if account else "",
    )
    return next((name for name in found if name), "")


def _known_names(tickets: Sequence[Ticket]) -> dict[str, tuple[str, ...]]:
    """By ticket, every name of the person behind it."""
    accounts: dict[str, Account] = {one.account.pk: one.account for one in tickets if one.account is not None}
    members = {one.member_id for one in tickets if one.member_id is not None}
    accounts |= {one.pk: one for one in Account.objects.filter(member_id__in=members)}
    of_account: dict[str, set[str]] = {
        one.pk: {one.username, one.display_name, one.external_id} for one in accounts.values()
    }
    for old in Rename.objects.filter(account__in=list(accounts)):
        of_account[old.account_id].update(
            (old.old_username, old.old_display_name, old.new_username, old.new_display_name)
        )
    of_member: dict[str, set[str]] = {}
    for one in accounts.values():
        of_member.setdefault(one.member_id, set()).update(of_account[one.pk])
    found = {}
    for ticket in tickets:
        names = set(of_account.get(ticket.account_id or "", ()))
        names |= of_member.get(ticket.member_id or "", set())
        names.add(ticket.member.display_name if ticket.member is not None else "")
        found[ticket.pk] = tuple(sorted(name for name in names if name))
    return found
