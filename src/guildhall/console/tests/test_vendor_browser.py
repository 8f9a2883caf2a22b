"""A vendor's day in a real browser: its agent answers from a masked queue at a desk in English, its lead reads
figures and the invoice on a phone in Chinese; nobody sees the other vendor.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from guildhall.console import remembered
from guildhall.console.tests import vendor_world
from guildhall.console.tests.vendor_world import FOREIGN, HOUSE
from guildhall.desk.models import Entry
from guildhall.desk.testing.outsourced import SECRETS
from guildhall.people.models import Staff
from guildhall.people.testing import sign_in
from guildhall.ui import navigation

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
Open = Callable[..., Any]


@pytest.fixture
def open_as(monkeypatch: pytest.MonkeyPatch, live_server: Any) -> Iterator[Open]:
    """Opens an address as somebody; fails the test on any complaint of the browser but a refused page."""
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

        def opened(staff: Staff, path: str, language: str = "en", width: int = 1440) -> Any:
            Staff.objects.filter(pk=staff.pk).update(language=language)
            session = sign_in(Client(), staff).cookies[settings.SESSION_COOKIE_NAME].value
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
    assert not [line for line in complaints if "404" not in line], complaints


def fits(page: Any) -> bool:
    """Whether nothing stands out of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def told(page: Any) -> list[str]:
    """What the page tells that it should not."""
    content = page.content()
    return [mark for mark in (FOREIGN, HOUSE, *SECRETS) if mark in content]


def test_a_vendors_day(open_as: Open) -> None:
    world = vendor_world.build()
    own, foreign = world.own, world.others[0]

    desk = open_as(world.agent, navigation.start_for(world.agent))
    assert told(desk) == []
    desk.locator(f'[data-id="{own.ticket.pk}"] a').first.click()
    desk.get_by_text("1,250 USDT").first.wait_for()
    assert told(desk) == []
    desk.locator("#say").fill("We see it: it is credited after 12 confirmations.")
    desk.locator("#composer button.primary").click()
    desk.get_by_text("Leaves in").first.wait_for()
    assert Entry.objects.filter(ticket=own.ticket, author=world.agent, state=Entry.State.HELD).count() == 1
    assert told(desk) == []
    assert desk.goto(desk.url.split("/inbox/")[0] + f"/inbox/{foreign.ticket.pk}/").status == 404

    phone = open_as(world.agent, "/quality/mine/", "zh-hans", 360)
    assert "50.0" in phone.content()
    assert "我的回复" in phone.content()
    assert fits(phone)
    assert told(phone) == []

    lead = open_as(world.lead, "/vendors/own/", "zh-hans", 360)
    assert fits(lead)
    assert told(lead) == []
    lead.locator(f'a[href*="{own.ids["invoice_id"]}"]').first.click()
    lead.get_by_text("值班：Acme agent").first.wait_for()
    assert fits(lead)
    assert lead.goto(lead.url.replace(own.ids["invoice_id"], foreign.ids["invoice_id"])).status == 404

    ours = open_as(world.owner, "/vendors/", "en", 360)
    assert fits(ours)
    ours.get_by_role("link", name="Acme").first.click()
    ours.get_by_text("Scorecard of the month").wait_for()
    assert fits(ours)
