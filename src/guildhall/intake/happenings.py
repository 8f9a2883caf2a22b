"""What a batch brings beside messages: people coming, going and changing, reactions, polls, titles, topics.

Each is handed to the writer of channels that knows how it stands now; nothing here is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from guildhall.channels import actions as channels
from guildhall.channels.port import Inbound, Kind, MemberChange, MemberState
from guildhall.guard import actions as guard
from guildhall.intake.arrivals import seen
from guildhall.intake.batch import Batch
from guildhall.people.actions import Known


def record(batch: Batch) -> None:
    """Record everything in the batch that is no message and no edit."""
    _deletions(batch)
    _joins(batch)
    _leaves(batch)
    _standings(batch)
    _requests(batch)
    guard.note_arrivals(list(_arrivals(batch)))
    _reactions(batch)
    _polls(batch)
    _titles_and_topics(batch)


def _deletions(batch: Batch) -> None:
    gone = batch.of(Kind.DELETE)
    if gone:
        channels.record_deletions(
            ((space.id, one) for _, x, space in gone for one in x.message_ids or (x.message_id,)),
            at=batch.now,
        )


def _joins(batch: Batch) -> None:
    came = [
        (space.id, who.id, x.sent_at, change.invite if change else "")
        for _, x, space in batch.of(Kind.JOIN)
        for who, change in _people(batch, x)
    ]
    if came:
        channels.record_joins(came)
    guard.look_at_people(list(_strangers(batch)), at=batch.now)
    guard.note_invites(_brought(batch))


def _brought(batch: Batch) -> Iterator[tuple[str, str, datetime]]:
    """Who brought somebody else in."""
    for _, x, space in batch.of(Kind.JOIN):
        for change in x.members:
            by = change.by or x.sender.external_id
            inviter = batch.accounts.get((x.platform, by))
            if by != change.account.external_id and inviter is not None and not inviter.is_bot:
                yield space.id, inviter.id, x.sent_at


def _arrivals(batch: Batch) -> Iterator[guard.Came]:
    """Everybody who came or asks to be let in, as raids are told by."""
    for _, x, space in batch.of(Kind.JOIN, Kind.JOIN_REQUEST):
        for who, _change in _people(batch, x):
            if not who.is_staff and space.kind != "private":
                yield guard.Came(
                    space.id,
                    space.platform,
                    who.id,
                    who.external_id,
                    who.display_name,
                    who.username,
                    x.sent_at,
                    x.kind is Kind.JOIN_REQUEST,
                )


def _strangers(batch: Batch) -> Iterator[guard.Seen]:
    """Who came or asks to come in, but for our own people and bots."""
    for _, x, space in batch.of(Kind.JOIN, Kind.JOIN_REQUEST):
        for who, _change in _people(batch, x):
            if not who.is_staff and not who.is_bot:
                yield seen(space, who, guard.Occasion.JOIN)


def _leaves(batch: Batch) -> None:
    left = [
        (space.id, who.id, x.sent_at)
        for _, x, space in batch.of(Kind.LEAVE)
        for who, _change in _people(batch, x)
    ]
    if left:
        channels.record_leaves(left)


def _standings(batch: Batch) -> None:
    """What the platform says somebody is. A bare notice of coming or going does not say it: who was
    restricted before comes back restricted.
    """
    told = [
        channels.Standing(space.id, who.id, change.after, x.sent_at, change.until, change.may_restrict)
        for _, x, space in batch.of(Kind.JOIN, Kind.LEAVE, Kind.MEMBER_UPDATE)
        for who, change in _people(batch, x)
        if change is not None and (x.kind is Kind.MEMBER_UPDATE or _says_state(change))
    ]
    if told:
        channels.record_standings(told)


def _says_state(change: MemberChange) -> bool:
    return change.before is not None or change.after not in (MemberState.MEMBER, MemberState.LEFT)


def _requests(batch: Batch) -> None:
    asked = [
        channels.Asked(space.id, who.id, x.sent_at, change.invite if change else "", x.text)
        for _, x, space in batch.of(Kind.JOIN_REQUEST)
        for who, change in _people(batch, x)
    ]
    if asked:
        channels.record_join_requests(asked)


def _reactions(batch: Batch) -> None:
    reacted = []
    steps = []
    given: list[tuple[str, str, datetime]] = []
    for item, x, space in batch.of(Kind.REACTION):
        if x.reaction_counts is not None:
            reacted.append(channels.Reacted(space.id, x.message_id, None, x.reaction_counts, x.sent_at))
        elif x.change:
            who = item.account.id if item.account is not None else None
            steps.append(channels.ReactedStep(space.id, x.message_id, who, x.reactions, x.sent_at, x.change))
            if x.change > 0 and item.account is not None and not item.account.is_bot:
                given.append((space.id, item.account.id, x.sent_at))
        elif item.account is not None:
            reacted.append(channels.Reacted(space.id, x.message_id, item.account.id, x.reactions, x.sent_at))
            if x.reactions and not item.account.is_bot:
                given.append((space.id, item.account.id, x.sent_at))
    if reacted:
        channels.record_reactions(reacted)
    if steps:
        channels.step_reactions(steps)
    if given:
        guard.note_reactions(given)


def _polls(batch: Batch) -> None:
    """A poll in a message is kept with it; a tally may come without saying where the poll stands."""
    polled = [
        channels.Polled(item.raw.platform, item.inbound.poll, item.inbound.sent_at, item.id)
        for item in batch.items
        if item.is_new and item.inbound is not None and item.inbound.poll is not None and item.inbound.poll.id
    ]
    polled += [
        channels.Polled(x.platform, x.poll, x.sent_at, change=x.change)
        for _, x in batch.open()
        if x.kind is Kind.POLL and x.poll is not None and x.poll.id
    ]
    if polled:
        channels.record_polls(polled)


def _titles_and_topics(batch: Batch) -> None:
    told = batch.of(Kind.SPACE_UPDATE)
    for _, x, space in told:
        channels.retitle_space(space, x.space.title)
    channels.record_topics(
        channels.TopicSeen(space.id, x.topic.id, x.topic.name, x.topic.is_closed)
        for _, x, space in told
        if x.topic is not None
    )


def _people(batch: Batch, inbound: Inbound) -> Iterator[tuple[Known, MemberChange | None]]:
    """Whom an event is about: those it names, else its sender."""
    if not inbound.members:
        who = batch.account_of(inbound, inbound.sender)
        if who is not None:
            yield who, None
    for change in inbound.members:
        who = batch.account_of(inbound, change.account)
        if who is not None:
            yield who, change
