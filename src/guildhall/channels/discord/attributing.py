"""Which invite somebody came by: Discord never says, but counts the uses of each.

After a join the invites are listed and compared with those known. Only one thing is certain: an invite of
ours that could be used once has vanished, and nobody else joined around that time. Everything else is kept
as `ambiguous:` with the codes it may have been, and never guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from guildhall.channels.discord import invites
from guildhall.channels.discord.models import DiscordInvite
from guildhall.channels.discord.reading import PLATFORM
from guildhall.channels.models import Space, SpaceMember
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects import performers
from guildhall.effects.types import Claimed, Done, NewEffect

COMPARE, SETTLE = "discord.compare_invites", "discord.attribute"
AMBIGUOUS = "ambiguous:"
_SOON = timedelta(seconds=1)
AROUND = timedelta(seconds=6)
"""Joins this close to each other compete for the same invites: the gateway may tell them late."""
_MOST_NAMED = 8
_PEOPLE_A_LOOK = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """An invite as it stood before. `is_ours`: we made it; `ended`: it was said to be over since."""

    code: str
    uses: int
    max_uses: int
    is_ours: bool
    expires_at: datetime | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """What happened to invites between two looks: `used` may explain a join; `single` those of them of ours
    that could be used once and are gone.
    """

    used: tuple[str, ...]
    single: tuple[str, ...]


def compare(before: Iterable[Known], now: Mapping[str, int], at: datetime) -> Compared:
    """before: what was known; now: uses by code as listed at `at`."""
    used, single = [], []
    for one in before:
        listed = now.get(one.code)
        if listed is not None:
            if listed > one.uses:
                used.append(one.code)
            continue
        if one.max_uses and one.uses + 1 >= one.max_uses:
            used.append(one.code)
            has_run_out = one.expires_at is not None and one.expires_at <= at
            if one.is_ours and one.max_uses == 1 and not has_run_out:
                single.append(one.code)
    return Compared(tuple(sorted(used)), tuple(sorted(single)))


def attribute(compared: Compared, joined: Collection[str], *, competing: bool) -> dict[str, str]:
    """What each of `joined` came by: a code, `ambiguous:` with several, or '' where nothing explains it.

    competing: whether anybody else joined around that time.
    """
    if not compared.used:
        return dict.fromkeys(joined, "")
    if len(joined) == 1 and not competing and compared.used == compared.single and len(compared.used) == 1:
        return dict.fromkeys(joined, compared.used[0])
    named = ",".join(compared.used[:_MOST_NAMED])
    return dict.fromkeys(joined, f"{AMBIGUOUS}{named}"[:190])


def ask(space_id: str, people: Sequence[str]) -> None:
    """Have the invites compared because these people (platform ids) joined. Inside the caller's
    transaction.
    """
    due = clock.now() + _SOON
    effects.enqueue(
        NewEffect(
            COMPARE,
            {"space": space_id, "people": list(people)[:_PEOPLE_A_LOOK]},
            order_key=f"{COMPARE}:{space_id}",
            due_at=due,
            priority=60,
        )
    )


def learn(space_id: str) -> None:
    """Have the invites of a server listed, to be compared with later. Inside the caller's transaction."""
    effects.enqueue(NewEffect(COMPARE, {"space": space_id, "people": []}, order_key=f"{COMPARE}:{space_id}"))


def look(effect: Claimed) -> Done:
    """List the invites of a server, keep them, and say what may explain the joins. Raises Temporary,
    Refused.
    """
    from guildhall.channels.discord import client  # loads what only workers need

    space = Space.objects.filter(pk=str(effect.payload.get("space"))).first()
    if space is None or not space.receiver.isdigit() or space.archived_at is not None:
        return Done({"skipped": True})
    listed: Any = client.call(
        int(space.receiver), "GET", "/guilds/{guild_id}/invites", guild_id=space.external_id
    )
    told = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    people = [str(one) for one in effect.payload.get("people") or ()]
    at = clock.now()
    joined_from = effect.created_at

    def record() -> None:
        _keep(space, told, people, at, joined_from)

    return Done({"invites": len(told), "people": len(people)}, record)


def _keep(
    space: Space, told: list[dict[str, Any]], people: list[str], at: datetime, joined_at: datetime
) -> None:
    rows = list(
        DiscordInvite.objects.filter(space=space, state=DiscordInvite.State.OPEN)
        | DiscordInvite.objects.filter(
            space=space, state=DiscordInvite.State.USED, ended_at__gte=joined_at - AROUND
        )
    )
    uses = {str(one.get("code")): _count(one.get("uses")) for one in told}
    compared = compare(
        (Known(row.code, row.uses, row.max_uses, bool(row.by), row.expires_at) for row in rows), uses, at
    )
    for row in rows:
        if row.code not in uses and row.state == DiscordInvite.State.OPEN:
            invites.end(space, row.code, invites.why_gone(row, at))
    invites.keep(space, told)
    if people:
        effects.enqueue(
            NewEffect(
                SETTLE,
                {
                    "space": space.pk,
                    "people": people,
                    "used": list(compared.used),
                    "single": list(compared.single),
                    "at": joined_at.isoformat(),
                },
                due_at=at + AROUND,
                priority=60,
            )
        )


def settle(effect: Claimed) -> Done:
    """Say what people came by, now that everybody who joined around then has been heard of."""
    payload = effect.payload
    people = [str(one) for one in payload.get("people") or ()]
    at = datetime.fromisoformat(str(payload["at"]))
    members = SpaceMember.objects.filter(
        space_id=str(payload["space"]), account__platform=PLATFORM, account__is_bot=False
    )
    around = members.filter(joined_at__gte=at - AROUND, joined_at__lte=at + AROUND)
    others = around.exclude(account__external_id__in=people).exists()
    # Whoever was heard of late may compete with anybody since.
    late = around.filter(account__external_id__in=people).count() < len(set(people))
    competing = others or late
    revoked = set(
        DiscordInvite.objects.filter(
            space_id=str(payload["space"]), state=DiscordInvite.State.REVOKED
        ).values_list("code", flat=True)
    )
    compared = Compared(
        tuple(code for code in payload.get("used") or () if code not in revoked),
        tuple(code for code in payload.get("single") or () if code not in revoked),
    )
    found = attribute(compared, people, competing=competing)

    def record() -> None:
        with transaction.atomic():
            for member in members.filter(account__external_id__in=people, invite=""):
                code = found.get(member.account.external_id, "")
                if code:
                    SpaceMember.objects.filter(pk=member.pk, invite="").update(invite=_named(member, code))

    return Done({"people": len(people), "by": sorted(set(found.values()))[:5]}, record)


def _named(member: SpaceMember, code: str) -> str:
    """What we call the invite, where it is certain and has a name."""
    if code.startswith(AMBIGUOUS):
        return code
    row = DiscordInvite.objects.filter(space_id=member.space_id, code=code).first()
    if row is None:
        return code
    DiscordInvite.objects.filter(pk=row.pk).update(state=DiscordInvite.State.USED, uses=row.max_uses)
    return (row.name or code)[:190]


def _count(uses: object) -> int:
    return uses if type(uses) is int and uses >= 0 else 0


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(
        COMPARE,
        describe=Text("Compare a Discord server's invites", "比对 Discord 服务器的邀请链接"),
        max_attempts=5,
    )(look)
    performers.performer(
        SETTLE, describe=Text("Find out which invite somebody came by", "判断成员的邀请来源")
    )(settle)
