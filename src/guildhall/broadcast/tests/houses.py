"""What the broadcast tests share: spaces on a platform that records what it is told, and a broadcast for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from guildhall.broadcast import actions
from guildhall.broadcast.audience import Audience, parse_audience
from guildhall.broadcast.content import parse_content
from guildhall.broadcast.models import Broadcast, Delivery, Run
from guildhall.broadcast.timing import Schedule
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Inbound, Limits, Receipt, Refs, Verb
from guildhall.compliance.acts import Act as Deed
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.testing import drain
from guildhall.effects.types import Mode

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
BY = "staff:1"
TEXTS = {"en": "XYZ is delisted on Friday.", "zh-hans": "XYZ 将于周五下架。"}


@dataclass
class Wire:
    """A platform that keeps what it was told, and answers as a test wants."""

    platform: str = "wire"
    name: Text = Text("Wire", "专线")
    limits: Limits = Limits(text=500, buttons=4, media=2)
    shows_at_once: bool = True
    once: bool = True
    answers: dict[str, Callable[[], Receipt]] = field(default_factory=dict)
    """What happens instead, by the space's platform id."""
    told: list[tuple[Act, Refs]] = field(default_factory=list)
    cannot: frozenset[Verb] = frozenset()
    rates: tuple[str, ...] = ()

    @property
    def capabilities(self) -> Mapping[Verb, Any]:
        from guildhall.channels.capabilities import declare, no

        reason = no(Text("Not on a wire.", "专线不支持。"), Text("Call them.", "请致电告知。"))
        return declare(set(Verb) - self.cannot, dict.fromkeys(self.cannot, reason))

    def mode(self, verb: Verb) -> Mode:
        return Mode.ONCE if verb is Verb.SEND and self.once else Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        return self.rates

    def parse(self, raw: bytes) -> Inbound:
        raise BadInput("nothing comes in by wire")

    def check(self, act: Act, refs: Refs) -> None:
        if refs.space_external_id.startswith("closed"):
            raise BadInput(Text("This end is closed.", "该线路已关闭。"))

    def perform(self, act: Act, refs: Refs) -> Receipt:
        answer = self.answers.get(refs.space_external_id)
        if answer is not None:
            return answer()
        self.told.append((act, refs))
        return Receipt(f"m{len(self.told)}")

    def said(self, verb: Verb = Verb.SEND) -> dict[str, str]:
        """Words by the platform id of where they were said."""
        return {refs.space_external_id: act.text for act, refs in self.told if act.verb is verb}


@contextmanager
def wire(**options: Any) -> Iterator[Wire]:
    """A registered wire."""
    one = Wire(**options)
    registry.register(one)
    try:
        yield one
    finally:
        registry._adapters.pop(one.platform, None)


def space(number: int | str, platform: str = "wire", **columns: Any) -> Space:
    """A space where things can be announced."""
    made = {"language": "en", "region": "SG", "name": f"Group {number}", **columns}
    return Space.objects.create(
        id=new_id(), platform=platform, external_id=str(number), slug=f"{platform}-{number}".lower(), **made
    )


def spaces(count: int, **columns: Any) -> list[Space]:
    return [space(number, **columns) for number in range(count)]


def write(
    audience: Audience | Mapping[str, Any] | None = None,
    *,
    texts: Mapping[str, str] | None = None,
    schedule: Schedule | None = None,
    act: Deed = Deed.SERVICE,
    name: str = "Delisting of XYZ",
    **content: Any,
) -> Broadcast:
    """A draft for everybody."""
    whom = audience if isinstance(audience, Audience) else parse_audience(audience or {"everyone": True})
    said = parse_content({"texts": texts or TEXTS, "fallback": "en", **content})
    return actions.create(name, actions.Written(act, said, whom, schedule or Schedule()), BY)


def send(one: Broadcast) -> Run:
    """Submit it and go through its first turn."""
    actions.submit(one.id, BY, one.version)
    drain()
    return Run.objects.get(broadcast=one)


def turns(frozen: Any, count: int = 3, by: timedelta = timedelta(seconds=2)) -> None:
    """Let the engine work through the next turns."""
    for _ in range(count):
        frozen.advance(by)
        drain()


def states(run: Run) -> dict[str, str]:
    """State of each delivery by the platform id of its place."""
    rows = Delivery.objects.filter(run=run).values_list("space__external_id", "state")
    return dict(rows)


def whys(rows: Iterable[Delivery]) -> set[str]:
    return {str(row.why.get("en", "")) for row in rows}


def noon() -> Any:
    """The clock held at noon of a working day."""
    return clock.freeze(NOON)
