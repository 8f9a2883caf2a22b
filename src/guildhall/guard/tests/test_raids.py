"""What happens in a raid: found by itself, locked down, lifted when it is quiet, every step undoable."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import transaction

from guildhall.channels.models import Space, SpaceMember
from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect
from guildhall.effects.types import Claimed
from guildhall.guard import actions, freshness, raids_on, standing
from guildhall.guard.actions import raid_steps, raids, surges
from guildhall.guard.actions.arriving import Came
from guildhall.guard.jobs_behaviour import forget_member
from guildhall.guard.models import Arrival, Conduct, HandMeasure, Raid, RaidNewcomer, RaidStep, Surge
from guildhall.guard.tests.rows import a_space, an_account
from guildhall.guard.types import Measure
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _policies(db: None) -> None:
    actions.install_shipped(by="system:test")
    freshness.forget()


def came(space: Any, account: Account, *, name: str, ago_s: float = 0, request: bool = False) -> Came:
    return Came(
        space.id,
        space.platform,
        account.id,
        account.external_id,
        name,
        name.lower(),
        clock.now() - timedelta(seconds=ago_s),
        request,
    )


def arrive(space: Any, count: int, *, pattern: str = "raider{n}") -> list[Account]:
    accounts = [an_account(pattern.format(n=n)) for n in range(count)]
    with transaction.atomic():
        actions.note_arrivals([came(space, one, name=one.display_name) for one in accounts])
    return accounts


def verbs() -> list[str]:
    rows = Effect.objects.filter(kind="channels.act").order_by("id").values_list("payload", flat=True)
    return [str(one["verb"]) for one in rows]


def test_a_crowd_of_one_pattern_is_held_by_itself_and_told_in_the_audit() -> None:
    space = a_space()
    crowd = arrive(space, 30)
    raid = Raid.objects.get()
    assert (raid.state, raid.joins, raid.declared_by) == ("on", 30, "system:guard")
    assert RaidNewcomer.objects.filter(raid=raid, held=True).count() == 30
    assert verbs().count("restrict") == 30
    assert AuditEntry.objects.filter(verb="raid.declared").count() == 1
    assert raids_on.is_on(space.id)
    assert standing.called_for(space.id, crowd[0].id, Measure.RESTRICT) is not None


def test_whoever_comes_while_it_goes_on_is_held_too_but_nobody_of_ours() -> None:
    space = a_space()
    arrive(space, 30)
    ours = an_account("Colleague", is_staff=True)
    late = an_account("Latecomer")
    with transaction.atomic():
        actions.note_arrivals([came(space, ours, name="Colleague"), came(space, late, name="Latecomer")])
    held = set(RaidNewcomer.objects.filter(held=True).values_list("account_id", flat=True))
    assert late.id in held
    assert ours.id not in held


def test_people_with_names_of_their_own_who_come_slowly_are_let_be() -> None:
    space = a_space()
    for n in range(12):
        with transaction.atomic():
            account = an_account(f"Person {chr(65 + n)}")
            actions.note_arrivals([came(space, account, name=account.display_name, ago_s=15 * n)])
    assert not Raid.objects.exists()


def test_a_space_that_is_only_watched_is_not_locked_down_until_a_person_says_so() -> None:
    space = a_space()
    actions.assign_policy(space.id, "review-first", by="staff:1")
    freshness.forget()
    arrive(space, 30)
    raid = Raid.objects.get()
    assert (raid.state, verbs()) == ("suspected", [])
    actions.declare_raid(space.id, "staff:1")
    raid.refresh_from_db()
    assert (raid.state, raid.declared_by) == ("on", "staff:1")
    assert verbs().count("restrict") == 30


def test_declaring_twice_is_one_raid_and_two_spaces_are_two() -> None:
    one, two = a_space("one"), a_space("two")
    first = actions.declare_raid(one.id, "staff:1")
    assert actions.declare_raid(one.id, "staff:2").id == first.id
    assert actions.declare_raid(two.id, "staff:1").id != first.id
    assert Raid.objects.count() == 2
    assert RaidStep.objects.filter(raid=first).count() == 3


def test_it_ends_by_itself_when_it_was_quiet_and_everybody_may_write_again() -> None:
    space = a_space()
    arrive(space, 30)
    raid = Raid.objects.get()
    assert raids.end_quiet(clock.now()) == 0
    assert raids.end_quiet(raid.last_seen + timedelta(minutes=raid.quiet_minutes)) == 1
    raid.refresh_from_db()
    assert (raid.state, raid.ended_by) == ("over", "system:guard")
    assert verbs().count("unrestrict") == 30
    assert not RaidNewcomer.objects.filter(held=True, released_at=None).exists()
    assert not raids_on.is_on(space.id)
    assert raids.end_quiet(clock.now() + timedelta(days=1)) == 0


def test_it_goes_on_while_more_come_and_a_person_may_extend_it() -> None:
    space = a_space()
    arrive(space, 30)
    raid = Raid.objects.get()
    Raid.objects.update(last_seen=clock.now() - timedelta(minutes=30))
    arrive(space, 8, pattern="more{n}")
    assert raids.end_quiet(clock.now()) == 0
    actions.extend_raid(raid.id, "staff:1", 60)
    assert raids.end_quiet(clock.now() + timedelta(minutes=59)) == 0
    assert raids.end_quiet(clock.now() + timedelta(minutes=61)) == 1
    with pytest.raises(Conflict):
        actions.extend_raid(raid.id, "staff:1", 5)
    with pytest.raises(BadInput):
        actions.extend_raid(raid.id, "staff:1", 0)


def test_each_step_is_undone_alone_and_taken_again() -> None:
    space = a_space()
    arrive(space, 20)
    step = RaidStep.objects.get(kind="newcomers")
    actions.undo_step(step.id, "staff:1")
    actions.undo_step(step.id, "staff:1")
    assert verbs().count("unrestrict") == 20
    late = arrive(space, 1, pattern="late{n}")
    assert not RaidNewcomer.objects.get(account=late[0]).held
    actions.take_step(step.raid_id, "newcomers", "staff:1")
    step.refresh_from_db()
    assert (step.state, step.undone_by) == ("done", "")
    assert RaidNewcomer.objects.filter(held=True, released_at=None).count() == 21


def test_one_newcomer_is_let_go_while_the_others_stay_held() -> None:
    space = a_space()
    crowd = arrive(space, 20)
    raid = Raid.objects.get()
    actions.release_newcomer(raid.id, crowd[3].id, "staff:1")
    assert verbs().count("unrestrict") == 1
    assert standing.called_for(space.id, crowd[3].id, Measure.RESTRICT) is None
    assert standing.called_for(space.id, crowd[4].id, Measure.RESTRICT) is not None


def test_whom_a_moderator_muted_stays_muted_after_the_raid() -> None:
    space = a_space()
    crowd = arrive(space, 20)
    actions.take_measure(
        actions.Hand(HandMeasure.Kind.MUTE, space.id, crowd[0].id, "staff:1", seconds=86_400)
    )
    actions.end_raid(Raid.objects.get().id, "staff:1")
    rows = Effect.objects.filter(kind="channels.act").values_list("payload", flat=True)
    freed = {one["account_id"] for one in rows if one["verb"] == "unrestrict"}
    assert crowd[0].id not in freed
    assert crowd[1].id in freed


def test_what_a_platform_cannot_do_is_a_step_for_a_person() -> None:
    space = a_space()
    raid = actions.declare_raid(space.id, "staff:1")
    step = actions.take_step(raid.id, "lock", "staff:1")
    assert step.state == "manual"
    assert set(step.manual_step) == {"en", "zh"}
    assert "lock" not in verbs()
    actions.end_raid(raid.id, "staff:1")
    assert "unlock" not in verbs()


def test_on_discord_every_step_is_taken_and_nobody_comes_in_by_an_invite() -> None:
    space = a_space("900", "discord")
    Space.objects.filter(pk=space.pk).update(kind="server")
    raid = actions.declare_raid(space.id, "staff:1")
    actions.take_step(raid.id, "lock", "staff:1")
    assert set(RaidStep.objects.values_list("state", flat=True)) == {"done"}
    assert {"slow_mode", "lock"} <= set(verbs())
    (paused,) = Effect.objects.filter(kind="discord.manage")
    assert paused.payload["data"]["invites"]
    actions.end_raid(raid.id, "staff:1")
    assert "unlock" in verbs()
    opened = Effect.objects.filter(kind="discord.manage").order_by("-id").first()
    assert opened is not None
    assert opened.payload["data"] == {"invites": None}


def test_a_raid_that_is_over_takes_no_steps_and_can_be_ended_again_without_harm() -> None:
    space = a_space()
    raid = actions.declare_raid(space.id, "staff:1")
    actions.end_raid(raid.id, "staff:1")
    before = Effect.objects.count()
    actions.end_raid(raid.id, "staff:2")
    assert Effect.objects.count() == before
    with pytest.raises(Conflict):
        actions.take_step(raid.id, "lock", "staff:1")


def test_more_newcomers_than_one_part_are_held_and_let_go_by_the_job() -> None:
    space = a_space()
    arrive(space, 250)
    assert RaidNewcomer.objects.filter(held=True).count() == raid_steps.AT_ONCE
    payload = Effect.objects.get(kind=raid_steps.KIND).payload
    raid_steps.perform(cast(Claimed, SimpleNamespace(payload=payload)))
    assert RaidNewcomer.objects.filter(held=True).count() == 250
    raid = actions.end_raid(Raid.objects.get().id, "staff:1")
    assert RaidNewcomer.objects.filter(released_at=None).count() == 50
    payload = {"raid": raid.id, "do": raid_steps.RELEASE, "by": "staff:1"}
    raid_steps.perform(cast(Claimed, SimpleNamespace(payload=payload)))
    assert not RaidNewcomer.objects.filter(released_at=None).exists()


def test_a_flood_of_reactions_is_put_before_a_person_once_and_undone() -> None:
    space, account = a_space(), an_account("Clicker")
    with transaction.atomic():
        actions.note_reactions([(space.id, account.id, clock.now())] * 15)
    assert not Surge.objects.exists()
    with transaction.atomic():
        actions.note_reactions([(space.id, account.id, clock.now())] * 15)
        actions.note_reactions([(space.id, account.id, clock.now())] * 5)
    surge = Surge.objects.get()
    assert (surge.rule, surge.count, surge.state, surge.measure_id) == (surges.REACTIONS, 35, "open", None)
    actions.uphold_surge(surge.id, "staff:1")
    assert verbs()[0] == "restrict"
    actions.undo_surge(surge.id, "staff:1")
    assert verbs()[-1] == "unrestrict"


def test_a_policy_that_weighs_invite_floods_more_restricts_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    space, account = a_space(), an_account("Inviter")
    monkeypatch.setattr(surges, "effective_weight", lambda policy, rule: 900)
    with transaction.atomic():
        actions.note_invites([(space.id, account.id, clock.now())] * 20)
    assert Surge.objects.get().measure is not None
    assert verbs()[0] == "restrict"


def test_nobody_of_ours_floods() -> None:
    space, account = a_space(), an_account("Colleague", is_staff=True)
    with transaction.atomic():
        actions.note_invites([(space.id, account.id, clock.now())] * 40)
    assert not Surge.objects.exists()


def test_the_same_arrival_told_twice_counts_once_and_an_erased_member_leaves_none() -> None:
    space, account = a_space(), an_account("Twice")
    for name in ("Twice", "Twice"):
        with transaction.atomic():
            actions.note_arrivals([came(space, account, name=name)])
    assert Arrival.objects.count() == 1
    Conduct.objects.create(space_id=space.id, account_id=account.id, heat_at=clock.now())
    forget_member(str(account.member_id))
    assert (Arrival.objects.count(), Conduct.objects.count()) == (0, 0)


def test_an_administrator_is_never_held() -> None:
    space = a_space()
    boss = an_account("Boss")
    SpaceMember.objects.create(space=space, account=boss, state="admin")
    with transaction.atomic():
        actions.note_arrivals([came(space, boss, name="Boss")])
    actions.declare_raid(space.id, "staff:1")
    assert not RaidNewcomer.objects.filter(account=boss).exists()


def test_where_nobody_tells_of_joins_whoever_first_wrote_lately_is_a_newcomer() -> None:
    space = a_space()
    old, new = an_account("Old"), an_account("New")
    long_ago = clock.now() - timedelta(days=3)
    SpaceMember.objects.create(space=space, account=old, first_message_at=long_ago)
    SpaceMember.objects.create(space=space, account=new, first_message_at=clock.now())
    actions.declare_raid(space.id, "staff:1")
    held = set(RaidNewcomer.objects.filter(held=True).values_list("account_id", flat=True))
    assert held == {new.id}
