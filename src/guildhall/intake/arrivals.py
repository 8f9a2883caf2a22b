"""Messages and edits of a batch: judged by guard with their sender's past, stored by channels, noted with
their verdicts.

Not everything that is stored is judged: a private talk with one of our bots, what the platform says itself,
and what our own bots say have nobody to be moderated.
"""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.queries import already_recorded, our_bots
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.guard import lists, pictures, policies
from guildhall.guard.judge import judge
from guildhall.guard.models import Suspect
from guildhall.guard.types import Pictured
from guildhall.intake.batch import Arrived, Batch, Outcome, Status
from guildhall.intake.conduct import Conducts
from guildhall.intake.context import Past, subject_of
from guildhall.people.actions import Known

OTHER_BODY = Text("This id was used before for other words.", "该编号此前已用于其他内容。")
NOT_THE_AUTHOR = Text("Somebody else wrote the message this edits.", "被编辑的消息并非由此人发布。")


def messages(batch: Batch) -> None:
    """Judge what is new, then store it; what was stored before is only compared."""
    _store(batch, batch.arrived(Kind.MESSAGE))


def edits(batch: Batch) -> None:
    """Give messages their new wording and judge it; an edit of a message never seen is stored as one."""
    given = batch.arrived(Kind.EDIT)
    if not given:
        return
    edited = channels.record_edits(
        [
            channels.EditedMessage.of(
                a.inbound, space_id=a.space.id, account_id=a.account.id, text_hash=a.item.hash
            )
            for a in given
        ]
    )
    changed: list[Arrived] = []
    for position, one in enumerate(given):
        if position in edited.changed:
            one.item.id, one.item.version = edited.changed[position]
            changed.append(one)
        elif position in edited.unchanged:
            one.item.outcome = Outcome(Status.DUPLICATE, edited.unchanged[position])
        elif position in edited.refused:
            one.item.put_aside(NOT_THE_AUTHOR)
    _judge(batch, changed, is_edit=True)
    for one in changed:
        _note(batch, one)
    _store(batch, [one for one in given if one.item.outcome is None])


def _store(batch: Batch, arrived: list[Arrived]) -> None:
    if not arrived:
        return
    for one in arrived:
        one.item.id = new_id()
    there = already_recorded(one.key for one in arrived)
    _judge(batch, [one for one in arrived if one.key not in there], is_edit=False)
    recorded = channels.record_messages(
        [
            channels.NewMessage.of(
                a.inbound, id=a.item.id, space_id=a.space.id, account_id=a.account.id,
                received_at=a.item.raw.received_at, text_hash=a.item.hash,
            )
            for a in arrived
        ]
    )  # fmt: skip
    new = set(recorded.new)
    for one in arrived:
        item = one.item
        if item.id in new:
            item.is_new = True
            if item.verdict is None and one.key in there:
                _judge(batch, [one], is_edit=False)
            _note(batch, one)
        elif item.id in recorded.conflicts:
            item.put_aside(OTHER_BODY)
        else:
            item.outcome = Outcome(Status.DUPLICATE, recorded.duplicates.get(item.id, ""))


def _judge(batch: Batch, arrived: Sequence[Arrived], *, is_edit: bool) -> None:
    """Give each its verdict, in order of arrival; each is part of the past of the next."""
    judged = _to_be_judged(arrived)
    if not judged:
        return
    shown = _pictures(judged, batch)
    past = Past(
        ((a.space.id, a.account.id) for a in judged),
        (a.item.hash for a in judged),
        batch.now,
        lists.current(),
    )
    conducts = Conducts(judged, past, batch.now, is_edit=is_edit)
    subjects = [
        pictures.beside(
            subject_of(
                one.inbound,
                one.account,
                one.space.language,
                is_edit=is_edit,
                is_staff=one.account.is_staff
                or speaks_for_the_space(one.inbound)
                or past.is_admin(one.space.id, one.account.id),
            ),
            shown.get(one.item.id, ()),
        )
        for one in judged
    ]
    past.expect([subject.text for subject in subjects if not subject.sender_is_staff])
    for one, subject in zip(judged, subjects, strict=True):
        pair = one.space.id, one.account.id
        context = past.context(*pair, one.item.hash, one.space.language)
        subject, context = conducts.beside(one, subject, context)
        one.item.verdict = judge(subject, context, policies.active_for(one.space.id))
        conducts.count(one, subject, context, one.item.verdict)
        if not subject.sender_is_staff and not context.sender.messages_seen:
            batch.strangers.append(seen(one.space, one.account, guard.Occasion.MESSAGE))
        past.count(*pair, one.item.hash, one.inbound.sent_at)


def seen(space: Space, who: Known, occasion: Suspect.Occasion) -> guard.Seen:
    """Somebody as the guard looks at people."""
    return guard.Seen(
        space.id,
        space.platform,
        space.receiver,
        who.id,
        who.external_id,
        who.display_name,
        who.username,
        occasion,
    )


def speaks_for_the_space(inbound: Inbound) -> bool:
    """Whether the platform itself says that this is an administrator, perhaps under the space's name."""
    return inbound.sender.is_admin or inbound.sender.is_anonymous or inbound.space.kind == "channel"


def _pictures(judged: Sequence[Arrived], batch: Batch) -> dict[str, tuple[Pictured, ...]]:
    """What is known already of the pictures these messages show."""
    keys = {
        one.item.id: [
            pictures.key(one.inbound.platform, x.hash) for x in one.inbound.media if pictures.is_picture(x)
        ]
        for one in judged
        if one.inbound.media
    }
    known = pictures.known((key for some in keys.values() for key in some), batch.now)
    return {
        message_id: tuple(known[key] for key in some if key in known)
        for message_id, some in keys.items()
        if known
    }


def _to_be_judged(arrived: Sequence[Arrived]) -> list[Arrived]:
    people = [a for a in arrived if a.space.kind != "private" and not a.inbound.is_automatic]
    bots = {(a.inbound.platform, a.account.external_id) for a in people if a.account.is_bot}
    ours = our_bots(bots) if bots else set()
    return [a for a in people if (a.inbound.platform, a.account.external_id) not in ours]


def _note(batch: Batch, one: Arrived) -> None:
    """Have the verdict of a stored message recorded, and say what became of it."""
    item = one.item
    if item.verdict is None:
        item.outcome = Outcome(Status.RECORDED, item.id)
        return
    if item.is_new and one.inbound.media:
        batch.shown.append(
            guard.Showing(
                item.id,
                one.account.id,
                one.inbound.platform,
                one.space.receiver,
                one.inbound.media,
                batch.now,
            )
        )
    if item.trace is not None:
        batch.traces.append(item.trace)
    batch.judged.append(
        guard.Judged(item.id, item.version, one.space.id, one.account.id, item.verdict, batch.now)
    )
    item.outcome = Outcome(Status.RECORDED, item.id, item.verdict.action.value)
