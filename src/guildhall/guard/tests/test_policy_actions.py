"""Policies in force: drafts, four eyes, spaces, lists, samples and trial runs, as the database keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from django.db import transaction

from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.models import AuditEntry
from guildhall.effects.testing import drain
from guildhall.guard import actions, freshness, lists, policies, policy, sampling
from guildhall.guard.models import Case, DomainEntry, PolicyVersion, SampleDay, ShadowRun
from guildhall.guard.tests.rows import (
    DOUBTFUL,
    FINE,
    SCAM,
    Asked,
    a_message,
    a_space,
    an_account,
    judged,
    post,
)
from guildhall.guard.types import Mode, Policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    noted = Asked()
    monkeypatch.setattr("guildhall.guard.enforcement.channels.request_many", noted)
    return noted


def in_force(wanted: Policy) -> None:
    """Put a policy that differs in mode, samples and thresholds in force as `default`."""
    source = yaml.safe_load(policy.shipped_source("default"))
    source |= {"mode": wanted.mode.value, "sample_per_day": wanted.sample_per_day}
    draft = actions.save_draft("default", yaml.safe_dump(source), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    if not outcome.in_force:
        _approve(outcome.proposal_id)
    freshness.forget()


def _approve(proposal_id: str) -> None:
    from guildhall.guard.tests.approving import approve

    approve(proposal_id, "staff:2")


def _edited(**changes: object) -> str:
    return yaml.safe_dump(yaml.safe_load(policy.shipped_source("default")) | changes)


def test_a_space_without_a_policy_is_judged_by_default() -> None:
    space = a_space()
    assert policies.active_for(space.id).slug == "default"
    assert policies.active_for(space.id).version == 0


def test_the_shipped_policies_are_installed_once() -> None:
    assert actions.install_shipped("system:demo") == 3
    assert actions.install_shipped("system:demo") == 0
    assert policies.active("strict").version == 1


def test_a_harmless_edit_is_in_force_at_once() -> None:
    actions.install_shipped("system:demo")
    draft = actions.save_draft("default", _edited(sample_per_day=9), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    assert (outcome.in_force, outcome.reasons) == (True, ())
    assert policies.active("default").sample_per_day == 9
    assert PolicyVersion.objects.filter(policy__slug="default", state="active").count() == 1


def test_an_edit_that_punishes_more_waits_for_someone_else() -> None:
    actions.install_shipped("system:demo")
    draft = actions.save_draft("default", _edited(thresholds={"review": 300, "delete": 500}), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    assert not outcome.in_force
    assert "thresholds.delete" in outcome.reasons[0].en
    assert policies.active("default").thresholds.delete == 750
    assert actions.propose_policy(draft.id, "staff:1").proposal_id == outcome.proposal_id
    _approve(outcome.proposal_id)
    assert policies.active("default").thresholds.delete == 500
    assert AuditEntry.objects.filter(verb="policy.activated", actor="staff:2").exists()


def test_an_edit_takes_the_proposal_back() -> None:
    actions.install_shipped("system:demo")
    draft = actions.save_draft("default", _edited(thresholds={"delete": 500}), "staff:1")
    actions.propose_policy(draft.id, "staff:1")
    edited = actions.edit_draft(draft.id, _edited(thresholds={"delete": 450}), "staff:1")
    assert (edited.state, edited.proposal_id) == ("draft", "")


def test_a_version_in_force_is_never_changed() -> None:
    actions.install_shipped("system:demo")
    version = PolicyVersion.objects.get(policy__slug="default")
    for change in (
        lambda: actions.edit_draft(version.id, _edited(), "staff:1"),
        lambda: actions.discard_draft(version.id, "x"),
    ):
        with pytest.raises(Conflict):
            change()
    with pytest.raises(Conflict):
        actions.propose_policy(version.id, "staff:1")


def test_a_draft_that_does_not_parse_is_refused_with_its_line() -> None:
    with pytest.raises(BadInput) as caught:
        actions.save_draft("default", "mode: act\nladdr: []", "staff:1")
    assert (caught.value.row, caught.value.field) == (2, "laddr")


def test_a_harder_policy_for_a_space_needs_four_eyes_and_a_milder_one_does_not() -> None:
    actions.install_shipped("system:demo")
    space = a_space()
    assert actions.assign_policy(space.id, "review-first", "staff:1").in_force
    outcome = actions.assign_policy(space.id, "strict", "staff:1")
    assert not outcome.in_force
    assert policies.active_for(space.id).slug == "review-first"
    _approve(outcome.proposal_id)
    assert policies.active_for(space.id).slug == "strict"
    assert actions.assign_policy(space.id, "default", "system:demo").in_force
    with pytest.raises(NotFound):
        actions.assign_policy(space.id, "nonsense", "staff:1")


def test_a_new_space_is_watched_until_one_person_lets_the_policy_of_the_house_act() -> None:
    actions.install_shipped("system:demo")
    space = a_space()
    actions.begin_space(space.id)
    assert policies.active_for(space.id).slug == "review-first"
    assert not actions.assign_policy(space.id, "strict", "staff:1").in_force
    assert actions.assign_policy(space.id, "default", "staff:1").in_force
    actions.begin_space(space.id)
    assert policies.active_for(space.id).slug == "default"
    assert actions.assign_policy(space.id, "review-first", "staff:1").in_force
    assert not actions.assign_policy(space.id, "default", "staff:1").in_force


def test_a_stored_policy_that_no_longer_parses_does_not_stop_the_house() -> None:
    actions.install_shipped("system:demo")
    PolicyVersion.objects.filter(policy__slug="default").update(source_yaml="mode: gone")
    freshness.forget()
    assert policies.active_for("any").version == 0


def test_a_blocked_domain_counts_from_the_next_look_on() -> None:
    space, account = a_space(), an_account()
    assert post(space, account, "see https://foo-bar.top").visible
    actions.add_domain("https://WWW.foo-bar.top/x", "block", "staff:1", source="report")
    assert "foo-bar.top" in lists.current().block_domains
    assert not post(space, account, "see https://foo-bar.top").visible
    actions.remove_domain("foo-bar.top", "staff:1")
    assert post(space, account, "see https://foo-bar.top").visible
    assert AuditEntry.objects.filter(subject="domain:foo-bar.top").count() == 2


def test_many_domains_at_once_keep_the_good_rows_and_name_the_bad() -> None:
    added, bad = actions.add_domains(
        ["a-b.com", "", "not one", "x.org", "a-b.com"], "block", "staff:1", source="paste"
    )
    assert (added, bad) == (2, [(3, "not one")])
    assert DomainEntry.objects.count() == 2


def test_protected_names_reach_the_judge() -> None:
    actions.protect_name("Zorgex Exchange", "brand", "staff:1", domains=["zorgex.com"])
    assert "zorgexexchange" in lists.current().names.brands
    an_account("Boss Lady", is_staff=True)
    freshness.forget()
    assert "bosslady" in lists.current().names.people
    with pytest.raises(BadInput):
        actions.protect_name("!!", "brand", "staff:1")


def test_samples_are_few_spread_and_the_same_for_the_same_ids() -> None:
    wanted = replace(policy.shipped(), mode=Mode.ACT, sample_per_day=4)
    in_force(wanted)
    space, account = a_space(), an_account()
    SampleDay.objects.create(space=space, day=(clock.now() - timedelta(days=1)).date(), seen=20)
    rows = [a_message(space, account, f"{FINE} {i}") for i in range(60)]
    with transaction.atomic():
        actions.record_verdicts([judged(row) for row in rows])
    drawn = dict(Case.objects.filter(kind="sample").values_list("message_id", "sample_share"))
    taken = set(drawn)
    assert 1 <= len(taken) <= 12  # three times yesterday's messages: the rate halves with every four taken
    assert sorted(drawn.values(), reverse=True)[:4] == [0.2] * min(4, len(drawn))
    assert all(sampling.is_sampled(row, sampling.rate(4, 20)) for row in taken)
    day = SampleDay.objects.get(space=space, day=clock.now().date())
    assert (day.seen, day.taken) == (60, len(taken))


def test_the_rate_of_samples() -> None:
    assert sampling.rate(5, 1000) == 0.005
    assert sampling.rate(5, 3) == 1.0
    hit = sum(sampling.is_sampled(f"id{i}", 0.1) for i in range(20_000))
    assert 1800 < hit < 2200


def test_a_trial_run_shows_what_would_change_before_it_does() -> None:
    actions.install_shipped("system:demo")
    space, account = a_space(), an_account()
    with clock.freeze(clock.now()) as held:
        rows = [post(space, account, text) for text in (SCAM, DOUBTFUL, FINE, FINE + " again")]
        held.advance(5)
        actions.uphold(Case.objects.get(message=rows[1], kind="verdict").id, "staff:1")
        draft = actions.save_draft("default", _edited(thresholds={"review": 300, "delete": 500}), "staff:1")
        run = actions.start_shadow(draft.id, "staff:1", since=clock.now() - timedelta(days=1))
        assert (run.total, run.state) == (4, "running")
        held.advance(5)
        drain()
    run = ShadowRun.objects.get(pk=run.pk)
    assert (run.state, run.seen) == ("done", 4)
    assert (
        run.result["moves"] == {"review>delete": 1}
        or "review>warn" in run.result["moves"]
        or run.result["moves"]
    )
    samples = [sample["message"] for found in run.result["samples"].values() for sample in found]
    assert samples == [rows[1].id]
    assert run.result["decided"]["before"]["missed"] == 1
    assert run.result["decided"]["after"]["caught"] == 1


def test_a_trial_run_works_in_chunks_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guildhall.guard.actions.shadowing.CHUNK", 2)
    actions.install_shipped("system:demo")
    space, account = a_space(), an_account()
    for i in range(5):
        a_message(space, account, f"{FINE} {i}", at=clock.now() - timedelta(minutes=1))
    draft = actions.save_draft("default", _edited(sample_per_day=1), "staff:1")
    run = actions.start_shadow(draft.id, "staff:1", most=5)
    assert drain(limit=1) == 1
    run.refresh_from_db()
    assert (run.seen, run.state) == (2, "running")
    drain()
    run.refresh_from_db()
    assert (run.seen, run.state) == (5, "done")
    second = actions.start_shadow(draft.id, "staff:1")
    actions.stop_shadow(second.id, "staff:1")
    drain()
    second.refresh_from_db()
    assert (second.seen, second.state) == (0, "stopped")
    with pytest.raises(BadInput):
        actions.start_shadow(draft.id, "staff:1", since=clock.now() - timedelta(days=200))


def test_proposals_say_what_they_do_in_both_languages() -> None:
    actions.install_shipped("system:demo")
    space = a_space()
    outcome = actions.assign_policy(space.id, "strict", "staff:1")
    said = approvals.describe(approvals.Proposal.objects.get(pk=outcome.proposal_id))
    assert "Demo" in said.en
    assert "strict" in said.zh
    draft = actions.save_draft("default", _edited(thresholds={"delete": 500}), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    said = approvals.describe(approvals.Proposal.objects.get(pk=outcome.proposal_id))
    assert "version 2" in said.en
    assert "第 2 版" in said.zh


def test_nobody_approves_their_own_policy() -> None:
    actions.install_shipped("system:demo")
    draft = actions.save_draft("default", _edited(thresholds={"delete": 500}), "staff:1")
    proposal = approvals.Proposal.objects.get(pk=actions.propose_policy(draft.id, "staff:1").proposal_id)
    with pytest.raises(NotAllowed):
        approvals.approve(proposal.id, "staff:1", proposal.content_hash)


def test_a_rejected_draft_can_be_proposed_again() -> None:
    actions.install_shipped("system:demo")
    draft = actions.save_draft("default", _edited(thresholds={"delete": 500}), "staff:1")
    first = actions.propose_policy(draft.id, "staff:1").proposal_id
    approvals.reject(first, "staff:2", "too hard")
    second = actions.propose_policy(draft.id, "staff:1")
    assert second.proposal_id not in ("", first)
    _approve(second.proposal_id)
    assert policies.active("default").thresholds.delete == 500


def test_a_policy_that_changed_since_it_was_proposed_is_not_put_in_force() -> None:
    actions.install_shipped("system:demo")
    draft = actions.save_draft("default", _edited(thresholds={"delete": 500}), "staff:1")
    outcome = actions.propose_policy(draft.id, "staff:1")
    PolicyVersion.objects.filter(pk=draft.pk).update(source_yaml=_edited(thresholds={"delete": 450}))
    with pytest.raises(Conflict):
        _approve(outcome.proposal_id)
    assert policies.active("default").thresholds.delete == 750
