"""What the demo promises in a house: built through intake in the past, the same each time, gone without a trace."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from guildhall.channels.actions import create_space, index_pending
from guildhall.channels.models import Message, SearchDoc, Space, SpaceMember
from guildhall.channels.webchat import PLATFORM, external_id, join_body, message_body
from guildhall.core import audit_anchors, audit_seal, clock
from guildhall.core.errors import Conflict, NotAllowed, NotFound
from guildhall.core.ids import id_time
from guildhall.core.models import AuditEntry
from guildhall.demo import actions, building, queries, sweeping
from guildhall.demo.cast import EN, PREFIX
from guildhall.demo.models import World
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard import freshness
from guildhall.guard.actions import install_shipped, report_message
from guildhall.guard.models import Case, VerdictRecord
from guildhall.intake.pipeline import Raw, ingest
from guildhall.people import actions as people
from guildhall.people.actions import create_staff, invite, reactivate
from guildhall.people.models import Account, Member, Staff

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOW = datetime(2026, 3, 18, 9, 41, tzinfo=UTC)
SHORT, SHORTER = timedelta(hours=30), timedelta(hours=12)
SCAM = "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock"


@pytest.fixture(autouse=True)
def house(db: None) -> Staff:
    install_shipped(by="system:test")
    freshness.forget()
    queries.forget()
    return create_staff("owner@example.org", "Olga", ["owner"], by="system:test")


def built(seed: int = 7, length: timedelta = SHORT) -> World:
    with clock.freeze(NOW):
        actions.begin(seed=seed, length=length)
    assert building.build()
    freshness.forget()
    return queries.world() or pytest.fail("no world")


def told() -> dict[str, Any]:
    """What a world is made of, whatever ids its rows were given."""
    return {
        "texts": list(
            Message.objects.filter(direction="in").order_by("external_id").values_list("external_id", "text")
        ),
        "members": sorted(Account.objects.values_list("external_id", "display_name", "is_staff")),
        "verdicts": Counter(VerdictRecord.objects.values_list("space__slug", "action", "score")),
        "cases": Counter(
            Case.objects.exclude(kind="sample").values_list("kind", "state", "note", "message__external_id")
        ),
        "standings": Counter(SpaceMember.objects.values_list("space__slug", "state", "strikes")),
    }


def counts() -> dict[str, int]:
    """Rows of every table but of those that only ever grow."""
    grow = ("core.AuditEntry", "core.AuditSeal", "demo.World", "guard.Stamp", "effects.Effect", "core.Beat")
    return {m._meta.label: m._base_manager.count() for m in apps.get_models() if m._meta.label not in grow}


def test_a_world_is_built_in_the_past_with_cases_decided_and_some_left_to_decide() -> None:
    world = built()
    assert world.state == World.State.READY
    assert Message.objects.count() > 400
    newest = Message.objects.order_by("-id").first()
    assert newest is not None
    assert id_time(newest.pk) <= NOW
    assert Message.objects.filter(sent_at__gt=NOW).count() == 0
    assert AuditEntry.objects.filter(actor__startswith="staff:", at__gt=NOW).count() == 0
    waiting = Case.objects.filter(state="open").exclude(kind="sample")
    assert 6 <= waiting.count() <= 25
    assert {"verdict", "report", "appeal"} == set(waiting.values_list("kind", flat=True))
    assert set(Case.objects.values_list("state", flat=True)) >= {"open", "upheld", "undone"}
    later = Effect.objects.exclude(state="done")
    assert not later.exclude(kind="guard.gate.expire", due_at__gt=NOW).exists()
    assert Case.objects.filter(decided_by__startswith="staff:", decided_at__lte=NOW).exists()


def test_the_same_seed_and_moment_make_the_same_world_again() -> None:
    built(length=SHORTER)
    first = told()
    actions.remove("staff:1")
    assert sweeping.sweep()
    built(length=SHORTER)
    assert told() == first


def test_a_builder_that_was_killed_is_followed_by_one_that_goes_on() -> None:
    class Killed(Exception):
        pass

    def kill(done: int, total: int) -> None:
        if done in (3, 9):
            raise Killed

    with clock.freeze(NOW):
        actions.begin(length=SHORTER)
    for _ in range(2):
        freshness.forget()
        with pytest.raises(Killed):
            building.build(kill)
    freshness.forget()
    assert building.build()
    interrupted = told()
    actions.remove("staff:1")
    sweeping.sweep()
    built(length=SHORTER)
    assert told() == interrupted


def test_a_half_built_world_of_yesterday_is_begun_anew_so_that_it_ends_now() -> None:
    with clock.freeze(NOW - timedelta(days=1)):
        world = actions.begin(length=SHORT)
    with clock.freeze(NOW):
        assert building.is_stale(world)
        building.renew(world)
        world = queries.world() or pytest.fail("no world")
        assert world.state == World.State.BUILDING
        assert world.ends == NOW
        assert Space.objects.count() == 3


def test_the_chain_of_the_audit_holds_over_the_past_and_the_removal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Anchors of its own: those of other tests, whose seals are gone, look like a rewritten chain.
    monkeypatch.setattr(audit_anchors, "settings", replace(audit_anchors.settings, data_dir=tmp_path))
    built(length=SHORTER)
    audit_seal.seal_all()
    actions.remove("staff:1")
    drain()
    audit_seal.seal_all()
    report = audit_seal.verify()
    assert report.is_intact, report.breaks[:3]
    assert AuditEntry.objects.filter(verb="demo.removed").count() == 1


def test_staff_of_the_demo_cannot_sign_in_and_are_no_owners(house: Staff) -> None:
    built(length=SHORTER)
    made_up = Staff.objects.filter(email__endswith="@demo.invalid")
    assert made_up.count() == 16
    for staff in made_up:
        assert not staff.is_active
        assert not staff.roles
        assert not staff.has_usable_password()
        assert staff.is_demo
        with pytest.raises(NotAllowed):
            invite(staff, by=house)
        with pytest.raises(NotAllowed):
            reactivate(staff, by=house)
    with pytest.raises(Conflict):
        people.deactivate(house, by="system:test")  # still the last owner


def test_a_removal_leaves_what_is_not_the_demos_as_it_was() -> None:
    built(length=SHORTER)
    real = create_space(platform=PLATFORM, slug="real", name="Real", by="staff:1")
    hers = Raw(PLATFORM, _said("real", "vann", "ours1", "We open at nine tomorrow, all of us."), clock.now())
    scam = Raw(PLATFORM, _said("real", "vbad", "ours2", SCAM), clock.now())
    both = Raw(PLATFORM, _said(EN, "vann", "ours3", "Just looking at your demo."), clock.now())
    visitor = Raw(PLATFORM, _said(EN, "vguest", "ours4", "I only came for the demo."), clock.now())
    came = Raw(
        PLATFORM, join_body(space=EN, visitor="vsilent", name="Silent", sent_at=clock.now()), clock.now()
    )
    ingest([hers, scam, both, visitor, came])
    while index_pending():
        pass
    message = Message.objects.get(space=real, account__external_id="vann")
    report_message(message.pk, "staff:1", "check")
    drain()
    people.set_note(Account.objects.get(external_id="vann").member_id, "regular", by="system:test")
    cases = set(Case.objects.filter(space=real).values_list("pk", flat=True))
    assert Case.objects.filter(space=real).exclude(kind="sample").count() == 2
    assert (queries.belongings(queries.world() or pytest.fail("gone"))).visitors == 3

    actions.remove("staff:1")
    drain()

    assert [space.slug for space in Space.objects.all()] == ["real"]
    assert set(Case.objects.values_list("pk", flat=True)) == cases
    assert sorted(Account.objects.values_list("external_id", flat=True)) == ["vann", "vbad"]
    assert Member.objects.count() == 2
    assert Message.objects.filter(direction="in").count() == 2
    assert SearchDoc.objects.count() == Message.objects.filter(indexed=True).count()
    assert Staff.objects.filter(email__endswith="demo.invalid").count() == 0
    assert Staff.objects.filter(email="owner@example.org").exists()
    assert not Effect.objects.filter(state__in=("dead", "uncertain")).exists()


def test_an_empty_house_is_as_empty_after_the_removal_and_takes_a_fresh_space() -> None:
    before = counts()
    built(length=SHORTER)
    while index_pending():
        pass
    actions.remove("staff:1")
    drain()
    assert counts() == before
    world = queries.world() or pytest.fail("the row stays")
    assert world.state == World.State.REMOVED
    assert not queries.is_there(world)
    assert actions.furnish() is None  # it does not come back by itself
    create_space(platform=PLATFORM, slug="demo-en", name="Ours now", by="staff:1")
    with pytest.raises(NotFound):
        actions.remove("staff:1")


def test_a_house_with_a_space_of_its_own_is_left_alone() -> None:
    create_space(platform=PLATFORM, slug="real", name="Real", by="staff:1")
    with pytest.raises(Conflict):
        actions.begin()
    assert actions.furnish() is None
    assert queries.world() is None


def test_a_removal_stops_the_building() -> None:
    with clock.freeze(NOW):
        actions.begin(length=SHORT)

    def leave(done: int, total: int) -> None:
        if done == 2:
            actions.remove("staff:1")

    assert not building.build(leave)
    drain()
    assert not Account.objects.filter(external_id__startswith=PREFIX).exists()
    assert not Space.objects.exists()


def test_furnishing_makes_two_empty_spaces_that_a_world_may_move_into() -> None:
    assert actions.furnish() is not None
    assert {space.slug for space in Space.objects.all()} == {"demo-en", "demo-zh"}
    with clock.freeze(NOW):
        world = actions.begin(length=SHORT)
    assert len(world.spaces) == 3
    with pytest.raises(Conflict):
        actions.begin()


def _said(space: str, visitor: str, nonce: str, text: str) -> bytes:
    return message_body(
        space=space, visitor=visitor, name=visitor.title(), message_id=external_id(visitor, nonce), text=text,
        sent_at=clock.now(),
    )  # fmt: skip
