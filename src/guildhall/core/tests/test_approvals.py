"""Four eyes: what one person proposes another approves, exactly as read, once, and in time."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.models import AuditEntry, Proposal
from guildhall.core.text import Text

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
A, B, C = "staff:1", "staff:2", "staff:3"


@pytest.fixture(autouse=True)
def held():
    with clock.freeze(NOW) as handle:
        yield handle


@pytest.fixture
def done():
    """A kind of proposal that notes what it was asked to do."""
    deeds = []

    def carry_out(proposal):
        if proposal.payload.get("breaks"):
            raise Conflict("it broke")
        deeds.append((proposal.payload["pay"], proposal.decided_by, proposal.proposed_by))

    approvals.register(
        "test.pay",
        carry_out=carry_out,
        permission="x",
        describe=lambda payload: Text(f"Pay {payload['pay']}", "付款"),
    )
    yield deeds
    approvals._kinds.pop("test.pay")
    approvals._kinds.pop("test.two", None)


def propose(pay=5, by=A, **more):
    return approvals.propose("test.pay", "batch:1", {"pay": pay, **more}, by)


def test_what_somebody_else_approved_is_carried_out_once(done):
    proposal = propose()
    assert str(approvals.describe(proposal)) == "Pay 5"
    assert approvals.approve(proposal.id, B, proposal.content_hash).state == "carried_out"
    assert done == [(5, B, A)]
    with pytest.raises(Conflict):
        approvals.approve(proposal.id, C, proposal.content_hash)
    assert done == [(5, B, A)]


def test_nobody_approves_or_rejects_their_own(done):
    proposal = propose()
    for decide in (
        lambda: approvals.approve(proposal.id, A, proposal.content_hash),
        lambda: approvals.reject(proposal.id, A),
    ):
        with pytest.raises(NotAllowed):
            decide()
    assert done == []
    assert approvals.withdraw(proposal.id, A).state == "withdrawn"


def test_an_edit_voids_what_was_approved_and_makes_the_editor_the_proposer(done):
    approvals.register(
        "test.two",
        carry_out=lambda p: done.append(p.payload["pay"]),
        permission="x",
        describe=lambda p: Text("", ""),
        eyes=2,
    )
    proposal = approvals.propose("test.two", "batch:1", {"pay": 5}, A)
    assert approvals.approve(proposal.id, B, proposal.content_hash).state == "proposed"
    edited = approvals.edit(proposal.id, {"pay": 500}, A)
    with pytest.raises(Conflict, match="changed after you read it"):
        approvals.approve(proposal.id, C, proposal.content_hash)
    assert approvals.approve(proposal.id, C, edited.content_hash).state == "proposed"
    assert approvals.approve(proposal.id, C, edited.content_hash).state == "proposed"
    assert approvals.approve(proposal.id, B, edited.content_hash).state == "carried_out"
    assert done == [500]


def test_who_edits_cannot_approve_the_edit(done):
    proposal = propose()
    edited = approvals.edit(proposal.id, {"pay": 6}, B)
    with pytest.raises(NotAllowed):
        approvals.approve(proposal.id, B, edited.content_hash)
    approvals.approve(proposal.id, A, edited.content_hash)
    assert done == [(6, A, B)]


def test_the_same_content_proposed_twice_waits_once(done):
    assert propose().id == propose().id
    assert propose(6).id != propose(5).id
    assert Proposal.objects.count() == 2


def test_a_proposal_that_cannot_be_carried_out_has_failed_and_left_nothing(done):
    proposal = propose(breaks=True)
    with pytest.raises(Conflict, match="it broke"):
        approvals.approve(proposal.id, B, proposal.content_hash)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.reason) == ("failed", "it broke")
    assert not proposal.approvals.exists()


def test_what_failed_is_tried_again_by_another_approval(done):
    broken = []

    def carry_out(proposal):
        done.append(proposal.payload["pay"])
        if broken:
            raise Conflict("the till is closed")

    approvals.register("test.two", carry_out=carry_out, permission="x", describe=lambda p: Text("", ""))
    proposal = approvals.propose("test.two", "batch:1", {"pay": 5}, A)
    broken.append(True)
    with pytest.raises(Conflict, match="till is closed"):
        approvals.approve(proposal.id, B, proposal.content_hash)
    with pytest.raises(NotAllowed):
        approvals.approve(proposal.id, A, proposal.content_hash)
    broken.clear()
    decided = approvals.approve(proposal.id, C, proposal.content_hash)
    assert (decided.state, decided.reason, decided.decided_by) == ("carried_out", "", C)
    with pytest.raises(Conflict):
        approvals.approve(proposal.id, B, proposal.content_hash)


def test_what_failed_can_be_edited_rejected_and_withdrawn_and_expires(done, held):
    failed = [propose(number, breaks=True) for number in (1, 2, 3, 4)]
    for proposal in failed:
        with pytest.raises(Conflict, match="it broke"):
            approvals.approve(proposal.id, B, proposal.content_hash)
    edited = approvals.edit(failed[0].id, {"pay": 7}, A)
    assert (edited.state, edited.reason, edited.decided_by) == ("proposed", "", "")
    assert approvals.approve(edited.id, B, edited.content_hash).state == "carried_out"
    assert approvals.reject(failed[1].id, B, "never").state == "rejected"
    assert approvals.withdraw(failed[2].id, A).state == "withdrawn"
    held.advance(approvals.LIVES)
    assert approvals.expire_old() == 1


def test_only_the_proposer_withdraws(done):
    proposal = propose()
    with pytest.raises(NotAllowed):
        approvals.withdraw(proposal.id, B)
    assert approvals.withdraw(proposal.id, A).state == "withdrawn"


def test_a_payload_changed_behind_our_back_is_not_carried_out(done):
    proposal = propose()
    Proposal.objects.update(payload={"pay": 10**9})
    with pytest.raises(Conflict):
        approvals.approve(proposal.id, B, proposal.content_hash)
    assert done == []


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_the_same_moment_carry_out_once(done):
    proposal, outcomes, together = propose(), [], threading.Barrier(2)

    def decide(by):
        together.wait()
        try:
            outcomes.append(str(approvals.approve(proposal.id, by, proposal.content_hash).state))
        except Conflict as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[by]) for by in (B, C)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["carried_out", "decided"]
    assert len(done) == 1


def test_what_nobody_decided_in_time_expires(done, held):
    proposal = propose()
    held.advance(approvals.LIVES)
    with pytest.raises(Conflict):
        approvals.approve(proposal.id, B, proposal.content_hash)
    assert approvals.expire_old() == 1
    assert Proposal.objects.get().state == "expired"
    held.advance(timedelta(days=1))
    assert approvals.expire_old() == 0


def test_a_no_is_kept_with_its_reason(done):
    proposal = propose()
    approvals.reject(proposal.id, B, "too much")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by, proposal.reason) == ("rejected", B, "too much")
    assert done == []


def test_what_is_not_there_or_cannot_be_done_is_refused(done):
    for unknown in ("", "x", "01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        with pytest.raises(NotFound):
            approvals.approve(unknown, B, "")
    with pytest.raises(BadInput):
        approvals.propose("test.unheard", "x", {}, A)
    with pytest.raises(BadInput):
        approvals.propose("test.pay", "x", {"pay": object()}, A)


def test_every_step_is_in_the_audit(done):
    proposal = propose()
    approvals.edit(proposal.id, {"pay": 6}, A)
    proposal.refresh_from_db()
    approvals.approve(proposal.id, B, proposal.content_hash)
    verbs = list(
        AuditEntry.objects.filter(verb__startswith="proposal.").order_by("id").values_list("verb", flat=True)
    )
    assert verbs == ["proposal.made", "proposal.edited", "proposal.approved", "proposal.carried_out"]


def test_the_hash_says_the_same_for_the_same_content_only(done):
    assert approvals.content_hash("k", "s", {"a": 1, "b": 2}) == approvals.content_hash(
        "k", "s", {"b": 2, "a": 1}
    )
    assert approvals.content_hash("k", "s", {"a": 1}) != approvals.content_hash("k", "s", {"a": 2})
    assert approvals.content_hash("k", "s", {}) != approvals.content_hash("ks", "", {})
