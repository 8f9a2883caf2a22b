"""Whether an account may be bound to a partner: the first bind wins, nobody brings themselves, no circles.

Pure: facts and state are given as values. Times are aware UTC; a binding holds from `valid_from` up to, not
including, `valid_to`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.core.text import Text

IDLE = timedelta(days=180)
"""How long an account must have done nothing before another partner may have it."""
CHECKED_FOR = timedelta(days=3)
"""How long a look at an account's activity counts; approved later, it is looked at again."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding as the rules see it."""

    id: str
    partner: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do: `same` names the binding that stands already; `refused` says why not; neither: bind."""

    same: str = ""
    code: str = ""
    refused: Text | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """When an account last did something, as far as facts tell; None: never. `known_until`: how far facts
    reach.
    """

    last_trade: datetime | None
    last_deposit: datetime | None

    @property
    def last(self) -> datetime | None:
        """The later of both."""
        times = [at for at in (self.last_trade, self.last_deposit) if at is not None]
        return max(times, default=None)


def decide(partner: str, at: datetime, before: Sequence[Bound]) -> Verdict:
    """Whether an account with these bindings (any partner, any time) is bound to `partner` from `at` on."""
    for one in before:
        if one.valid_to is None or one.valid_to > at:
            if one.partner == partner and one.valid_from <= at:
                return Verdict(same=one.id)
            since = f"{one.valid_from:%Y-%m-%d}"
            return Verdict(
                code="bound_already",
                refused=Text(
                    f"The account is bound already, since {since}; the first bind wins.",
                    f"该账户自 {since} 起已绑定，以首次绑定为准。",
                ),
            )
    if before:
        return Verdict(
            code="needs_rebind",
            refused=Text(
                "The account was bound before; binding it again takes 180 idle days and an approval.",
                "该账户曾被绑定；重新绑定须闲置 180 天并经审批。",
            ),
        )
    return Verdict()


def refuse_self(partner: str, owner: str | None) -> Text | None:
    """Why an account of `owner` (a partner or nobody) cannot be bound to `partner`; None when it can."""
    if owner != partner:
        return None
    return Text("It is the partner's own account.", "这是该合作伙伴本人的账户。")


def refuse_circle(partner: str, owner: str | None, brought_by: Mapping[str, frozenset[str]]) -> Text | None:
    """Why binding an account owned by partner `owner` to `partner` closes a circle; None when it does not.

    `brought_by`: partner → partners to whom their own accounts are bound.
    """
    if owner is None:
        return None
    seen: set[str] = set()
    open_ones = [partner]
    while open_ones:
        here = open_ones.pop()
        if here == owner:
            return Text(
                "The partner is bound under the owner of this account: they would bring each other.",
                "该合作伙伴本身绑定在此账户所有者名下，会形成循环推荐。",
            )
        if here not in seen:
            seen.add(here)
            open_ones.extend(brought_by.get(here, frozenset()))
    return None


def refuse_rebind(partner: str, at: datetime, before: Sequence[Bound], activity: Activity) -> Verdict:
    """Whether an account may be given to `partner` at `at`: only after 180 days without a trade or deposit,
    and never within 180 days of its last binding.
    """
    if not before:
        return Verdict(
            code="not_bound",
            refused=Text("The account was never bound; bind it.", "该账户从未绑定，请直接绑定。"),
        )
    latest = max(before, key=lambda one: one.valid_from)
    open_end = latest.valid_to is None or latest.valid_to > at
    if open_end and latest.partner == partner:
        return Verdict(same=latest.id)
    last = max([one for one in (activity.last, latest.valid_from) if one is not None])
    if at - last < IDLE:
        free = f"{last + IDLE:%Y-%m-%d}"
        return Verdict(
            code="not_idle",
            refused=Text(
                f"The account was last active or bound on {last:%Y-%m-%d}; it can be rebound from {free} on.",
                f"该账户最近一次活动或绑定在 {last:%Y-%m-%d}，自 {free} 起方可改绑。",
            ),
        )
    return Verdict()
