"""A batch of raw input becomes one durable commit: messages, verdicts, cases, audit, effects, or quarantine.

Adapters read outside the transaction; inside it everything is raw multi-row SQL. Only what `ingest` returned
may be acknowledged. The same delivery again changes nothing; the same key with another body is put aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import InterfaceError, OperationalError, transaction

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.queries import already_recorded
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.ids import new_id
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.guard import lists, policies
from guildhall.guard.canonical import text_hash
from guildhall.guard.judge import judge
from guildhall.guard.types import Verdict
from guildhall.intake.context import Past, subject_of
from guildhall.people.actions import Known, Sighting, resolve_accounts

_logger = get_logger(__name__)
NO_SPACE = Text("There is no such space here.", "此处没有该群组。")
OTHER_BODY = Text("This id was used before for other words.", "该编号此前已用于其他内容。")
NOT_THE_AUTHOR = Text("Somebody else wrote the message this edits.", "被编辑的消息并非由此人发布。")
UNSTORABLE = Text("It cannot be stored.", "无法存储。")


class Status(StrEnum):
    """What became of one raw. All three are durable and may be acknowledged."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as a platform delivered them. `received_at`: aware UTC."""

    platform: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one raw. `message_id` is ours; `verdict_action` is '' when nothing was judged."""

    status: Status
    message_id: str = ""
    verdict_action: str = ""
    error: Text | None = None


@dataclass(slots=True)
class _Item:
    """One raw on its way through the batch."""

    raw: Raw
    inbound: Inbound | None = None
    hash: str = ""
    space: Space | None = None
    account: Known | None = None
    id: str = ""
    verdict: Verdict | None = None
    outcome: Outcome | None = None
    version: int = 1

    @property
    def key(self) -> tuple[str, str]:
        assert self.space is not None
        assert self.inbound is not None
        return self.space.id, self.inbound.message_id

    def put_aside(self, reason: Text) -> None:
        self.outcome = Outcome(Status.QUARANTINED, error=reason)


@dataclass(slots=True)
class _Batch:
    items: list[_Item]
    now: datetime
    judged: list[guard.Judged] = field(default_factory=list)

    def of(self, *kinds: Kind) -> list[_Item]:
        return [
            i for i in self.items if i.outcome is None and i.inbound is not None and i.inbound.kind in kinds
        ]


def ingest(batch: Sequence[Raw]) -> list[Outcome]:
    """Record a batch in one durable commit and say what became of each, in order.

    Raises Django's database errors when the database refuses; then nothing of the batch was recorded.
    """
    items = [_read(raw) for raw in batch]
    try:
        return _commit(items)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - each goes alone, and is put aside when it fails alone
        # One item the database or a room cannot take must not hold up the others: each goes alone.
        _logger.warning("intake.batch_split", size=len(batch), error=type(error).__name__)
        return [_alone(raw) for raw in batch]


def _alone(raw: Raw) -> Outcome:
    try:
        return _commit([_read(raw)])[0]
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        _logger.exception("intake.put_aside", platform=raw.platform)
        item = _Item(raw)
        item.put_aside(_words(error) if isinstance(error, GuildhallError) else UNSTORABLE)
        return _commit([item])[0]


def _read(raw: Raw) -> _Item:
    item = _Item(raw)
    try:
        item.inbound = registry.get(raw.platform).parse(raw.body)
        item.hash = text_hash(item.inbound.text) if item.inbound.text else ""
    except GuildhallError as error:
        item.put_aside(_words(error))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        _logger.error("intake.adapter_failed", platform=raw.platform, error=type(error).__name__)
        item.put_aside(Text(f"It could not be read ({type(error).__name__}).", "无法读取。"))
    return item


def _words(error: GuildhallError) -> Text:
    message = error.message
    return message if isinstance(message, Text) else Text(message, message)


def _commit(items: list[_Item]) -> list[Outcome]:
    batch = _Batch(items, clock.now())
    with transaction.atomic():
        _find_spaces(batch)
        _find_accounts(batch)
        _messages(batch)
        _edits(batch)
        _comings_and_goings(batch)
        guard.record_verdicts(batch.judged)
        channels.quarantine_many(
            channels.Unread(i.raw.platform, i.raw.body, i.outcome.error or UNSTORABLE, i.raw.received_at)
            for i in items
            if i.outcome is not None and i.outcome.status is Status.QUARANTINED
        )
    return [item.outcome or Outcome(Status.RECORDED) for item in items]


def _find_spaces(batch: _Batch) -> None:
    readable = [(i, i.inbound) for i in batch.items if i.outcome is None and i.inbound is not None]
    spaces = channels.ensure_spaces((x.platform, x.space.external_id, x.space.title) for _, x in readable)
    for item, inbound in readable:
        item.space = spaces.get((inbound.platform, inbound.space.external_id))
        if item.space is None:
            item.put_aside(NO_SPACE)


def _find_accounts(batch: _Batch) -> None:
    known = [(i, i.inbound.sender, i.inbound.platform) for i in batch.items if i.space and i.inbound]
    accounts = resolve_accounts(
        Sighting(platform, s.external_id, s.username, s.display_name, s.is_bot, s.language)
        for _, s, platform in known
    )
    for item, sender, platform in known:
        item.account = accounts[platform, sender.external_id]


def _messages(batch: _Batch) -> None:
    """Judge what is new, then store it; what was stored before is only compared."""
    arrived = batch.of(Kind.MESSAGE)
    _store(batch, arrived)


def _store(batch: _Batch, arrived: list[_Item]) -> None:
    if not arrived:
        return
    for item in arrived:
        item.id = new_id()
    there = already_recorded(item.key for item in arrived)
    fresh = [item for item in arrived if item.key not in there]
    _judge(batch, fresh, is_edit=False)
    recorded = channels.record_messages(
        [
            channels.NewMessage.of(
                i.inbound, id=i.id, space_id=i.space.id, account_id=i.account.id,
                received_at=i.raw.received_at, text_hash=i.hash,
            )
            for i in arrived
            if i.inbound and i.space and i.account
        ]
    )  # fmt: skip
    new = set(recorded.new)
    for item in arrived:
        if item.id in new:
            if item.verdict is None:
                _judge(batch, [item], is_edit=False)
            _note(batch, item)
        elif item.id in recorded.conflicts:
            item.put_aside(OTHER_BODY)
        else:
            item.outcome = Outcome(Status.DUPLICATE, recorded.duplicates.get(item.id, ""))


def _edits(batch: _Batch) -> None:
    edits = batch.of(Kind.EDIT)
    if not edits:
        return
    edited = channels.record_edits(
        [
            channels.EditedMessage.of(
                i.inbound, space_id=i.space.id, account_id=i.account.id, text_hash=i.hash
            )
            for i in edits
            if i.inbound and i.space and i.account
        ]
    )
    changed: list[_Item] = []
    for position, item in enumerate(edits):
        if position in edited.changed:
            item.id, item.version = edited.changed[position]
            changed.append(item)
        elif position in edited.unchanged:
            item.outcome = Outcome(Status.DUPLICATE, edited.unchanged[position])
        elif position in edited.refused:
            item.put_aside(NOT_THE_AUTHOR)
    _judge(batch, changed, is_edit=True)
    for item in changed:
        _note(batch, item)
    _store(batch, [item for item in edits if item.outcome is None])


def _comings_and_goings(batch: _Batch) -> None:
    gone = batch.of(Kind.DELETE)
    if gone:
        channels.record_deletions((item.key for item in gone), at=batch.now)
    for kinds, record in (((Kind.JOIN,), channels.record_joins), ((Kind.LEAVE,), channels.record_leaves)):
        people = batch.of(*kinds)
        if people:
            record(
                (i.space.id, i.account.id, i.inbound.sent_at)
                for i in people
                if i.space and i.account and i.inbound
            )


def _judge(batch: _Batch, items: list[_Item], *, is_edit: bool) -> None:
    """Give each its verdict, in order of arrival; each is part of the past of the next."""
    if not items:
        return
    full = [(i, i.inbound, i.space, i.account) for i in items]
    past = Past(
        ((s.id, a.id) for _, _, s, a in full if s and a), (i.hash for i in items), batch.now, lists.current()
    )
    for item, inbound, space, account in full:
        assert inbound is not None
        assert space is not None
        assert account is not None
        subject = subject_of(inbound, account, space.language, is_edit=is_edit)
        context = past.context(space.id, account.id, item.hash)
        item.verdict = judge(subject, context, policies.active_for(space.id))
        past.count(space.id, account.id, item.hash, inbound.sent_at)


def _note(batch: _Batch, item: _Item) -> None:
    """Have the verdict of a stored message recorded, and say what became of it."""
    assert item.verdict is not None
    assert item.space is not None
    assert item.account is not None
    batch.judged.append(
        guard.Judged(item.id, item.version, item.space.id, item.account.id, item.verdict, batch.now)
    )
    item.outcome = Outcome(Status.RECORDED, item.id, item.verdict.action.value)
