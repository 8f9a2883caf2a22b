"""A month settled, a late batch, a reversal and a what-if, in a real browser: in English at a desk, in Chinese
on a phone; nothing wider than the screen, no complaint of the browser.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from guildhall.console import remembered
from guildhall.partners import actions
from guildhall.partners.models import Run, WhatIf
from guildhall.partners.tests import houses
from guildhall.partners.tests.conftest import facts_place, house
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

__all__ = ["facts_place", "house"]
CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
Open = Callable[..., Any]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, live_server: Any) -> Iterator[Open]:
    """Opens an address as a manager; fails the test on any complaint of the browser."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django must not take that for asynchronous code.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    remembered.forget()
    navigation.forget_badges()
    session = client_for(Role.MANAGER).cookies[settings.SESSION_COOKIE_NAME].value
    base = live_server.url.replace("127.0.0.1", "localhost")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )

        def opened(path: str, language: str = "en", width: int = 1440) -> Any:
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
    """Whether nothing stands out of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def drawn(page: Any) -> Any:
    """Waits for a chart."""
    page.locator("[role=graphics-document]").first.wait_for()
    return page


def test_a_month_is_settled_a_late_batch_and_a_reversal_change_it_and_a_what_if_asks_further(
    house: Path, open_page: Open
) -> None:
    lin = houses.partner()
    actions.bind(lin.pk, "okx", "amber", by=houses.BY, valid_from=houses.OCTOBER)
    houses.ship([houses.trade(number) for number in range(3)])

    page = open_page("/settlement/")
    page.get_by_role("button", name="Settle what changed").click()
    page.get_by_role("heading", name="Settlement of what changed").wait_for()
    houses.drain()
    page.get_by_role("heading", name="Settlement of 2026-10").wait_for()  # it comes by itself
    drawn(page)
    assert page.locator(".pt-amounts").inner_text().split()[:3] == ["1.08", "USDT", "commission"]

    page.get_by_role("link", name="Lin").last.click()
    page.get_by_role("heading", name="Lin, 2026-10-05").wait_for()
    drawn(page)
    page.get_by_role("link", name="t1", exact=True).click()
    page.get_by_text("SET-7").first.wait_for()
    assert page.get_by_text("Commission: 0.36 USDT").count() or page.get_by_text("0.36").count()

    houses.ship([houses.trade(7)], batch="late")
    late = houses.settle()
    houses.ship([houses.trade(2, revision=1, state="reversed")], batch="reversal")
    reversal = houses.settle()
    phone = open_page(f"/settlement/{late.pk}/", "zh-hans", 360)
    assert "按合作伙伴" in phone.content()
    assert "1.44" in phone.locator("table").first.inner_text()
    assert fits(phone)
    phone.goto(phone.url.replace(late.pk, reversal.pk))
    assert "−0.36" in drawn(phone).locator("table").first.inner_text()
    assert fits(phone)
    assert Run.objects.filter(state=Run.State.FINISHED).count() == 3

    page = open_page(f"/partners/what-if/new/?partner={lin.pk}")
    page.locator("#id_tier_1_rate").fill("50")
    page.locator("#id_months").select_option("2026-10")
    page.locator("#id_incrementality").fill("60")
    page.get_by_role("button", name="Compute it").click()
    page.get_by_text("Computing every trade").wait_for()
    houses.drain()
    page.get_by_text("Assumed, not measured: 60 %").wait_for()
    drawn(page)
    assert "0.27" in page.locator("table").first.inner_text(), "a tenth more of three fees, less the kickback"
    phone = open_page(f"/partners/what-if/{WhatIf.objects.get().pk}/", "zh-hans", 360)
    assert "假设值，未经测量" in phone.content()
    assert fits(phone)


def test_a_deal_is_written_with_its_effect_on_real_trades_in_sight(house: Path, open_page: Open) -> None:
    lin = houses.partner()
    actions.bind(lin.pk, "okx", "amber", by=houses.BY, valid_from=houses.OCTOBER)
    houses.ship([houses.trade(number) for number in range(3)])
    page = open_page(f"/partners/{lin.pk}/deal/new/")
    preview = page.locator("#deal-preview")
    preview.get_by_role("paragraph").filter(has_text="All of 2026-10 both ways").wait_for()
    page.locator("#id_tier_1_rate").fill("50")
    preview.get_by_text("1.35").first.wait_for()
    page.locator("#id_tier_1_rate").fill("500")
    preview.get_by_text("between 0 % and 100 %").wait_for()
    page.locator("#id_tier_1_rate").fill("50")
    page.get_by_role("button", name="Edit as JSON").click()
    assert '"rate_ppm": 500000' in page.locator("#id_source").input_value()
    page.get_by_role("button", name="Save and read it once more").click()
    page.get_by_role("heading", name="Lin, version 2 of the deal").wait_for()
    page.get_by_role("cell", name="50 % of the fee").wait_for()
    phone = open_page(f"/partners/{lin.pk}/deal/2/", "zh-hans", 360)
    assert "手续费的 50 %" in phone.content()
    assert fits(phone)
