"""The compliance pages: the answers by region, trying a text, every rule with its sources, confirming one."""

from datetime import timedelta

import pytest
from django.urls import reverse

from guildhall.compliance.gate import books
from guildhall.core import clock
from guildhall.core.models import Proposal
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def test_every_rule_is_on_the_page_and_opens_with_its_sources():
    client = client_for(Role.ANALYST)
    page = client.get(url("compliance")).content.decode()
    for rule in books().rulebook.rules:
        assert rule.id in page
    rule = client.get(url("compliance-rule", "GB-RISK-1")).content.decode()
    assert "taylorwessing.com" in rule
    assert "Take 2 mins to learn more" in rule


def test_a_text_is_tried_and_changes_nothing():
    client = client_for(Role.CONTENT_EDITOR)
    form = {"act": "promote", "region": "uk", "text": "Guaranteed returns <script>alert(1)</script>"}
    response = client.post(url("compliance"), form)
    page = response.content.decode()
    assert response.context["decision"].region == "GB"
    assert "GB-PROMOTE-1" in page
    assert "<mark>Guaranteed returns</mark>" in page
    assert "<script>alert" not in page
    assert not Proposal.objects.exists()


def test_a_region_that_cannot_be_is_named_at_its_field():
    response = client_for(Role.OWNER).post(
        url("compliance"), {"act": "promote", "region": "Narnia", "text": "x"}
    )
    assert "two ISO letters" in response.content.decode()
    assert response.context["decision"] is None


def test_the_page_speaks_chinese():
    client = client_for(Role.OWNER)
    client.cookies["guildhall_language"] = "zh-hans"
    page = client.get(url("compliance")).content.decode()
    assert "中国大陆" in page
    assert "禁止任何金钱或非金钱的投资激励" in page


def test_a_confirmation_is_proposed_and_waits():
    client = client_for(Role.COMPLIANCE_OFFICER)
    day = clock.now().date() + timedelta(days=200)
    wrong = client.post(url("compliance-confirm", "GB-RISK-1"), {"review_by": f"{day}", "note": ""})
    assert wrong.status_code == 422
    right = client.post(
        url("compliance-confirm", "GB-RISK-1"), {"review_by": f"{day}", "note": "COBS 4.12A read."}
    )
    assert right["Location"] == url("approvals")
    again = client.post(
        url("compliance-confirm", "GB-RISK-1"), {"review_by": f"{day}", "note": "COBS 4.12A read."}
    )
    assert again.status_code == 303
    assert Proposal.objects.get().payload["note"] == "COBS 4.12A read."


@pytest.mark.parametrize(
    "bad,field",
    [
        ({"rule_id": ""}, "rule_id"),
        ({"rule_id": "OFAC-REGION-1", "region": "CU"}, "rule_id"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "never"}, "until"),
        ({"reason": ""}, "reason"),
        ({"act": "service"}, "act"),
        ({"region": "Narnia"}, "region"),
    ],
)
def test_an_impossible_exception_is_refused_at_its_field(bad, field):
    until = clock.now().date() + timedelta(days=20)
    form = {
        "act": "promote",
        "region": "DE",
        "rule_id": "EU-PROMOTE-1",
        "until": f"{until}",
        "reason": "Licence.",
        **bad,
    }
    response = client_for(Role.COMPLIANCE_OFFICER).post(url("compliance-exception"), form)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Proposal.objects.exists()


def test_others_read_and_propose_nothing():
    client = client_for(Role.ANALYST)
    assert client.get(url("compliance")).status_code == 200
    assert client.get(url("compliance-exception")).status_code == 403
    assert client.post(url("compliance-confirm", "GB-RISK-1"), {}).status_code == 403
    assert client_for(Role.VENDOR_AGENT).get(url("compliance")).status_code == 403
    assert client_for(Role.OWNER).get(url("compliance-rule", "XX-1")).status_code == 404
    forger = client_for(Role.COMPLIANCE_OFFICER, enforce_csrf_checks=True)
    assert forger.post(url("compliance-exception"), {}).status_code == 403
