"""What goes through intake together: each raw with all that is known of it so far, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind, Platform, SenderRef
from guildhall.core.text import Text
from guildhall.guard.actions import Judged, Seen, Showing, Trace
from guildhall.guard.types import Verdict
from guildhall.people.actions import Known

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


DUPLICATE = Outcome(Status.DUPLICATE)


@dataclass(slots=True)
class Item:
    """One raw on its way through the batch. `id` is ours of the message it brings, edits or presses."""

    raw: Raw
    inbound: Inbound | None = None
    hash: str = ""
    key: str = ""
    space: Space | None = None
    account: Known | None = None
    id: str = ""
    verdict: Verdict | None = None
    trace: Trace | None = None
    outcome: Outcome | None = None
    version: int = 1
    is_new: bool = False

    def put_aside(self, reason: Text) -> None:
        self.outcome = Outcome(Status.QUARANTINED, error=reason)


@dataclass(frozen=True, slots=True)
class Arrived:
    """An item whose space and sender are known."""

    item: Item
    inbound: Inbound
    space: Space
    account: Known

    @property
    def key(self) -> tuple[str, str]:
        return self.space.id, self.inbound.message_id


@dataclass(slots=True)
class Batch:
    """Items in order of arrival, the accounts their events name, and the verdicts to be recorded."""

    items: list[Item]
    now: datetime
    accounts: dict[tuple[Platform, str], Known] = field(default_factory=dict)
    judged: list[Judged] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    shown: list[Showing] = field(default_factory=list)
    strangers: list[Seen] = field(default_factory=list)
    """Who wrote in a space for the first time."""

    def open(self) -> Iterator[tuple[Item, Inbound]]:
        """Everything readable that nothing has become of yet."""
        for item in self.items:
            if item.outcome is None and item.inbound is not None:
                yield item, item.inbound

    def of(self, *kinds: Kind) -> list[tuple[Item, Inbound, Space]]:
        """What is still open of these kinds and happened in a space."""
        return [(i, x, i.space) for i, x in self.open() if x.kind in kinds and i.space is not None]

    def arrived(self, kind: Kind) -> list[Arrived]:
        """What is still open of this kind, with its sender."""
        return [Arrived(i, x, s, i.account) for i, x, s in self.of(kind) if i.account is not None]

    def account_of(self, inbound: Inbound, ref: SenderRef) -> Known | None:
        """The account an event names."""
        return self.accounts.get((inbound.platform, ref.external_id))
