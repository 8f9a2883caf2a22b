"""What the demo shows of the guard: campaigns, a raid, a gate, look-alikes, a policy on trial, a model; and
that a removal takes all of it away.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from guildhall.channels.actions import create_space, index_pending
from guildhall.channels.models import Space
from guildhall.channels.webchat import PLATFORM
from guildhall.core import clock
from guildhall.core.models import Proposal
from guildhall.demo import actions, building, queries
from guildhall.demo.cast import EN, VIP, ZH
from guildhall.demo.deeds import POLICY
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard import freshness
from guildhall.guard.actions import install_shipped
from guildhall.guard.models import (
    Campaign,
    CampaignMessage,
    Case,
    Fingerprint,
    Gate,
    GateAttempt,
    GuardDay,
    ModelVersion,
    Policy,
    PolicyVersion,
    Raid,
    ReachCheck,
    RuleDay,
    ShadowRun,
    SpacePolicy,
    Suspect,
    TrainingRow,
)
from guildhall.people.actions import create_staff

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOW = datetime(2026, 3, 18, 9, 41, tzinfo=UTC)
LENGTH = timedelta(hours=34)
GROWS = ("core.AuditEntry", "core.AuditSeal", "demo.World", "guard.Stamp", "effects.Effect", "core.Beat")


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    install_shipped(by="system:test")
    freshness.forget()
    queries.forget()
    create_staff("owner@example.org", "Olga", ["owner"], by="system:test")


def build() -> None:
    with clock.freeze(NOW):
        actions.begin(length=LENGTH)
    assert building.build()
    freshness.forget()


def counts() -> dict[str, int]:
    return {m._meta.label: m._base_manager.count() for m in apps.get_models() if m._meta.label not in GROWS}


def test_the_guard_is_shown_with_campaigns_a_raid_a_gate_look_alikes_a_policy_and_a_model() -> None:
    build()

    confirmed = Campaign.objects.filter(state="confirmed", measure="ban").get()
    assert (confirmed.accounts, confirmed.spaces, confirmed.decided_by[:6]) == (7, 2, "staff:")
    links = CampaignMessage.objects.filter(campaign=confirmed)
    assert not links.filter(message__removed_at=None).exists()
    waiting = Campaign.objects.filter(state="suspected", in_spaces=[Space.objects.get(slug=ZH).pk]).get()
    assert waiting.accounts >= 5
    poem = Campaign.objects.get(state="cleared")
    assert CampaignMessage.objects.filter(campaign=poem, message__text__contains="poem").count() >= 4

    raid = Raid.objects.get(space__slug=ZH, state="over")
    assert (raid.declared_by, raid.ended_by) == ("system:guard", "system:guard")
    assert raid.joins >= 60
    assert raid.ended_at is not None
    assert timedelta(minutes=5) < raid.ended_at - raid.began_at < timedelta(hours=1)
    assert raid.steps.count() == 3
    assert set(raid.steps.values_list("state", flat=True)) == {"undone"}

    assert Gate.objects.get(is_on=True).space.slug == VIP
    states = set(GateAttempt.objects.values_list("state", flat=True))
    assert states >= {"passed", "failed", "expired", "let_in", "waiting"}
    assert GateAttempt.objects.get(state="waiting").stage == "person"

    assert Suspect.objects.filter(state="open").count() == 2
    assert Suspect.objects.filter(state="confirmed", account__external_id__contains="g-like").exists()

    versions = PolicyVersion.objects.filter(policy__slug=POLICY)
    assert versions.get(state="active").source_yaml.count("note:") >= 3
    assert set(SpacePolicy.objects.filter(policy__slug=POLICY).values_list("space__slug", flat=True)) == {
        EN,
        ZH,
    }
    trial = ShadowRun.objects.get()
    assert trial.state == "done"
    assert trial.seen > 300
    check = ReachCheck.objects.get(state="refused")
    assert Proposal.objects.get(pk=check.proposal_id).state == "proposed"

    assert TrainingRow.objects.filter(state="reviewed").count() >= 20
    assert ModelVersion.objects.get().made_by == actions.ACTOR
    assert GuardDay.objects.filter(answered__gt=0).exists()
    assert RuleDay.objects.exists()
    assert Case.objects.filter(kind="sample").exclude(state="open").exists()
    late = Effect.objects.exclude(state="done")
    assert not late.exclude(kind="guard.gate.expire", due_at__gt=NOW).exists()


def test_a_removal_takes_all_of_it_away_and_leaves_no_orphans() -> None:
    before = counts()
    build()
    while index_pending():
        pass
    actions.remove("staff:1")
    drain()
    assert counts() == before
    assert not Effect.objects.exclude(state__in=("done", "cancelled")).exists()


@pytest.mark.proof
def test_a_removal_leaves_the_policy_where_a_real_space_has_chosen_it() -> None:
    build()
    real = create_space(platform=PLATFORM, slug="real", name="Real", by="staff:1")
    SpacePolicy.objects.update_or_create(
        space=real, defaults={"policy": Policy.objects.get(slug=POLICY), "by": "staff:1", "at": clock.now()}
    )
    actions.remove("staff:1")
    drain()
    assert SpacePolicy.objects.get().policy.slug == POLICY
    assert not Fingerprint.objects.exists()
    assert not Campaign.objects.exists()
