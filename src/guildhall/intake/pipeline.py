"""A batch of raw input becomes one durable commit: messages, verdicts, cases, audit, effects, or quarantine.

Adapters read outside the transaction; inside it everything is raw multi-row SQL. Only what `ingest` returned
may be acknowledged. The same delivery again changes nothing; the same key with another body is put aside.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import InterfaceError, OperationalError, transaction

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.port import Kind
from guildhall.channels.queries import already_recorded
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.guard.canonical import text_hash
from guildhall.intake import (
    arrivals,
    at_the_counter,
    at_the_entrance,
    at_the_gate,
    commands,
    happenings,
    places,
)
from guildhall.intake.batch import UNSTORABLE, Batch, Item, Outcome, Raw, Status

__all__ = ["Outcome", "Raw", "Status", "ingest"]
_logger = get_logger(__name__)


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
        item = Item(raw)
        item.put_aside(_words(error) if isinstance(error, GuildhallError) else UNSTORABLE)
        return _commit([item])[0]


def _read(raw: Raw) -> Item:
    item = Item(raw)
    try:
        inbound = item.inbound = registry.get(raw.platform).parse(raw.body)
        item.hash = text_hash(inbound.text) if inbound.text else ""
        item.key = channels.delivery_key(raw.platform, inbound.receiver, inbound.delivery_id)
    except GuildhallError as error:
        item.put_aside(_words(error))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        _logger.error("intake.adapter_failed", platform=raw.platform, error=type(error).__name__)
        item.put_aside(Text(f"It could not be read ({type(error).__name__}).", "无法读取。"))
    return item


def _words(error: GuildhallError) -> Text:
    message = error.message
    return message if isinstance(message, Text) else Text(message, message)


def _commit(items: list[Item]) -> list[Outcome]:
    batch = Batch(items, clock.now())
    with transaction.atomic():
        places.pass_over_repeated(batch)
        places.find_spaces(batch)
        places.find_accounts(batch)
        arrivals.messages(batch)
        arrivals.edits(batch)
        happenings.record(batch)
        withheld = at_the_gate.meet(batch)
        on_trial = at_the_gate.on_trial(batch)
        guard.record_verdicts(batch.judged)
        guard.record_traces(batch.traces)
        at_the_gate.count(batch, on_trial, withheld)
        guard.note_pictures(batch.shown)
        guard.look_at_people(batch.strangers, at=batch.now)
        _tell(batch)
        at_the_entrance.meet(batch)
        taken = commands.hear(_heard(batch))
        at_the_counter.meet(batch, {*taken, *withheld})
        _put_aside(batch)
    return [item.outcome or Outcome(Status.RECORDED) for item in items]


def _tell(batch: Batch) -> None:
    """Let each platform's own room keep what only that platform has."""
    for platform in {item.raw.platform for item in batch.items}:
        registry.tell(
            platform,
            [
                (item.inbound, item.space)
                for item in batch.items
                if item.raw.platform == platform
                and item.inbound is not None
                and item.space is not None
                and (item.outcome is None or item.outcome.status is Status.RECORDED)
            ],
        )
        registry.pass_hints(
            platform,
            [
                item.inbound
                for item in batch.items
                if item.raw.platform == platform
                and item.inbound is not None
                and not item.inbound.space.external_id
                and item.outcome is None
            ],
        )


def _heard(batch: Batch) -> list[commands.Heard]:
    """New messages that may ask something of us, and pressed buttons."""
    pressed = [one for one in batch.arrived(Kind.CALLBACK) if one.inbound.callback is not None]
    under = already_recorded(one.key for one in pressed) if pressed else {}
    return [
        commands.Heard(item.inbound, item.space, item.account, item.id)
        for item in batch.items
        if item.is_new
        and item.inbound is not None
        and item.space is not None
        and item.account is not None
        and (item.space.kind == "private" or commands.is_command(item.inbound))
    ] + [commands.Heard(one.inbound, one.space, one.account, under.get(one.key, "")) for one in pressed]


def _put_aside(batch: Batch) -> None:
    """Keep whole what could not be taken. It may come again, so its delivery is not remembered."""
    aside = [
        (item, item.outcome.error or UNSTORABLE)
        for item in batch.items
        if item.outcome is not None and item.outcome.status is Status.QUARANTINED
    ]
    channels.quarantine_many(
        channels.Unread(item.raw.platform, item.raw.body, error, item.raw.received_at)
        for item, error in aside
    )
    channels.forget_deliveries([item.key for item, _ in aside if item.key])
