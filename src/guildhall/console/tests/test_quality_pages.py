"""Quality and vendors by their pages: set up, judged, appealed, invoiced; a vendor's lead sees their own only."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.core import clock
from guildhall.desk.actions import quality, vendors
from guildhall.desk.models import Appeal, Review, SamplingRule, Scorecard, Vendor, VendorInvoice
from guildhall.desk.testing import outsourced
from guildhall.desk.tests.test_quality import AFTER, CARD, FULL_MARKS, IN_WEEK, a_card, a_rule, drawn
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff, sign_in

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return reverse(f"console:{name}", args=args)


def as_(staff: Staff, language: str = "en") -> Client:
    Staff.objects.filter(pk=staff.pk).update(language=language)
    client = sign_in(Client(), staff)
    client.cookies["django_language"] = language
    return client


def fields(page: str) -> dict[str, str]:
    """What a form on the page would post as it stands."""
    found = dict(re.findall(r'<input[^>]*?name="(\w+)"[^>]*?value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_a_card_and_a_rule_are_written_and_a_week_is_drawn_judged_and_appealed() -> None:
    boss, agent = client_for(Role.OWNER), make_staff(Role.SUPPORT_AGENT)
    assert "Write a scorecard" in boss.get(url("quality")).content.decode()
    shown = boss.get(url("quality-card-new")).content.decode()
    data = {key: value for key, value in fields(shown).items() if "critical" not in key}
    answer = boss.post(url("quality-card-new"), data)
    assert answer.status_code == 303, answer.content.decode()[:3000]
    card = Scorecard.objects.get()
    assert len(card.versions.get().card.criteria) == 7
    said = {
        "name": "All",
        "scorecard": card.pk,
        "share": 100,
        "at_least": 0,
        "second": 0,
        "order": 1,
        "is_on": "on",
    }
    assert boss.post(url("quality-rule-new"), said).status_code == 303
    outsourced.answered(outsourced.a_ticket(None, at=IN_WEEK), agent, IN_WEEK)
    with clock.freeze(AFTER):
        boss.post(url("quality-draw"))
        review = Review.objects.get()
        page = boss.get(url("quality-review", review.pk)).content.decode()
    assert "It is there now." in page
    marks = {f"mark_{one.key}": "0" for one in review.version.card.criteria}
    assert boss.post(url("quality-review", review.pk), {"coaching": ""}).status_code == 422
    assert boss.post(url("quality-review", review.pk), marks | {"coaching": "Read first."}).status_code == 303
    mine = as_(agent, "zh-hans")
    assert "我的回复" in mine.get(url("quality-mine")).content.decode()
    assert "Read first." in mine.get(url("quality-review", review.pk)).content.decode()
    mine.post(url("quality-review-appeal", review.pk), {"reason": "It was right."})
    appeal = Appeal.objects.get()
    assert "It was right." in boss.get(url("quality")).content.decode()
    assert boss.get(url("quality-appeal", appeal.pk)).content.decode().count('name="granted"') == 0
    other = client_for(Role.MANAGER)
    better = dict.fromkeys(marks, "1") | {"answer": "Yes.", "granted": "yes"}
    assert other.post(url("quality-appeal", appeal.pk), better).status_code == 303
    assert Appeal.objects.get().state == "granted"
    for name in ("quality-results", "quality-cards", "quality-rules"):
        assert boss.get(url(name)).status_code == 200
    assert boss.get(url("quality-rule", SamplingRule.objects.get().pk)).status_code == 200
    assert boss.get(url("quality-card", card.pk)).status_code == 200


def test_the_second_judge_does_not_see_the_first_marks() -> None:
    boss, other = make_staff(Role.OWNER), make_staff(Role.MANAGER)
    review = drawn(make_staff(Role.SUPPORT_AGENT), boss)
    quality.judge(review.pk, FULL_MARKS, by=boss, comments={"tone": "very warm"})
    seen = as_(other).get(url("quality-review", review.pk)).content.decode()
    assert "very warm" not in seen
    assert "100.0" not in seen
    blind = as_(other).get(url("quality-review", review.second.pk)).content.decode()
    assert "very warm" not in blind
    assert 'name="mark_tone"' in blind


def test_an_answer_is_chosen_by_hand_once() -> None:
    boss = client_for(Role.OWNER)
    version = a_card(boss.staff)  # type: ignore[attr-defined]
    ticket = outsourced.answered(outsourced.a_ticket(None), make_staff(Role.SUPPORT_AGENT), IN_WEEK)
    assert "Have it judged" in boss.get(url("quality-choose", ticket.pk)).content.decode()
    for _ in range(2):
        boss.post(url("quality-chosen", ticket.pk), {"card": version.scorecard_id})
    assert Review.objects.count() == 1


def test_a_vendor_is_set_up_with_people_routes_terms_and_a_month() -> None:
    boss = client_for(Role.OWNER)
    assert "No vendor yet" in boss.get(url("vendors")).content.decode()
    assert boss.post(url("vendor-new"), {"name": "Acme"}).status_code == 303
    acme = Vendor.objects.get()
    agent = make_staff(Role.VENDOR_AGENT, name="Ann")
    assert "Ann" in boss.get(url("vendor", acme.pk)).content.decode()
    boss.post(url("vendor-agent-add", acme.pk), {"staff": agent.pk, "lead": "yes"})
    route = {"languages": ["zh"], "tiers": "vip，gold", "order": "5", "is_on": "on"}
    assert boss.post(url("vendor-route-new", acme.pk), route).status_code == 303
    assert acme.routes.get().match == {"languages": ["zh"], "tiers": ["gold", "vip"]}
    assert boss.get(url("vendor-route", acme.pk, acme.routes.get().pk)).status_code == 200
    data = fields(boss.get(url("vendor-terms", acme.pk)).content.decode()) | {
        "hour": "12.50", "ticket": "0.45", "resolution_below_0": "90", "resolution_credit_0": "10",
        "by_category": "nothing 1",
    }  # fmt: skip
    assert boss.post(url("vendor-terms", acme.pk), data).status_code == 422
    answer = boss.post(url("vendor-terms", acme.pk), data | {"by_category": ""})
    assert answer.status_code == 303
    acme.refresh_from_db()
    assert (acme.terms["hour"], acme.terms["ticket"]) == (1250, 45)
    assert boss.get(url("vendor-terms", acme.pk)).status_code == 200
    outsourced.answered(outsourced.a_ticket(acme), agent, clock.now())
    month = f"{clock.now():%Y-%m}"
    boss.post(url("vendor-reckon", acme.pk), {"month": month})
    invoice = VendorInvoice.objects.get()
    assert "0.45" in boss.get(url("vendor-invoice", invoice.pk)).content.decode()
    file = boss.get(url("vendor-invoice-file", invoice.pk)).content.decode()
    assert file.startswith("\ufeff")
    assert "0.45" in file
    assert "Acme" in boss.get(url("vendors")).content.decode()
    boss.post(url("vendor-invoice-propose", invoice.pk))
    invoice.refresh_from_db()
    assert invoice.state == "draft"  # the month is not over
    boss.post(url("vendor-switch", acme.pk))
    assert not Vendor.objects.get().is_active


def test_a_lead_reads_their_own_figures_and_invoices_and_nobody_elses() -> None:
    owner = make_staff(Role.OWNER)
    acme, best = outsourced.set_up("Acme", owner), outsourced.set_up("Best", owner)
    invoices = {}
    for one in (acme, best):
        vendors.set_terms(one.vendor.pk, {"ticket": 77}, owner)
        invoices[one.vendor.name] = vendors.reckon_month(one.vendor.pk, date(2026, 1, 1), owner)
    lead = as_(acme.lead)
    assert lead.get(url("vendor-own-invoice", invoices["Acme"].pk)).status_code == 404  # still a draft
    VendorInvoice.objects.update(state="frozen", frozen_at=clock.now(), frozen_by=owner.actor)
    page = lead.get(url("vendor-own")).content.decode()
    assert "Acme agent" in page
    assert "Best" not in page
    assert lead.get(url("vendor-own-invoice", invoices["Acme"].pk)).status_code == 200
    assert lead.get(url("vendor-own-file", invoices["Acme"].pk)).status_code == 200
    assert lead.get(url("vendor-own-invoice", invoices["Best"].pk)).status_code == 404
    assert lead.get(url("vendor-own-file", invoices["Best"].pk)).status_code == 404
    assert as_(acme.agent).get(url("vendor-own")).status_code == 404
    for name in ("vendors", "quality-results"):
        assert lead.get(url(name)).status_code == 403


def test_the_card_of_a_review_is_the_one_it_was_drawn_with() -> None:
    boss = make_staff(Role.OWNER)
    review = drawn(make_staff(Role.SUPPORT_AGENT), boss)
    assert review.version.card == CARD
    assert SamplingRule.objects.count() == 1
    a_rule(review.version, boss, name="Second", second_bp=0)
    assert SamplingRule.objects.count() == 2
