"""What is done about a raid, step by step, each undoable: doors held, newcomers read-only, slow mode, the
lock.

What a platform cannot do becomes a step for a person, with words. Newcomers are held and let go in parts,
so that two thousand of them never make one transaction; whom a case or a moderator still holds stays held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.discord import managing
from guildhall.channels.models import JoinRequest, Space, SpaceMember
from guildhall.channels.port import Act, MemberState, Verb
from guildhall.core import audit, bulk, clock
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard import standing
from guildhall.guard.models import Arrival, Raid, RaidNewcomer, RaidStep
from guildhall.guard.types import Measure, RaidLimits
from guildhall.people.models import Account

KIND = "guard.raid"
AT_ONCE = 200
LONGEST_HOLD = timedelta(hours=24)
"""Should nothing of ours be left to let them go, the platform does after so long."""
SLOW_S = 30
HOLD, RELEASE = "hold", "release"
DISCORD = "discord"
Kind, State = RaidStep.Kind, RaidStep.State
_VERBS = {
    Kind.SLOW: Verb.SLOW_MODE,
    Kind.LOCK: Verb.LOCK,
    Kind.NEWCOMERS: Verb.RESTRICT,
    Kind.DOORS: Verb.DECLINE_JOIN,
}
_INVITES_PAUSED = Text(
    "Invites of the server are paused for a day, and whoever asks to be let in waits.",
    "服务器邀请已暂停 24 小时，新的入群申请暂缓处理。",
)
_DOORS_HELD = Text(
    "Whoever asks to be let in waits. Where people come in without asking, an administrator switches on "
    "“Approve new members” (Telegram: group name, Edit, Group type).",
    "新的入群申请暂缓处理。若无需申请即可加入，请管理员开启“审批新成员”"
    "（Telegram：群组名称 → 编辑 → 群组类型）。",
)


def lock_down(raid: Raid, space: Space, limits: RaidLimits, by: str) -> None:
    """Every step the policy asks for, in the caller's transaction."""
    kinds = [Kind.NEWCOMERS, Kind.DOORS, Kind.SLOW, *([Kind.LOCK] if limits.lock else [])]
    for kind in kinds:
        _take(raid, space, kind, by, decline=limits.decline)


def take_step(raid_id: str, kind: str, by: str) -> RaidStep:
    """Take one step by hand, or again after it was taken back. Raises NotFound, Conflict (the raid is
    over).
    """
    with transaction.atomic():
        raid = _raid(raid_id)
        if kind not in Kind.values:
            raise NotFound(Text("There is no such step.", "不存在该步骤。"))
        if raid.state != Raid.State.ON:
            raise Conflict(Text("This raid is not going on.", "该突袭未在进行中。"), code="raid_over")
        return _take(raid, raid.space, Kind(kind), by, decline=False)


def undo_step(step_id: str, by: str) -> RaidStep:
    """Take one step back while the raid goes on. Twice is the same as once. Raises NotFound."""
    with transaction.atomic():
        step = (
            RaidStep.objects.select_for_update(of=("self",))
            .select_related("raid__space")
            .filter(pk=step_id)
            .first()
        )
        if step is None:
            raise NotFound(Text("There is no such step.", "不存在该步骤。"))
        _take_back(step, by)
        return step


def release_newcomer(raid_id: str, account_id: str, by: str) -> None:
    """Let one newcomer write again while the raid goes on. Raises NotFound."""
    with transaction.atomic():
        raid = _raid(raid_id)
        found = list(
            RaidNewcomer.objects.filter(raid=raid, account_id=account_id, held=True, released_at=None)
        )
        if not found:
            raise NotFound(Text("Nobody like that is held here.", "此处没有被限制的该成员。"))
        _release(raid, found, by)


def take_all_back(raid: Raid, by: str) -> None:
    """Every step that is in force, in the caller's transaction."""
    for step in RaidStep.objects.select_for_update().filter(raid=raid).exclude(state=State.UNDONE):
        step.raid = raid
        _take_back(step, by)


def hold_newcomers(raid_id: str, account_ids: Iterable[str], *, by: str) -> int:
    """Make people who came in a raid read-only, in the caller's transaction; returns how many are new to it.

    Nothing is done while that step was taken back, on a platform that cannot, or about somebody of ours.
    """
    raid = Raid.objects.select_related("space").filter(pk=raid_id, state=Raid.State.ON).first()
    if raid is None:
        return 0
    holds = RaidStep.objects.filter(raid=raid, kind=Kind.NEWCOMERS, state=State.DONE).exists()
    wanted = set(account_ids)
    wanted -= set(
        RaidNewcomer.objects.filter(raid=raid, account_id__in=wanted).values_list("account_id", flat=True)
    )
    chosen = _touchable(raid.space, wanted)
    bulk.insert(
        RaidNewcomer,
        ("raid", "account", "at", "held", "released_by"),
        [(raid.id, account, clock.now(), holds, "") for account in chosen],
        ignore_conflicts=True,
    )
    if holds:
        _restrict(raid, chosen, by)
    return len(chosen)


def perform(effect: Claimed) -> Done:
    """The next part of the newcomers of a raid: held while it goes on, let go when it is over."""
    raid_id, do = str(effect.payload["raid"]), effect.payload["do"]
    by = str(effect.payload["by"])
    with transaction.atomic():
        raid = _raid(raid_id)
        done = _hold_next(raid, by) if do == HOLD else _release_next(raid, by)
    return Done({"members": done})


def _take(raid: Raid, space: Space, kind: RaidStep.Kind, by: str, *, decline: bool) -> RaidStep:
    known = RaidStep.objects.select_for_update().filter(raid=raid, kind=kind).first()
    if known is not None and known.state != State.UNDONE:
        return known
    if known is not None and kind is Kind.NEWCOMERS:  # whom the taking back let go is held again
        RaidNewcomer.objects.filter(raid=raid, released_at__gte=known.undone_at).delete()
    declared = registry.capability(space.platform, _VERBS[kind])
    manual: dict[str, str] = {}
    if kind is Kind.DOORS and not decline:
        held = _INVITES_PAUSED if space.platform == DISCORD else _DOORS_HELD
        manual = (held if declared.supported else declared.reason).to_json()
    elif not declared.supported:
        why, do = declared.reason, declared.manual_step
        manual = Text(f"{why.en} {do.en}".strip(), f"{why.zh}{do.zh}").to_json()
    fields = {
        "state": State.DONE if declared.supported else State.MANUAL,
        "manual_step": manual, "at": clock.now(), "by": by, "undone_at": None, "undone_by": "",
    }  # fmt: skip
    step, _created = RaidStep.objects.update_or_create(raid=raid, kind=kind, defaults=fields)
    audit.record(by, "raid.step", f"raid:{raid.id}", {"step": kind.value, "state": step.state})
    if declared.supported:
        _do(raid, space, kind, by, decline=decline)
    return step


def _do(raid: Raid, space: Space, kind: RaidStep.Kind, by: str, *, decline: bool) -> None:
    if kind is Kind.NEWCOMERS:
        RaidNewcomer.objects.filter(raid=raid, held=False, released_at=None).delete()
        _hold_next(raid, by)
    elif kind is Kind.SLOW:
        _request(raid, [Act(Verb.SLOW_MODE, space.id, params=(("seconds", str(SLOW_S)),))], by)
    elif kind is Kind.LOCK:
        _request(raid, [Act(Verb.LOCK, space.id)], by)
    elif kind is Kind.DOORS:
        if space.platform == DISCORD:
            managing.pause_invites(space, clock.now() + LONGEST_HOLD, by=by)
        if not decline:
            return
        waiting = JoinRequest.objects.filter(
            space=space, state=JoinRequest.State.WAITING, asked_at__gte=raid.since
        ).values_list("account_id", flat=True)[: 5 * AT_ONCE]
        _request(raid, [Act(Verb.DECLINE_JOIN, space.id, account_id=account) for account in waiting], by)


def _take_back(step: RaidStep, by: str) -> None:
    if step.state == State.UNDONE:
        return
    raid, was_done = step.raid, step.state == State.DONE
    step.state, step.undone_at, step.undone_by = State.UNDONE, clock.now(), by
    step.save(update_fields=["state", "undone_at", "undone_by"])
    audit.record(by, "raid.step_undone", f"raid:{raid.id}", {"step": step.kind})
    if not was_done:
        return
    if step.kind == Kind.NEWCOMERS:
        _release_next(raid, by)
    elif step.kind == Kind.SLOW:
        _request(raid, [Act(Verb.SLOW_MODE, raid.space_id, params=(("seconds", "0"),))], by)
    elif step.kind == Kind.LOCK:
        _request(raid, [Act(Verb.UNLOCK, raid.space_id)], by)
    elif step.kind == Kind.DOORS and raid.space.platform == DISCORD:
        managing.pause_invites(raid.space, None, by=by)


def _hold_next(raid: Raid, by: str) -> int:
    """Hold the next of those who came since the raid began; queue the rest."""
    if raid.state != Raid.State.ON:
        return 0
    noted = RaidNewcomer.objects.filter(raid=raid).values("account_id")
    came = (
        Arrival.objects.filter(space_id=raid.space_id, at__gte=raid.since, is_request=False)
        .exclude(account_id__in=noted)
        .order_by()
        .values_list("account_id", flat=True)
        .distinct()
    )
    accounts = list(came[:AT_ONCE])
    if len(accounts) < AT_ONCE and not Arrival.objects.filter(space_id=raid.space_id).exists():
        # Where nobody tells of joins, whoever first wrote since then is a newcomer.
        began = Q(joined_at__gte=raid.since) | Q(joined_at=None, first_message_at__gte=raid.since)
        first = SpaceMember.objects.filter(began, space_id=raid.space_id).exclude(account_id__in=noted)
        accounts += list(
            first.exclude(account_id__in=accounts).values_list("account_id", flat=True)[
                : AT_ONCE - len(accounts)
            ]
        )
    held = hold_newcomers(raid.id, accounts, by=by)
    if len(accounts) == AT_ONCE and held:
        _go_on(raid, HOLD, by)
    return held


def _release_next(raid: Raid, by: str) -> int:
    found = list(RaidNewcomer.objects.filter(raid=raid, held=True, released_at=None).order_by("pk")[:AT_ONCE])
    if found:
        _release(raid, found, by)
    if len(found) == AT_ONCE:
        _go_on(raid, RELEASE, by)
    return len(found)


def _release(raid: Raid, found: Sequence[RaidNewcomer], by: str) -> None:
    now = clock.now()
    RaidNewcomer.objects.filter(pk__in=[one.pk for one in found]).update(released_at=now, released_by=by)
    free = [
        one.account_id
        for one in found
        if standing.called_for(raid.space_id, one.account_id, Measure.RESTRICT) is None
    ]
    _request(raid, [Act(Verb.UNRESTRICT, raid.space_id, account_id=account) for account in free], by)


def _go_on(raid: Raid, do: str, by: str) -> None:
    payload = {"raid": raid.id, "do": do, "by": by}
    effects.enqueue_many([NewEffect(KIND, payload, order_key=f"raid:{raid.id}", cause=f"raid:{raid.id}")])


def _restrict(raid: Raid, accounts: Sequence[str], by: str) -> None:
    until = clock.now() + LONGEST_HOLD
    _request(
        raid, [Act(Verb.RESTRICT, raid.space_id, account_id=account, until=until) for account in accounts], by
    )


def _request(raid: Raid, acts: Sequence[Act], by: str) -> None:
    if acts:
        channels.request_many(acts, actor=by, reason=f"raid:{raid.id}")


def _touchable(space: Space, accounts: set[str]) -> list[str]:
    """Those of them that are nobody's of ours and do not run the space."""
    if not accounts:
        return []
    ours = set(
        Account.objects.filter(pk__in=accounts)
        .exclude(is_staff=False, staff=None, is_bot=False)
        .values_list("pk", flat=True)
    )
    runs = set(
        SpaceMember.objects.filter(
            space=space, account_id__in=accounts, state__in=(MemberState.ADMIN.value, MemberState.OWNER.value)
        ).values_list("account_id", flat=True)
    )
    there = set(Account.objects.filter(pk__in=accounts).values_list("pk", flat=True))
    return sorted((accounts & there) - ours - runs)


def _raid(raid_id: str) -> Raid:
    raid = Raid.objects.select_for_update(of=("self",)).select_related("space").filter(pk=raid_id).first()
    if raid is None:
        raise NotFound(Text("There is no such raid.", "不存在该突袭记录。"))
    return raid
