"""Exceptions and confirmations: proposed by one, made by another, ended by their moment or by one person at
once.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from guildhall import compliance
from guildhall.compliance import actions, queries
from guildhall.compliance.commands import may_lines
from guildhall.compliance.gate import Gate, books, service_clearance
from guildhall.compliance.models import Override, RuleSet
from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotFound
from guildhall.core.models import AuditEntry, Proposal
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOON = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def noon():
    with clock.freeze(NOW) as held:
        yield held


@pytest.fixture
def officer():
    return make_staff(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def owner():
    return make_staff(Role.OWNER)


def propose(officer, **changed):
    said = {
        "region": "EU",
        "act": "promote",
        "rule_id": "EU-PROMOTE-1",
        "until": SOON,
        "reason": "We hold a licence.",
    }
    said.update(changed)
    return actions.propose_override(by=officer.actor, **said)


def approve(proposal, by):
    approvals.approve(proposal.id, by.actor, Proposal.objects.get(pk=proposal.id).content_hash)


def test_an_exception_counts_only_after_somebody_else_approved_it(officer, owner):
    proposal = propose(officer)
    assert not compliance.may("promote", "DE", "New order types").allowed
    with pytest.raises(GuildhallError):
        approve(proposal, officer)
    approve(proposal, owner)
    decision = compliance.may("promote", "DE", "New order types")
    assert decision.allowed
    assert decision.exemptions == (Override.objects.get().pk,)
    assert decision.require().covers(decision.text)
    assert not compliance.may("promote", "GB", "New order types").allowed


def test_it_ends_by_itself(officer, owner, noon):
    approve(propose(officer), owner)
    noon.advance(timedelta(days=30))
    assert not compliance.may("promote", "DE", "New order types").allowed


def test_one_person_can_revoke_it_at_once_and_only_once(officer, owner):
    approve(propose(officer), owner)
    row = Override.objects.get()
    actions.revoke_override(row.pk, owner.actor)
    assert not compliance.may("promote", "DE", "New order types").allowed
    with pytest.raises(Conflict):
        actions.revoke_override(row.pk, owner.actor)
    with pytest.raises(NotFound):
        actions.revoke_override("01ARZ3NDEKTSV4RRFFQ69G5FAV", owner.actor)


def test_a_decision_about_the_past_knows_the_exceptions_of_the_past(officer, owner, noon):
    approve(propose(officer), owner)
    noon.advance(timedelta(days=1))
    actions.revoke_override(Override.objects.get().pk, owner.actor)
    assert compliance.may("promote", "DE", "x", at=NOW + timedelta(hours=1)).allowed
    assert not compliance.may("promote", "DE", "x", at=NOW - timedelta(hours=1)).allowed


def test_an_exact_text_may_pass_although_it_promises(officer, owner):
    text = "Guaranteed returns? Nobody can promise those; our fund returned 3 % last year, the best month was May."
    approve(propose(officer, rule_id="", region="BR", content=text), owner)
    assert compliance.may("promote", "BR", text).allowed
    assert not compliance.may("promote", "BR", text + " ").allowed


def test_the_audit_tells_who_made_the_exception_and_keeps_no_words(officer, owner):
    approve(propose(officer, rule_id="", region="BR", content="Sign up and be happy"), owner)
    row = AuditEntry.objects.get(verb="compliance.override_made")
    assert row.actor == owner.actor
    assert row.data["region"] == "BR"
    assert "happy" not in str(row.data)


@pytest.mark.parametrize(
    "changed,field",
    [
        ({"region": "Narnia"}, "region"),
        ({"region": "*"}, "region"),
        ({"act": "dance"}, "act"),
        ({"until": NOW}, "until"),
        ({"until": NOW + timedelta(days=181)}, "until"),
        ({"reason": "  "}, "reason"),
        ({"rule_id": ""}, "rule_id"),
        ({"content": "and a text too"}, "rule_id"),
        ({"rule_id": "XX-1"}, "rule_id"),
        ({"rule_id": "OFAC-REGION-1", "region": "CU"}, "rule_id"),
        ({"region": "GB"}, "rule_id"),
        ({"act": "incentive"}, "rule_id"),
    ],
)
def test_an_impossible_exception_is_refused_by_field(officer, changed, field):
    with pytest.raises(BadInput) as caught:
        propose(officer, **changed)
    assert caught.value.field == field
    assert not Proposal.objects.exists()


def test_a_rule_that_was_confirmed_by_two_may_be_relied_on_longer(officer, owner, noon):
    approve(propose(officer, rule_id="HOUSE-DEFAULT-1", region="BR", until=NOW + timedelta(days=180)), owner)
    noon.advance(timedelta(days=170))
    noon.advance(timedelta(days=11))
    late = datetime(2027, 5, 24, 1, tzinfo=UTC)
    assert not compliance.may("promote", "BR", "x", at=late).allowed
    with clock.freeze(late):
        approve(
            propose(officer, rule_id="HOUSE-DEFAULT-1", region="BR", until=late + timedelta(days=10)), owner
        )
        assert not compliance.may("promote", "BR", "x").allowed
        proposal = actions.propose_review(
            "HOUSE-DEFAULT-1", review_by=date(2027, 11, 1), note="Read again.", by=officer.actor
        )
        approve(proposal, owner)
        assert compliance.may("promote", "BR", "x").allowed
        assert queries.rule("HOUSE-DEFAULT-1").review_by == date(2027, 11, 1)


def test_a_confirmation_names_a_rule_a_day_and_what_was_read(officer):
    with pytest.raises(NotFound):
        actions.propose_review("XX-1", review_by=date(2027, 1, 1), note="x", by=officer.actor)
    for changed, field in (
        ({"review_by": date(2026, 11, 24)}, "review_by"),
        ({"review_by": date(2028, 1, 1)}, "review_by"),
        ({"note": " "}, "note"),
    ):
        said = {"review_by": date(2027, 1, 1), "note": "Read.", **changed}
        with pytest.raises(BadInput) as caught:
            actions.propose_review("GB-RISK-1", by=officer.actor, **said)
        assert caught.value.field == field


def test_the_database_itself_refuses_an_exception_by_one_person():
    with pytest.raises(IntegrityError), transaction.atomic():
        Override.objects.create(
            region="EU",
            act="promote",
            rule_id="X",
            reason="x",
            until=SOON,
            proposal_id="1",
            proposed_by="staff:1",
            approved_by="staff:1",
        )


def test_rules_in_use_are_kept_word_for_word():
    actions.pin_rules()
    assert actions.pin_rules() is False
    row = RuleSet.objects.get()
    assert row.rules_yaml == books().rules_yaml
    assert queries.rulebook_of(row.version).rules == books().rulebook.rules
    with pytest.raises(NotFound):
        queries.rulebook_of("1999.1")


def test_a_service_answer_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert compliance.may("service", "CN", "Your message was removed.").allowed


def test_many_questions_read_exceptions_once(django_assert_num_queries):
    with django_assert_num_queries(2):
        gate = Gate()
        for region in ("GB", "DE", "SG", "HK"):
            gate.may("promote", region, "x")


def test_the_matrix_of_today_allows_service_and_nothing_else():
    for _region, cells in queries.matrix():
        assert [cell.act for cell in cells if cell.allowed] in (["service"], [])


def test_what_must_be_reviewed_soon_is_told(noon):
    assert queries.reviews_due() == []
    assert len(queries.reviews_due(at=datetime(2027, 5, 1, tzinfo=UTC))) > 30


def test_the_terminal_answers_in_both_languages():
    allowed, lines = may_lines("incentive", "uk", "Refer a friend", language="zh-hans")
    assert allowed is False
    assert lines[0] == "incentive · 英国: 不允许"
    assert any("GB-INCENTIVE-1" in line for line in lines)
    assert may_lines("service", "GB", "Hello")[0] is True
    with pytest.raises(BadInput):
        may_lines("dance", "GB", "Hello")


def test_a_notice_is_cleared_everywhere_but_under_embargo():
    for region in ("GB", "CN", "", "no region at all"):
        clearance = service_clearance(region, "Your message was removed.", "en")
        assert clearance is not None
        assert clearance.covers("Your message was removed.")
    assert service_clearance("CU", "Your message was removed.", "en") is None
    assert service_clearance("GB", "Join: https://example.com/register?ref=1", "en") is None
