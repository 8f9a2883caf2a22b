"""What the guard is told about a message beside its text: the sender's past here and copies elsewhere.

One `Past` serves one batch: it reads what is stored once, then counts each message of the batch as it is
judged, so that a flood inside a single batch is seen as one. Builds values only; `guard.judge` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from guildhall.channels.port import Inbound, MemberState
from guildhall.channels.queries import copies, histories
from guildhall.channels.text import all_words
from guildhall.guard import measured, models_in_force, outside, pictures
from guildhall.guard.canonical import canonical
from guildhall.guard.types import Context, Copies, Link, Lists, Scorer, SenderHistory, Subject
from guildhall.people.actions import Known

RECENT = timedelta(minutes=10)
SPREAD = timedelta(hours=24)
_MOST_RECENT = 20
_WORTH_TOGETHER = 8
_ADMIN_STATES = (MemberState.ADMIN.value, MemberState.OWNER.value)
Pair = tuple[str, str]


class Past:
    """The past of a batch's senders and texts, growing with every message judged."""

    def __init__(self, pairs: Iterable[Pair], hashes: Iterable[str], now: datetime, lists: Lists) -> None:
        self._now, self._lists = now, lists
        self._scorer: Scorer | None = models_in_force.current()
        self._measured = measured.current()
        pairs = list(pairs)
        found = histories(pairs, now - RECENT)
        self._admins = {pair for pair, past in found.items() if past.state in _ADMIN_STATES}
        self._senders = {
            pair: SenderHistory(
                first_seen=past.first_message_at,
                joined_at=past.joined_at,
                messages_seen=past.message_count,
                strikes=past.strikes,
                last_strike_at=past.last_strike_at,
                recent=past.recent,
                last_seen=past.last_message_at,
            )
            for pair, past in found.items()
        }
        named = outside.named((account for _, account in pairs), lists)
        for pair in pairs if named else ():
            if pair[1] in named:
                known = self._senders.get(pair, SenderHistory())
                self._senders[pair] = replace(known, listed_by=named[pair[1]])
        copying = pictures.likenesses(account for _, account in pairs)
        for pair in pairs:
            if pair[1] in copying:
                known = self._senders.get(pair, SenderHistory())
                self._senders[pair] = replace(known, looks_like=copying[pair[1]])
        self._spread = {text: list(spread.seen) for text, spread in copies(hashes, now - SPREAD).items()}

    def expect(self, texts: Sequence[str]) -> None:
        """Say which texts will be judged, so that the model scores them together, at half the cost."""
        if self._scorer is not None and len(texts) >= _WORTH_TOGETHER:
            self._scorer = models_in_force.prepared(self._scorer, [canonical(text).text for text in texts])

    def sender(self, space_id: str, account_id: str) -> SenderHistory:
        """The past of a sender up to the last message counted."""
        return self._senders.get((space_id, account_id), SenderHistory())

    def is_admin(self, space_id: str, account_id: str) -> bool:
        """Whether the sender runs this space on the platform."""
        return (space_id, account_id) in self._admins

    def context(self, space_id: str, account_id: str, text_hash: str, language: str = "") -> Context:
        """What to judge a message of this sender and text with."""
        others = [pair for pair in self._spread.get(text_hash, ()) if pair[0] != account_id]
        accounts, spaces = {account for account, _ in others}, {space for _, space in others}
        return Context(
            now=self._now,
            sender=self._senders.get((space_id, account_id), SenderHistory()),
            copies=Copies(len(accounts), len(spaces), len(others)),
            lists=self._lists,
            scorer=self._scorer,
            measured=self._measured.at(space_id, language),
        )

    def count(self, space_id: str, account_id: str, text_hash: str, sent_at: datetime) -> None:
        """A message was judged: the next ones of this batch come after it."""
        before = self._senders.get((space_id, account_id), SenderHistory())
        self._senders[space_id, account_id] = replace(
            before,
            first_seen=before.first_seen or sent_at,
            messages_seen=before.messages_seen + 1,
            recent=(*before.recent[1 - _MOST_RECENT :], (sent_at, text_hash)),
            last_seen=sent_at,
        )
        if text_hash:
            self._spread.setdefault(text_hash, []).append((account_id, space_id))


def subject_of(
    inbound: Inbound, account: Known, space_language: str, *, is_edit: bool, is_staff: bool
) -> Subject:
    """An inbound message as the judge sees it. `is_staff`: our staff, or an administrator of the space."""
    quote = inbound.quote
    return Subject(
        text=all_words(
            inbound.text,
            [one.text for one in inbound.media],
            quote.text if quote is not None and quote.external_space else "",
        ),
        links=tuple(Link(x.url, x.text, x.kind.value, x.start, x.end) for x in inbound.links),
        sender_name=account.display_name,
        sender_username=account.username,
        sender_is_staff=is_staff,
        sender_is_bot=account.is_bot,
        sender_is_channel=inbound.sender.on_behalf_of is not None,
        is_via_bot=bool(inbound.via_bot),
        is_edit=is_edit,
        is_forward=bool(inbound.forwarded_from),
        is_reply=bool(inbound.reply_to),
        media=tuple(media.kind.value for media in inbound.media),
        space_language=space_language,
        sent_at=inbound.sent_at,
    )
