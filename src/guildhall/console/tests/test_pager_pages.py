"""Alerts, Pagers and Escalation: taken with one press, tried out at once, and everybody keeps to their own."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse

from guildhall.console.tests.house_doors import confirmed
from guildhall.core import secrets
from guildhall.core.text import Text
from guildhall.effects.testing import drain
from guildhall.paging import actions
from guildhall.paging.models import Page, Pager, Plan, secret_name
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
WHEN = {"label": "", "least": "warning", "quiet_from": "22:00", "quiet_to": "07:00", "zone": "Asia/Singapore"}


def url(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


def an_alert() -> Page:
    page = actions.raise_page(
        "trouble.disk_full", Text("The disk is full", "磁盘已满"), by="system:test", severity="critical"
    )
    drain()
    return page


def test_an_alert_stands_on_today_and_is_taken_and_ended_with_one_press() -> None:
    owner = client_for(Role.OWNER)
    page = an_alert()
    assert "The disk is full" in owner.get(url("today")).content.decode()
    shown = owner.get(url("alert", page.pk)).content.decode()
    assert "Who was told" in shown
    assert mail.outbox
    owner.post(url("alert-take", page.pk))
    page.refresh_from_db()
    assert page.acknowledged_by == owner.staff.actor  # type: ignore[attr-defined]
    assert "The disk is full" not in owner.get(url("today")).content.decode()
    owner.post(url("alert-end", page.pk))
    page.refresh_from_db()
    assert page.state == "resolved"
    assert "The disk is full" in owner.get(url("alerts") + "?state=resolved").content.decode()


def test_a_pager_is_added_tried_out_and_keeps_its_quiet_hours() -> None:
    moderator = client_for(Role.MODERATOR)
    assert "No pager of your own yet" in moderator.get(url("pagers")).content.decode()
    assert moderator.get(url("pager-new", "email")).status_code == 200
    answer = moderator.post(url("pager-new", "email"), {**WHEN, "address": "me@guild.example"}, follow=True)
    assert "A test is on its way" in answer.content.decode()
    drain()
    assert mail.outbox[-1].to == ["me@guild.example"]
    row = Pager.objects.get()
    assert (row.quiet_from, row.quiet_to, row.zone) == (22 * 60, 7 * 60, "Asia/Singapore")
    moderator.post(url("pager", row.pk), {**WHEN, "least": "critical", "quiet_from": "", "quiet_to": ""})
    row.refresh_from_db()
    assert (row.least, row.quiet_from, row.quiet_to) == ("critical", 0, 0)
    assert moderator.post(url("pager", row.pk), {**WHEN, "zone": "Nowhere"}).status_code == 422
    moderator.post(url("pager-switch", row.pk))
    row.refresh_from_db()
    assert not row.enabled
    moderator.post(url("pager-remove", row.pk))
    assert not Pager.objects.exists()


def test_nobody_changes_the_pager_of_another_and_services_are_for_managers() -> None:
    moderator = client_for(Role.MODERATOR)
    moderator.post(url("pager-new", "email"), {**WHEN, "address": "me@guild.example"})
    row = Pager.objects.get()
    assert client_for(Role.OWNER).get(url("pager", row.pk)).status_code == 404
    assert moderator.get(url("pager-new", "webhook")).status_code == 404
    assert moderator.get(url("plans")).status_code == 403


def test_the_key_of_a_service_is_kept_and_never_shown() -> None:
    owner = client_for(Role.OWNER)
    given = {**WHEN, "address": "https://events.example/v2/enqueue", "secret": "routing-key-1"}
    owner.post(url("pager-new", "webhook"), given)
    row = Pager.objects.get()
    assert row.staff is None
    assert secrets.get(secret_name(row.pk)) == "routing-key-1"
    assert "routing-key-1" not in owner.get(url("pager", row.pk)).content.decode()


def test_a_plan_is_written_read_back_and_removed() -> None:
    owner = confirmed(Role.OWNER)
    me = owner.staff.pk  # type: ignore[attr-defined]
    assert "Without a plan" in owner.get(url("plans")).content.decode()
    given = {
        "name": "Night", "kinds": "raid，trouble", "again_min": "20", "rounds": "2",
        "who_0": ["role:moderator", f"staff:{me}"], "after_1": "15", "who_1": ["role:owner"],
        "after_2": "10", "after_3": "10",
    }  # fmt: skip
    assert owner.post(url("plan-new"), given).status_code == 303
    plan = Plan.objects.get()
    assert plan.kinds == ["raid", "trouble"]
    assert plan.steps == [
        {"who": ["role:moderator", f"staff:{me}"], "after_min": 0}, {"who": ["role:owner"], "after_min": 15},
    ]  # fmt: skip
    assert "after 15 min" in owner.get(url("plans")).content.decode()
    assert "Night" in owner.get(url("plan", plan.pk)).content.decode()
    assert owner.post(url("plan", plan.pk), {**given, "who_0": []}).status_code == 422
    owner.post(url("plan-remove", plan.pk))
    assert not Plan.objects.exists()
