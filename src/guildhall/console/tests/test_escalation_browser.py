"""A withdrawal escalated to finance and back, in a real browser: the agent at a desk, finance on a phone, each way
round once in English and once in Chinese.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from guildhall.console import remembered
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.desk.actions import escalations
from guildhall.desk.actions.opening import Draft, open_many
from guildhall.desk.models import Entry, Ticket
from guildhall.people import actions as people
from guildhall.people.models import Team
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff, sign_in
from guildhall.ui import navigation

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
Open = Callable[..., Any]
WORDS = {
    "en": {
        "ask": "Ask a team of the exchange", "question": "Question for the team", "send": "Ask the team",
        "asked": "with the team", "missing": "Something is missing", "what": "What do you need to know?",
        "back": "Ask back", "give": "Give it", "answer": "Answer to the desk", "answered": "Give the answer",
    },
    "zh-hans": {
        "ask": "升级至交易所团队", "question": "问题内容", "send": "提交升级", "asked": "团队处理中",
        "missing": "信息不足", "what": "需要补充什么信息？", "back": "请求补充", "give": "提交补充",
        "answer": "给客服的答复", "answered": "提交答复",
    },
}  # fmt: skip


@pytest.fixture
def people_of_the_house(db: None) -> dict[str, Any]:
    agent, finance = make_staff(Role.SUPPORT_AGENT), make_staff(Role.SPECIALIST)
    escalations.save_team(
        "finance", Text("Finance", "财务"), None, hours={}, seconds={"high": 3600}, by="system:test"
    )
    people.add_to_team(Team.objects.get(slug="finance"), finance, by="system:test")
    return {"agent": agent, "finance": finance}


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, live_server: Any) -> Iterator[Open]:
    """Opens an address as a colleague; fails the test on any complaint of the browser."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django must not take that for asynchronous code.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    remembered.forget()
    navigation.forget_badges()
    base = live_server.url.replace("127.0.0.1", "localhost")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )

        def opened(path: str, who: Any, language: str, width: int) -> Any:
            session = sign_in(Client(), who).cookies[settings.SESSION_COOKIE_NAME].value
            context = browser.new_context(viewport={"width": width, "height": 860})
            cookies = {settings.SESSION_COOKIE_NAME: session, settings.LANGUAGE_COOKIE_NAME: language}
            context.add_cookies(
                [{"name": name, "value": value, "url": base} for name, value in cookies.items()]
            )
            page = context.new_page()
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(base + path)
            page.wait_for_load_state("networkidle")
            return page

        yield opened
        browser.close()
    assert not complaints, complaints


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_withdrawal_goes_to_finance_and_comes_back(
    people_of_the_house: dict[str, Any], open_page: Open
) -> None:
    for language, other in (("en", "zh-hans"), ("zh-hans", "en")):
        _to_finance_and_back(people_of_the_house, open_page, language, other)


def _to_finance_and_back(people_of: dict[str, Any], open_page: Open, language: str, other: str) -> None:
    mine, theirs = WORDS[language], WORDS[other]
    draft = Draft(
        way=Ticket.Way.API, text="My withdrawal is stuck / 提现卡住了", language=language,
        category="withdrawal", priority="high", fields={"uid": "88100421"},
    )  # fmt: skip
    ticket = open_many([draft], by=people_of["agent"], at=clock.now())[0]

    desk = open_page(reverse("console:ticket", args=[ticket.pk]), people_of["agent"], language, 1440)
    desk.get_by_text(mine["ask"]).first.click()
    desk.get_by_label(mine["question"]).fill("Which rule holds it? / 触发了哪条规则？")
    assert desk.get_by_label("88100421").is_checked()
    desk.get_by_role("button", name=mine["send"], exact=True).click()
    desk.get_by_text(mine["asked"], exact=True).first.wait_for()

    phone = open_page("/", people_of["finance"], other, 360)
    assert phone.url.endswith("/escalations/")
    phone.get_by_text("Which rule holds it?").first.click()
    phone.get_by_text("88100421").first.wait_for()
    assert fits(phone)
    phone.get_by_text(theirs["missing"]).click()
    phone.get_by_label(theirs["what"]).fill("Which address? / 哪个地址？")
    phone.get_by_role("button", name=theirs["back"], exact=True).click()
    phone.wait_for_load_state("networkidle")

    desk.reload()
    desk.get_by_label("Which address?").fill("T…9f, added today / 今天新增")
    desk.get_by_role("button", name=mine["give"], exact=True).click()
    desk.wait_for_load_state("networkidle")

    phone.reload()
    phone.get_by_label(theirs["answer"]).fill("24 h rule; leaves at 14:20 / 24小时规则，14:20打出")
    phone.get_by_role("button", name=theirs["answered"], exact=True).click()
    phone.wait_for_load_state("networkidle")

    desk.reload()
    desk.get_by_text("24 h rule; leaves at 14:20").first.wait_for()
    assert fits(desk)
    assert Entry.objects.filter(ticket=ticket, kind=Entry.Kind.NOTE, text__startswith="24 h rule").exists()
    ticket.refresh_from_db()
    assert ticket.escalations.get().state == "answered"
