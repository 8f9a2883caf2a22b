"""A shift handed over with a reading back, in a real browser: Ada writes in English at a desk, Bo takes over in
Chinese with a phone, and hands back to her the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import CHROMIUM, chromium, open_page, picture, sign_in
from tests.house import House

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
PHONE = 360
WORDS = {
    "en": {
        "give": "Hand over", "take": "I have it: take over", "waits": "It waits to be accepted.",
        "missing": "Name what to watch, or say that there is nothing.", "tick": "Tick what you take over",
        "over": "Taken over by", "summary": "A withdrawal is late at the bank; the member was told to wait.",
        "readback": "I answer the late withdrawal first and tell finance if it is not there by then.",
        "if": "the bank has not paid", "then": "escalate to finance",
    },
    "zh": {
        "give": "交班", "take": "我已了解，确认接班", "waits": "等待接班确认。", "missing": "请填写需关注的情况",
        "tick": "请逐项勾选", "over": "已确认接班", "summary": "一笔提现在银行处延迟，已请用户等待。",
        "readback": "我先跟进延迟的提现，若仍未到账就升级给财务。", "if": "银行仍未付款", "then": "升级给财务团队",
    },
}  # fmt: skip
WORLD = """
from datetime import timedelta
from django.db import transaction
from guildhall.core import clock
from guildhall.desk.actions import tickets
from guildhall.desk.models import AgentProfile
from guildhall.people.models import Team
from guildhall.people.testing import make_staff, give_authenticator, PASSWORD
from guildhall.work.models import Shift
now, made = clock.now(), {}
team, _ = Team.objects.get_or_create(slug="desk", defaults={"name": "Desk"})
for name, language, hours in (("Ada", "en", 0.3), ("Bo", "zh-hans", 8)):
    one = make_staff("support_agent", email=name.lower() + "@example.org", name=name, mfa=False, password=PASSWORD)
    one.language = language; one.save()
    AgentProfile.objects.create(staff=one, languages=["en", "zh"])
    Shift.objects.create(team=team, staff=one, starts_at=now - timedelta(hours=7), made_by="system:test",
                         ends_at=now + timedelta(hours=hours))
    made[name] = (one.pk, give_authenticator(one))
with transaction.atomic():
    drafts = [tickets.Draft("api", subject=words, text=words, language="en", priority=priority)
              for words, priority in (("My withdrawal is late", "urgent"), ("How do fees work?", "low"))]
    for one in tickets.open_many(drafts, by="system:test", at=now):
        tickets.assign(one.pk, made["Ada"][0], "system:test")
print(json.dumps(made))
"""
OWNERS = """
from guildhall.desk.models import Handover, Ticket
who = sorted(one.assignee.name for one in Ticket.objects.select_related("assignee"))
print(json.dumps([who, Handover.objects.filter(state="accepted").count()]))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def test_a_shift_is_handed_over_and_read_back_in_both_languages(browser: Any, tmp_path: Path) -> None:
    settings = {"GUILDHALL_DEMO": "off"}
    with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
        people = house.django(WORLD)
        ada = open_page(browser, house, "/handovers/", "en")
        sign_in(ada, "ada@example.org", people["Ada"][1], "en")
        bo = open_page(browser, house, "/handovers/", "zh", PHONE)
        sign_in(bo, "bo@example.org", people["Bo"][1], "zh")

        where = write(ada, house, "en", people["Bo"][0])
        take_over(bo, house, where, "zh")
        assert house.django(OWNERS) == [["Bo", "Bo"], 1]

        where = write(bo, house, "zh", people["Ada"][0])
        take_over(ada, house, where, "en")
        assert house.django(OWNERS) == [["Ada", "Ada"], 2]
        ada.context.close()
        bo.context.close()


def write(page: Any, house: House, language: str, to: int) -> str:
    """The note, filled from facts, completed and given; returns its address."""
    words = WORDS[language]
    page.goto(house.url + "/handovers/")
    page.locator("form[action$='/handovers/new/'] button").click()
    page.locator("#part-actions input[value*='#1']").first.wait_for()
    picture(page, f"handover-write-{language}")
    page.fill("textarea[name=summary]", words["summary"])
    page.select_option("select[name=to_staff]", str(to))
    page.locator("button[value=give]").click()
    page.locator(".errors", has_text=words["missing"]).wait_for()
    page.fill("input[name=watches-0-when]", words["if"])
    page.fill("input[name=watches-0-then]", words["then"])
    page.locator("button[value=give]").click()
    page.locator(".notice", has_text=words["waits"]).wait_for()
    return str(page.url)


def take_over(page: Any, house: House, where: str, language: str) -> None:
    """Read, ticked and said back in the reader's own words; without ticks it is refused."""
    words = WORDS[language]
    page.goto(house.url + "/handovers/")
    page.locator(f"a[href='{where.removeprefix(house.url)}']").first.click()
    page.fill("#readback", words["readback"])
    page.get_by_role("button", name=words["take"]).click()
    page.locator(".errors", has_text=words["tick"]).wait_for()
    for box in page.locator("input[name=ticked]").all():
        box.check()
    picture(page, f"handover-read-{language}")
    page.get_by_role("button", name=words["take"]).click()
    page.locator(".notice.green", has_text=words["over"]).wait_for()
    assert words["readback"] in page.locator("#part-readback").inner_text()
    picture(page, f"handover-accepted-{language}")
