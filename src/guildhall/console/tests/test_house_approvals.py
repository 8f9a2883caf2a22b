"""Four eyes on the pages: a policy is proposed by one and approved by another, an exception too; nobody alone."""

import re

import pytest
from django.urls import reverse

from guildhall import compliance
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core import approvals, clock
from guildhall.core.models import Proposal
from guildhall.guard import actions, policy
from guildhall.guard.models import PolicyVersion
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"console:{name}", args=args)


@pytest.fixture(autouse=True)
def shipped():
    actions.install_shipped("system:test")


def proposed_policy(client):
    """A draft that removes at a lower score, proposed by this client."""
    source = policy.shipped_source("default").replace("delete: 750", "delete: 600")
    version = actions.save_draft("default", source, client.staff.actor)
    response = client.post(url("policy-propose", "default", version.version))
    return version, Proposal.objects.get(pk=response["Location"].rstrip("/").rpartition("/")[2])


def approve(client, proposal, read=None):
    body = {"content_hash": proposal.content_hash if read is None else read}
    return client.post(url("approval-approve", proposal.pk), body, follow=True)


def test_a_harder_policy_is_in_force_only_after_somebody_else_approved_it():
    author, approver = confirmed(Role.MANAGER), confirmed(Role.OWNER)
    version, proposal = proposed_policy(author)
    page = approver.get(url("approval", proposal.pk)).content.decode()
    assert "delete: 600" in page
    assert proposal.content_hash in page
    assert "must decide on what you proposed" in said(approve(author, proposal))
    assert PolicyVersion.objects.get(pk=version.pk).state == "proposed"
    assert said(approve(approver, proposal)) == "Approved and carried out."
    assert PolicyVersion.objects.get(pk=version.pk).state == "active"
    assert "already" in said(approve(approver, proposal))


def test_an_approval_holds_for_what_was_read_only():
    author, approver = confirmed(Role.MANAGER), confirmed(Role.OWNER)
    _version, proposal = proposed_policy(author)
    for read in ("", "0" * 64, "x" * 5000):
        assert "Read it again" in said(approve(approver, proposal, read))
    assert Proposal.objects.get(pk=proposal.pk).state == "proposed"


def test_the_lists_show_what_waits_for_whom():
    author, approver = confirmed(Role.MANAGER), confirmed(Role.OWNER)
    _version, proposal = proposed_policy(author)
    link = url("approval", proposal.pk)
    assert link in approver.get(url("approvals")).content.decode()
    mine = author.get(url("approvals")).content.decode()
    assert link not in mine
    assert "Nothing waits for you" in mine
    assert link in author.get(url("approvals") + "?show=all").content.decode()
    approve(approver, proposal)
    assert link in author.get(url("approvals") + "?show=decided").content.decode()


def test_a_rejection_keeps_its_reason_and_changes_nothing():
    author, approver = confirmed(Role.MANAGER), confirmed(Role.OWNER)
    version, proposal = proposed_policy(author)
    approver.post(url("approval-reject", proposal.pk), {"reason": "Too harsh for newcomers"})
    assert "Too harsh for newcomers" in author.get(url("approval", proposal.pk)).content.decode()
    assert PolicyVersion.objects.get(pk=version.pk).state != "active"


def test_only_the_proposer_withdraws():
    author, approver = confirmed(Role.MANAGER), confirmed(Role.OWNER)
    _version, proposal = proposed_policy(author)
    assert approver.post(url("approval-withdraw", proposal.pk)).status_code == 403
    author.post(url("approval-withdraw", proposal.pk))
    assert Proposal.objects.get(pk=proposal.pk).state == "withdrawn"


def test_whoever_may_not_decide_reads_and_cannot():
    _version, proposal = proposed_policy(confirmed(Role.MANAGER))
    moderator = confirmed(Role.MODERATOR)
    page = moderator.get(url("approval", proposal.pk)).content.decode()
    assert "You may read this and not decide it." in page
    assert approve(moderator, proposal).status_code == 403
    assert client_for(Role.ANALYST).get(url("approvals")).status_code == 403
    assert Proposal.objects.get(pk=proposal.pk).state == "proposed"


def test_a_forged_form_approves_nothing():
    _version, proposal = proposed_policy(confirmed(Role.MANAGER))
    client = confirmed(Role.OWNER, enforce_csrf_checks=True)
    assert approve(client, proposal).status_code == 403
    assert client_for(Role.OWNER).get(url("approval-approve", proposal.pk)).status_code == 405
    assert client_for(Role.OWNER).get(url("approval", "01ARZ3NDEKTSV4RRFFQ69G5FAV")).status_code == 404


def test_approving_asks_for_the_password_again():
    _version, proposal = proposed_policy(confirmed(Role.MANAGER))
    response = client_for(Role.OWNER).post(
        url("approval-approve", proposal.pk), {"content_hash": proposal.content_hash}
    )
    assert "reauthenticate" in response["Location"]


def test_a_proposal_of_a_kind_nobody_knows_is_shown_and_cannot_be_approved():
    proposal = Proposal.objects.create(
        kind="gone.kind",
        subject="x",
        payload={"a": "<script>"},
        content_hash="0" * 64,
        proposed_by="staff:999",
    )
    client = confirmed(Role.OWNER)
    page = client.get(url("approval", proposal.pk)).content.decode()
    assert "&lt;script&gt;" in page
    assert "carry out" in said(approve(client, proposal))


def test_an_exception_is_proposed_approved_and_counts():
    officer, owner = confirmed(Role.COMPLIANCE_OFFICER), confirmed(Role.OWNER)
    until = f"{clock.now():%Y}-12-31" if clock.now().month < 12 else f"{clock.now().year + 1}-01-31"
    form = {
        "act": "promote",
        "region": "de",
        "rule_id": "EU-PROMOTE-1",
        "until": until,
        "reason": "We hold a licence.",
    }
    assert officer.post(url("compliance-exception"), form)["Location"] == url("approvals")
    proposal = Proposal.objects.get(kind="compliance.override")
    assert not compliance.may("promote", "DE", "x").allowed
    assert "We hold a licence." in owner.get(url("approval", proposal.pk)).content.decode()
    approve(owner, proposal)
    assert compliance.may("promote", "DE", "x").allowed
    page = officer.get(url("compliance")).content.decode()
    revoke = re.search(r'action="(/settings/compliance/exception/[0-9A-Z]{26}/revoke/)"', page)
    officer.post(revoke[1])
    assert not compliance.may("promote", "DE", "x").allowed


def test_what_waits_is_counted_for_those_who_can_decide_it():
    from guildhall.console.house_approvals import waiting_for

    author, approver = confirmed(Role.MANAGER), confirmed(Role.OWNER)
    _version, proposal = proposed_policy(author)
    assert [row.pk for row in waiting_for(approver.staff)] == [proposal.pk]
    assert waiting_for(author.staff) == []
    assert approvals.find(proposal.kind).permission == "policies.approve"
