"""Before a policy acts: whom it would have punished, refusal above two in a hundred, and the way past it; how
right verdicts were, counted from decisions.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed
from guildhall.core.models import AuditEntry
from guildhall.effects.testing import drain
from guildhall.guard import actions, freshness, measured, policies, policy, reach
from guildhall.guard.actions import measuring, overriding, reaching
from guildhall.guard.judge import judge
from guildhall.guard.models import Case, MeasuredKind, PolicyVersion, ReachCheck
from guildhall.guard.tests.approving import approve
from guildhall.guard.tests.rows import FINE, SCAM, Asked, a_message, a_space, an_account, post
from guildhall.guard.types import Context, Measure, Measured, Mode, Subject

pytestmark = pytest.mark.django_db
HARSH = {"words": [{"word": "funding", "action": "delete"}]}
"""A draft that removes what everybody talks about."""


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    noted = Asked()
    monkeypatch.setattr("guildhall.guard.enforcement.channels.request_many", noted)
    return noted


@pytest.fixture(autouse=True)
def shipped() -> None:
    actions.install_shipped("system:test")


def edited(**changes: object) -> str:
    return yaml.safe_dump(yaml.safe_load(policy.shipped_source("default")) | changes)


def a_room(members: int, talk: str = FINE, slug: str = "demo", quiet: int = 0) -> Space:
    """A space in which so many members wrote this within the last days, and so many others something else."""
    space = a_space(slug)
    at = clock.now() - timedelta(hours=1)
    for number in range(members + quiet):
        account = an_account(f"{slug} {number}")
        text = talk if number < members else f"good morning everybody, number {number}"
        message = a_message(space, account, f"{text} {number}", at=at)
        SpaceMember.objects.filter(space=space, account=account).update(first_message_at=at, joined_at=at)
        assert message.pk
    return space


def a_refusal(space: Space | None = None) -> tuple[PolicyVersion, ReachCheck]:
    space = space or a_room(5)
    draft = actions.save_draft("default", edited(**HARSH), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    assert outcome.is_refused
    return draft, ReachCheck.objects.get(pk=outcome.check_id)


def test_a_policy_that_would_have_punished_too_many_is_refused_and_says_whom():
    space = a_room(5)
    draft, check = a_refusal(space)
    assert policies.active("default").version == 1
    draft.refresh_from_db()
    assert (draft.state, draft.proposal_id) == ("draft", "")
    assert reaching.figures(check) | {"messages": 0} == {
        "active": 5, "punished": 5, "newly": 5, "confirmed": 0, "messages": 0, "unjudged": 0,
    }  # fmt: skip
    assert "5 of 5 active members" in check.why["en"]
    assert "5 名活跃成员" in check.why["zh"]
    whom = overriding.whom(check)
    assert {one["account"] for one in whom} == set(Message.objects.values_list("account_id", flat=True))
    assert all(one["rules"][0] == "WORD-1" for one in whom)
    assert AuditEntry.objects.filter(verb="policy.check_refused").exists()


def test_two_in_a_hundred_pass_and_three_do_not():
    a_room(2, quiet=98)
    draft = actions.save_draft("default", edited(**HARSH), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    assert outcome.proposal_id  # harder than before, so four eyes; not refused
    a_room(1, slug="other")
    again = actions.save_draft("default", edited(**HARSH, sample_per_day=3), "staff:1")
    assert actions.propose_policy(again.id, "staff:1").is_refused


def test_in_a_tiny_room_two_members_never_hold_a_policy_up():
    a_room(2)
    draft = actions.save_draft("default", edited(**HARSH), "staff:1")
    assert not actions.propose_policy(draft.id, "staff:1").is_refused


def test_whoever_people_called_bad_does_not_count():
    space = a_space()
    for number in range(5):
        message = post(space, an_account(str(number)), f"{SCAM} {number}")
        actions.uphold(Case.objects.get(message=message, kind="verdict").id, "staff:2")
    draft = actions.save_draft("default", edited(sample_per_day=4), "staff:1")
    assert actions.propose_policy(draft.id, "staff:1").in_force
    check = ReachCheck.objects.get()
    assert reaching.figures(check)["confirmed"] == 5


def test_what_moderators_decide_after_a_refusal_counts_when_it_is_proposed_again():
    draft, _check = a_refusal()
    for message in Message.objects.all():
        case = actions.report_message(message.pk, reporter="account:x")
        actions.uphold(case.id, "staff:2")
    again = actions.propose_policy(draft.id, "staff:1")
    assert not again.is_refused
    assert again.proposal_id


def test_a_milder_version_passes_though_many_are_punished_by_both():
    space = a_space()
    for number in range(5):
        post(space, an_account(str(number)), f"{SCAM} {number}")
    draft = actions.save_draft("default", edited(strikes_last_days=20), "staff:1")
    assert actions.propose_policy(draft.id, "staff:1").in_force


def test_a_policy_that_punishes_nobody_is_not_checked():
    a_room(5)
    draft = actions.save_draft(
        "review-first", policy.shipped_source("review-first") + "\nforbid: [links]", "staff:1"
    )
    assert actions.propose_policy(draft.id, "staff:1").in_force
    assert not ReachCheck.objects.exists()


def test_a_second_person_puts_it_in_force_all_the_same_and_the_audit_keeps_the_figures():
    draft, check = a_refusal()
    with pytest.raises(BadInput):
        actions.propose_override(check.id, "staff:1", "  ")
    proposal = actions.propose_override(check.id, "staff:1", "our new rule, announced last week")
    with pytest.raises(NotAllowed):
        approve(str(proposal.id), "staff:1")
    assert policies.active("default").version == 1
    assert len(proposal.payload["whom"]) == 5
    said = approvals.describe(proposal)
    assert "5 of 5 active members" in said.en
    assert "5 名" in said.zh
    approve(str(proposal.id), "staff:2")
    assert policies.active("default").version == draft.version
    entry = AuditEntry.objects.get(verb="policy.overridden")
    assert entry.data["punished"] == 5
    assert entry.data["proposed_by"] == "staff:1"


def test_an_edit_after_the_check_voids_the_override():
    draft, check = a_refusal()
    proposal = actions.propose_override(check.id, "staff:1", "because")
    actions.edit_draft(draft.id, edited(**HARSH, sample_per_day=9), "staff:1")
    with pytest.raises(Conflict):
        approve(str(proposal.id), "staff:2")
    assert policies.active("default").version == 1
    with pytest.raises(Conflict):
        actions.propose_override(check.id, "staff:1", "because")


def test_words_changed_behind_our_back_are_not_put_in_force():
    draft, check = a_refusal()
    proposal = actions.propose_override(check.id, "staff:1", "because")
    PolicyVersion.objects.filter(pk=draft.pk).update(source_yaml=edited(**HARSH, sample_per_day=9))
    with pytest.raises(Conflict):
        approve(str(proposal.id), "staff:2")
    assert policies.active("default").version == 1


def test_a_long_history_is_checked_by_the_engine_and_what_passes_goes_on_by_itself(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(reaching, "DIRECTLY", 3)
    monkeypatch.setattr(reaching, "CHUNK", 2)
    a_room(5)
    draft = actions.save_draft("default", edited(sample_per_day=9), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    assert not outcome.in_force
    assert (outcome.proposal_id, outcome.is_refused) == ("", False)
    assert actions.propose_policy(draft.id, "staff:1").check_id == outcome.check_id
    drain()
    check = ReachCheck.objects.get()
    assert (check.state, check.seen, check.result["active"]) == ("passed", 5, 5)
    assert policies.active("default").sample_per_day == 9
    harsh = actions.save_draft("default", edited(**HARSH), "staff:1")
    refused = actions.propose_policy(harsh.id, "staff:1")
    drain()
    assert ReachCheck.objects.get(pk=refused.check_id).state == "refused"
    assert policies.active("default").sample_per_day == 9


def test_a_draft_edited_while_it_is_checked_does_not_come_into_force(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reaching, "DIRECTLY", 0)
    a_room(5)
    draft = actions.save_draft("default", edited(sample_per_day=9), "staff:1")
    check = ReachCheck.objects.get(pk=actions.propose_policy(draft.id, "staff:1").check_id)
    actions.edit_draft(draft.id, edited(sample_per_day=8), "staff:1")
    drain()
    check.refresh_from_db()
    assert check.state == "void"
    assert policies.active("default").version == 1


def test_a_check_that_takes_too_long_says_so_and_needs_two_people(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reaching, "DIRECTLY", 0)
    a_room(5)
    draft = actions.save_draft("default", edited(sample_per_day=9), "staff:1")
    with clock.freeze(clock.now()) as held:
        check_id = actions.propose_policy(draft.id, "staff:1").check_id
        held.advance(2 * 3600)
        drain()
    check = ReachCheck.objects.get(pk=check_id)
    assert check.state == "unfinished"
    assert "in time" in check.why["en"]
    assert policies.active("default").version == 1
    proposal = actions.propose_override(check.id, "staff:1", "no spare hour")
    approve(str(proposal.id), "staff:2")
    assert policies.active("default").sample_per_day == 9


def test_messages_whose_words_are_gone_leave_the_check_unfinished():
    a_room(5)
    a_room(12, slug="gone")
    Message.objects.filter(space__slug="gone").update(text="", links=[], media=[])
    draft = actions.save_draft("default", edited(sample_per_day=9), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    check = ReachCheck.objects.get(pk=outcome.check_id)
    assert outcome.is_refused
    assert check.state == "unfinished"
    assert "12 of 17 messages" in check.why["en"]


def test_letting_a_harder_policy_judge_a_space_is_refused_too():
    space = a_room(5)
    actions.assign_policy(space.id, "review-first", "staff:1")
    draft = actions.save_draft("vip", edited(**HARSH), "staff:1", name="VIP")
    version = PolicyVersion.objects.get(pk=draft.pk)
    assert actions.propose_policy(draft.id, "staff:1").proposal_id  # it judges no space yet: only four eyes
    approve(PolicyVersion.objects.get(pk=version.pk).proposal_id, "staff:2")
    outcome = actions.assign_policy(space.id, "vip", "staff:1")
    assert outcome.is_refused
    assert policies.active_for(space.id).mode is Mode.REVIEW
    proposal = actions.propose_override(outcome.check_id, "staff:1", "agreed with the owners")
    approve(str(proposal.id), "staff:2")
    assert policies.active_for(space.id).slug == "vip"


def test_staff_and_administrators_of_the_space_are_never_among_those_punished():
    space = a_room(5)
    SpaceMember.objects.filter(space=space).update(state="admin")
    draft = actions.save_draft("default", edited(**HARSH), "staff:1")
    assert not actions.propose_policy(draft.id, "staff:1").is_refused
    assert ReachCheck.objects.get().result["members"] == {}


def test_a_check_stops_counting_when_nothing_more_is_learnt():
    tally = reach.empty() | {"active": 10_000}
    tally["members"] = {str(n): {"confirmed": False, "newly": True} for n in range(reach.MOST_MEMBERS)}
    assert reach.is_full(tally)
    assert reach.refusal(tally) is not None


def decided(space: Space, right: int, wrong: int) -> None:
    for number in range(right + wrong):
        message = post(space, an_account(f"d{number}"), f"{SCAM} {number}")
        case = Case.objects.get(message=message, kind="verdict")
        (actions.uphold if number < right else actions.undo)(case.id, "staff:2")


def test_what_people_decide_becomes_the_precision_the_judge_goes_by():
    space = a_space()
    decided(space, 9, 11)
    assert measuring.measure() > 0
    freshness.forget()
    counts = measured.current().at(space.id, space.language)
    (family,) = counts
    assert counts[family][0] == Measured(20, 9, "space")
    careful = policy.parse("mode: act\npunish_only_above: {precision: 0.9, decided: 20, otherwise: act}")
    found = judge(Subject(SCAM), Context(clock.now(), measured=counts), careful)
    assert (found.action, found.actions) == (Measure.REVIEW, ())
    assert found.reasons[-1].params["share"] == "45 %"
    assert judge(Subject(SCAM), Context(clock.now()), careful).removes
    assert MeasuredKind.objects.get(family=family, space_id="", language="").decided == 20


def test_nothing_is_counted_again_while_nothing_was_decided():
    space = a_space()
    decided(space, 2, 0)
    measuring.measure()
    MeasuredKind.objects.update(decided=77)
    measuring.measure()
    assert set(MeasuredKind.objects.values_list("decided", flat=True)) == {77}
    decided_more = post(space, an_account("more"), f"{SCAM} more")
    actions.uphold(Case.objects.get(message=decided_more, kind="verdict").id, "staff:2")
    measuring.measure()
    assert set(MeasuredKind.objects.values_list("decided", flat=True)) == {3}
