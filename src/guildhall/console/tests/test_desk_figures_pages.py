"""The desk's figures on their page, in a file and on Today."""

import csv
import io
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from guildhall.console import remembered
from guildhall.core import clock
from guildhall.desk import clocking
from guildhall.desk.actions import policies as sla
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.figures import collecting
from guildhall.desk.models import FigureTarget, Ticket, Vendor
from guildhall.guard import freshness
from guildhall.people.models import Staff, Team, TeamMembership
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def url(name):
    return reverse(f"console:{name}")


@pytest.fixture(autouse=True)
def friday():
    freshness.forget()
    remembered.forget()
    with clock.freeze(NOON + timedelta(hours=6)) as now:
        sla.install_shipped("system:test")
        yield now


def answered(after_minutes, **said):
    """A ticket that was answered and solved."""
    one = Ticket.objects.create(number=next(_numbers), subject="x", way="api", opened_at=NOON, **said)
    at = NOON + timedelta(minutes=after_minutes)
    life = [
        Event(one.pk, NOON, "opened", "normal"),
        Event(one.pk, at, "agent_reply"),
        Event(one.pk, at, "status", "solved"),
    ]
    with transaction.atomic():
        clocking.note([(one, life)], at=at)
    one.status, one.solved_at, one.replies = "solved", at, 1
    one.save()
    return one


@pytest.fixture
def week():
    for minutes in (10, 20, 30):
        answered(minutes, language="en", category_id="deposit", rating=5)
    answered(200, language="zh", category_id="kyc", rating=1, tier="=cmd()")
    collecting.refresh()


def test_the_page_shows_counts_times_shares_and_what_is_aimed_at(week):
    page = client_for(Role.MANAGER).get(url("desk-figures")).content.decode()
    for words in ("4 of them solved", "75 %", "aim 90 %", "20 min", "100 %"):
        assert words in page, words
    assert page.count('class="chart"') == 4


def test_the_table_is_grouped_filtered_and_sorted_by_the_address(week):
    manager = client_for(Role.MANAGER)
    by_language = manager.get(url("desk-figures"), {"by": "language", "sort": "kept"}).content.decode()
    assert "by=agent" in by_language
    table = by_language[by_language.index("In detail") :]
    assert table.index("中文") < table.index("English")  # the worst first
    only = manager.get(url("desk-figures"), {"language": "zh", "by": "hour"}).content.decode()
    assert "1 of them solved" in only
    odd = manager.get(url("desk-figures"), {"days": "5000", "by": "nonsense", "sort": "x", "vendor": "none"})
    assert odd.status_code == 200


def test_the_file_has_whole_seconds_and_no_formula_of_others(week):
    answer = client_for(Role.MANAGER).get(url("desk-figures-csv"), {"by": "tier"})
    if answer.status_code == 403:
        answer = client_for(Role.ANALYST).get(url("desk-figures-csv"), {"by": "tier"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO(text))}
    assert set(rows) == {"", "'=cmd()"}
    assert rows[""]["first_counted_median_s"] == "1200"
    assert (rows[""]["first_in_time"], rows[""]["first_decided"]) == ("3", "3")
    assert rows["'=cmd()"]["first_in_time"] == "0"


def test_without_tickets_the_page_says_what_will_come():
    collecting.refresh()
    page = client_for(Role.ANALYST).get(url("desk-figures")).content.decode()
    assert "No ticket in this range" in page
    assert client_for(Role.ANALYST).get(url("today-desk")).content.decode().strip() == ""


def test_aims_are_set_and_shown_on_today(week):
    manager = client_for(Role.MANAGER)
    aims = {"first_kept": "70", "next_kept": "90", "resolution_kept": "90", "good": "80", "at_once": "60"}
    assert manager.post(url("desk-targets"), aims).status_code == 303
    assert FigureTarget.objects.get(figure="first_kept").percent == 70
    assert manager.post(url("desk-targets"), {**aims, "good": "0"}).status_code == 422
    card = manager.get(url("today-desk")).content.decode()
    assert "aim 70 %, reached" in card
    assert "aim 80 %, below its aim" in card
    assert manager.get(url("desk-targets")).status_code == 200


def test_somebody_of_a_vendor_sees_the_figures_of_its_own_queue_only(week):
    team = Team.objects.create(name="Outside", slug="outside")
    vendor = Vendor.objects.create(name="Outside", team=team, created_by="staff:1")
    answered(15, vendor=vendor, language="en")
    collecting.refresh()
    reader = client_for(Role.VENDOR_AGENT, Role.ANALYST)
    staff = Staff.objects.order_by("-pk").first()
    assert "No ticket in this range" in reader.get(url("desk-figures")).content.decode()
    TeamMembership.objects.create(team=team, staff=staff)
    page = reader.get(url("desk-figures"), {"vendor": "another"}).content.decode()
    assert "1 of them solved" in page


def test_agents_without_the_right_see_no_figures():
    assert client_for(Role.SUPPORT_AGENT).get(url("desk-figures")).status_code == 403
    assert client_for(Role.MODERATOR).get(url("desk-figures-csv")).status_code == 403


def test_the_page_speaks_chinese(week):
    manager = client_for(Role.MANAGER)
    manager.cookies["guildhall_language"] = "zh-hans"
    with translation.override("en"):
        page = manager.get(url("desk-figures")).content.decode()
        assert "首次响应" in page
        assert "一次解决" in page
        card = manager.get(url("today-desk")).content.decode()
        assert "未达目标" in card
        manager.cookies["guildhall_language"] = "en"
        assert "below its aim" in manager.get(url("today-desk")).content.decode()
