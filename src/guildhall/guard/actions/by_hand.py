"""What a person does about a member: warn, mute, ban, lift, and take any of it back.

Chat commands and the console come through here alike. A warning is a strike, and the ladder of the space's
policy decides what follows, as it does for judged removals; what follows is a measure of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels.models import DiscordBot, Message, Space, SpaceMember, TelegramBot, TelegramChat
from guildhall.channels.port import Act, MemberState, Verb
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotAllowed, NotFound, Unsupported
from guildhall.core.text import Text
from guildhall.effects import webhooks
from guildhall.guard import hand, notices, policies, standing
from guildhall.guard.actions.gates import by_hand as gates
from guildhall.guard.models import HandMeasure
from guildhall.guard.types import Measure, SenderHistory, Step
from guildhall.people.models import Account

Kind, Via = HandMeasure.Kind, HandMeasure.Via
LONGEST_S = 366 * 86_400
_VERBS = {Kind.MUTE: Verb.RESTRICT, Kind.BAN: Verb.BAN, Kind.UNMUTE: Verb.UNRESTRICT, Kind.UNBAN: Verb.UNBAN}
_INVERSE = {
    Kind.MUTE: Verb.UNRESTRICT,
    Kind.BAN: Verb.UNBAN,
    Kind.UNMUTE: Verb.RESTRICT,
    Kind.UNBAN: Verb.BAN,
}
_CALLS_FOR = {Kind.MUTE: Measure.RESTRICT, Kind.BAN: Measure.BAN}
_LIFTS = {
    Kind.UNMUTE: (Measure.RESTRICT, MemberState.RESTRICTED),
    Kind.UNBAN: (Measure.BAN, MemberState.BANNED),
}
_DEEDS = {
    Kind.WARN: "member.warned", Kind.MUTE: "member.muted", Kind.BAN: "member.banned",
    Kind.UNMUTE: "member.unmuted", Kind.UNBAN: "member.unbanned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hand:
    """A measure as somebody asks for it. Ids are ours; `by` is an actor.

    seconds: of a mute or ban; 0 until lifted. key: the same key again is the same measure. tell: whether the
    member hears of it from us (a command in a group is answered where everybody reads it).
    facts: what the audit keeps beside it, such as the account a colleague acted with.
    """

    kind: HandMeasure.Kind
    space_id: str
    account_id: str
    by: str
    via: HandMeasure.Via = Via.CONSOLE
    seconds: int = 0
    reason: str = ""
    message_id: str = ""
    key: str = ""
    tell: bool = True
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done: the measure, what the ladder added to a warning, the strikes that count now.

    `by_hand`: what the ladder asked for and this space cannot do, with what a person does instead. `until`:
    how long a mute or ban holds, which is longer than was said where something else calls for longer.
    """

    measure: HandMeasure
    followed: HandMeasure | None
    strikes: int
    is_new: bool
    by_hand: Text | None = None
    until: datetime | None = None


def take_measure(wanted: Hand) -> Taken:
    """Do one thing about a member; the same key again changes nothing.

    Raises NotFound, NotAllowed (staff, administrators), BadInput (nothing to lift, too long), Unsupported.
    """
    if not 0 <= wanted.seconds <= LONGEST_S:
        raise BadInput(Text("At most 366 days, or until lifted.", "最长 366 天，或直至解除。"), field="hours")
    with transaction.atomic():
        known = HandMeasure.objects.filter(key=wanted.key).first() if wanted.key else None
        if known is not None:
            return Taken(known, known.followed_by.first(), _strikes(known), False, until=known.until)
        space, account, member = _whom(wanted)
        refused = hand.untouchable(person(space, account, member))
        if refused is not None:
            raise NotAllowed(refused, code="untouchable")
        until = _until(wanted, member)
        measure = _keep(wanted, until, key=wanted.key or None)
        if measure.kind == Kind.WARN:
            return _warn(wanted, measure, space, member)
        holds = _longest(measure)
        _ask(measure, _VERBS[Kind(measure.kind)], holds)
        if measure.kind in (Kind.BAN, Kind.UNMUTE):
            gates.settled_elsewhere(space.pk, [account.pk], wanted.by, let_in=measure.kind == Kind.UNMUTE)
        if wanted.tell and measure.kind == Kind.MUTE:
            muted = channels.Deed.RESTRICTED.of(measure.account_id)
            _tell(measure, space, _muted(space, measure, holds), after=muted)
        return Taken(measure, None, member.strikes if member else 0, True, until=holds)


def undo_measure(measure_id: str, by: str, *, facts: tuple[tuple[str, str], ...] = ()) -> HandMeasure:
    """Take a measure back with everything the ladder added to it; a second time changes nothing.

    A restriction or ban that something else still calls for stays, for as long as that lasts. Raises
    NotFound.
    """
    with transaction.atomic():
        measure = HandMeasure.objects.select_for_update().filter(pk=measure_id).first()
        if measure is None:
            raise NotFound(Text("There is no such measure.", "不存在该处置记录。"))
        if measure.undone_at is not None:
            return measure
        family = [measure, *measure.followed_by.select_for_update().filter(undone_at__isnull=True)]
        now = clock.now()
        for one in family:
            one.undone_at, one.undone_by = now, by
            one.save(update_fields=["undone_at", "undone_by"])
        for one in family:
            _take_back(one)
        audit.record(
            by,
            "member.measure_undone",
            f"account:{measure.account_id}",
            {"measure": measure.id, "kind": measure.kind, "space": measure.space_id, **dict(facts)},
        )
        webhooks.announce("member.measure_undone", {"measure": measure.id, "account": measure.account_id})
        return measure


def person(space: Space, account: Account, member: SpaceMember | None, caller_id: str = "") -> hand.Person:
    """Somebody as the rules of `hand` see them."""
    return hand.Person(
        account.id,
        is_self=bool(caller_id) and account.id == caller_id,
        is_admin=member is not None and member.state in (MemberState.ADMIN, MemberState.OWNER),
        is_ours=account.is_staff or account.staff_id is not None or _speaks_for_the_house(space, account),
    )


def _speaks_for_the_house(space: Space, account: Account) -> bool:
    """One of our bots, an administrator who speaks as the space, or the channel the space belongs to."""
    if account.platform != space.platform:
        return False
    if account.external_id == space.external_id:
        return True
    if space.receiver and account.external_id == space.receiver:
        return True
    if account.platform == "discord" and account.is_bot and account.external_id.isdigit():
        return DiscordBot.objects.filter(bot_id=int(account.external_id)).exists()
    if account.platform != "telegram":
        return False
    if account.is_bot and account.external_id.isdigit():
        return TelegramBot.objects.filter(bot_id=int(account.external_id)).exists()
    linked = TelegramChat.objects.filter(space=space).values_list("linked_chat", flat=True).first()
    return bool(linked) and account.external_id == linked


def _whom(wanted: Hand) -> tuple[Space, Account, SpaceMember | None]:
    space = Space.objects.filter(pk=wanted.space_id).first()
    account = Account.objects.filter(pk=wanted.account_id).first()
    if space is None or account is None:
        raise NotFound(Text("There is no such member here.", "此处没有该成员。"))
    member = SpaceMember.objects.filter(space=space, account=account).first()
    return space, account, member


def _until(wanted: Hand, member: SpaceMember | None) -> datetime | None:
    """When it ends; for a lifting, when what it lifts would have ended."""
    if wanted.kind in (Kind.MUTE, Kind.BAN):
        return clock.now() + timedelta(seconds=wanted.seconds) if wanted.seconds else None
    if wanted.kind == Kind.WARN:
        return None
    measure, state = _LIFTS[wanted.kind]
    hold = standing.called_for(wanted.space_id, wanted.account_id, measure)
    if hold is not None:
        return hold.until
    if member is None or member.state != state:
        raise BadInput(Text("There is nothing to lift.", "没有可解除的限制。"), field="measure")
    return member.until


def _keep(
    wanted: Hand, until: datetime | None, *, key: str | None, because_of: HandMeasure | None = None
) -> HandMeasure:
    about = Message.objects.filter(pk=wanted.message_id, space_id=wanted.space_id).first()
    measure = HandMeasure.objects.create(
        space_id=wanted.space_id,
        account_id=wanted.account_id,
        message=about,
        kind=wanted.kind,
        until=until,
        reason=wanted.reason.replace("\x00", "").strip()[:500],
        by=wanted.by,
        at=clock.now(),
        via=Via.LADDER if because_of else wanted.via,
        because_of=because_of,
        key=key,
    )
    facts = {
        "measure": measure.id,
        "space": measure.space_id,
        "until": until.isoformat() if until else "",
        "via": measure.via,
        **({"message": about.id} if about else {}),
        **({"because_of": because_of.id} if because_of else {}),
        **dict(wanted.facts),
    }
    audit.record(wanted.by, _DEEDS[Kind(measure.kind)], f"account:{measure.account_id}", facts)
    webhooks.announce(
        "member.measured",
        {
            "measure": measure.id,
            "kind": measure.kind,
            "account": measure.account_id,
            "space": measure.space_id,
        },
    )
    return measure


def _warn(wanted: Hand, measure: HandMeasure, space: Space, member: SpaceMember | None) -> Taken:
    """One strike more, and what the ladder makes of it."""
    now = clock.now()
    before = SenderHistory(
        strikes=member.strikes if member else 0, last_strike_at=member.last_strike_at if member else None
    )
    strikes, step = hand.after_warning(before, now, policies.active_for(space.id))
    channels.add_strikes([(space.id, wanted.account_id, 1)], at=now)
    followed, by_hand = None, None
    if step is not None:
        try:
            with transaction.atomic():
                followed = _climb(wanted, measure, step)
        except Unsupported as error:
            followed, by_hand = None, error.text
    if wanted.tell:
        _tell(measure, space, _warned(space, measure, strikes))
    return Taken(measure, followed, strikes, True, by_hand)


def _climb(wanted: Hand, measure: HandMeasure, step: Step) -> HandMeasure:
    """What the ladder asks for after a warning."""
    kind = Kind.BAN if step.action is Measure.BAN else Kind.MUTE
    until = clock.now() + timedelta(seconds=step.duration_s) if step.duration_s else None
    added = Hand(kind, wanted.space_id, wanted.account_id, wanted.by, reason=wanted.reason)
    followed = _keep(added, until, key=None, because_of=measure)
    _ask(followed, _VERBS[kind], _longest(followed))
    return followed


def _longest(measure: HandMeasure) -> datetime | None:
    """Until when the platform is to hold somebody: what holds them longer is not cut short by a new mute."""
    if Kind(measure.kind) not in _CALLS_FOR:
        return measure.until
    hold = standing.called_for(measure.space_id, measure.account_id, _CALLS_FOR[Kind(measure.kind)])
    return hold.until if hold is not None else measure.until


def _ask(measure: HandMeasure, verb: Verb, until: datetime | None) -> None:
    act = Act(verb, measure.space_id, account_id=measure.account_id, until=until)
    channels.request(act, actor=measure.by, reason=f"measure:{measure.id}")


def _take_back(measure: HandMeasure) -> None:
    kind = Kind(measure.kind)
    if kind is Kind.WARN:
        channels.add_strikes([(measure.space_id, measure.account_id, -1)], at=clock.now())
        return
    act = Act(_INVERSE[kind], measure.space_id, account_id=measure.account_id)
    if kind in _CALLS_FOR:
        other = standing.called_for(measure.space_id, measure.account_id, _CALLS_FOR[kind])
        if other is not None:
            act = Act(_VERBS[kind], measure.space_id, account_id=measure.account_id, until=other.until)
    else:
        if measure.until is not None and measure.until <= clock.now():
            return
        act = Act(_INVERSE[kind], measure.space_id, account_id=measure.account_id, until=measure.until)
    channels.request_many([act], actor=measure.undone_by, reason=f"measure:{measure.id}")


def _strikes(measure: HandMeasure) -> int:
    found = SpaceMember.objects.filter(space_id=measure.space_id, account_id=measure.account_id)
    return found.values_list("strikes", flat=True).first() or 0


def _tell(measure: HandMeasure, space: Space, words: Text, *, after: str = "") -> None:
    wanted = notices.tell(
        space,
        measure.account_id,
        words,
        about=measure.message_id or "",
        cause=f"measure:{measure.id}",
        after=after,
    )
    if wanted is not None:
        channels.request_many([wanted], actor="system:guard", reason=wanted.reason)


def _warned(space: Space, measure: HandMeasure, strikes: int) -> Text:
    why = measure.reason[:200]
    return Text(
        f"You were warned in {space.name} (strike {strikes})." + (f" Reason: {why}" if why else ""),
        f"您在 {space.name} 被警告（第 {strikes} 次违规）。" + (f"原因：{why}" if why else ""),
    )


def _muted(space: Space, measure: HandMeasure, holds: datetime | None) -> Text:
    why = measure.reason[:200]
    at = f"{holds:%Y-%m-%d %H:%M} UTC" if holds else ""
    return Text(
        f"You may read but not write in {space.name} {f'until {at}' if at else 'until a moderator lifts it'}."
        + (f" Reason: {why}" if why else ""),
        f"您在 {space.name} 已被禁言，{f'至 {at}' if at else '直至管理员解除'}。"
        + (f"原因：{why}" if why else ""),
    )
