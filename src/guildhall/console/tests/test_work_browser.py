"""The design system and the work pages in a real browser: accessible in both themes, nothing wider than a phone, no
breach of the content security policy, worked by keyboard alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.test import Client

from guildhall.console import remembered
from guildhall.guard import actions
from guildhall.guard.models import Case
from guildhall.guard.tests.rows import FINE, SCAM, a_message, a_space, an_account, post
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]

Open = Callable[..., Any]
WIDTHS = (360, 1440)


@pytest.fixture
def staff() -> Client:
    remembered.forget()
    navigation.forget_badges()
    return client_for(Role.OWNER)


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, live_server: Any, staff: Client) -> Iterator[Open]:
    """Opens an address as the owner; fails the test on any complaint of the browser."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django must not take that for asynchronous code.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    base = live_server.url.replace("127.0.0.1", "localhost")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )

        def open_one(path: str, width: int = 1440, theme: str = "light", language: str = "en") -> Any:
            context = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=theme)  # type: ignore[arg-type]
            session = staff.cookies[settings.SESSION_COOKIE_NAME].value
            cookies = {settings.SESSION_COOKIE_NAME: session, settings.LANGUAGE_COOKIE_NAME: language}
            context.add_cookies(
                [{"name": name, "value": value, "url": base} for name, value in cookies.items()]
            )
            page = context.new_page()
            page.on(
                "console",
                lambda said: complaints.append(f"{path}: {said.text}") if said.type == "error" else None,
            )
            page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
            page.goto(base + path)
            page.wait_for_load_state("networkidle")
            return page

        yield open_one
        browser.close()
    assert not complaints, complaints


@pytest.fixture
def house(db: None) -> dict[str, Any]:
    """A little of everything: a scam, an appeal, a fine message, two languages."""
    space, other = a_space("perps-en"), a_space("vip-zh")
    mallory, ann = an_account("Mallory"), an_account("小明")
    scam = post(space, mallory, SCAM + " https://binance-claim.top/verify")
    again = post(other, ann, SCAM)
    fine = a_message(space, ann, FINE)
    appealed = Case.objects.get(message=again, kind="verdict")
    Case.objects.filter(pk=appealed.pk).update(enacted=[{"measure": "delete", "duration_s": 0}])
    actions.open_appeal(again.pk, ann.pk, "我只是转发提醒大家")
    case = Case.objects.get(message=scam, kind="verdict")
    return {
        "paths": [
            "/",
            "/review/",
            f"/review/{case.pk}/",
            "/review/?tab=decided",
            "/messages/",
            f"/messages/{scam.pk}/",
            "/members/",
            f"/members/{mallory.member_id}/",
            "/spaces/",
            "/spaces/new/",
            "/spaces/perps-en/",
            "/find/?q=seed",
        ],
        "case": case,
        "fine": fine,
    }


def violations(page: Any) -> list[str]:
    """What axe finds wrong, each with the first node it found it at."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:160]}" for one in found]


def overflow(page: Any) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("zh-hans", "light")])
def test_the_living_page_is_accessible_at_every_width(open_page: Open, language: str, theme: str) -> None:
    for width in WIDTHS:
        page = open_page("/ui/", width, theme, language)
        page.wait_for_selector("figure.chart svg")
        assert violations(page) == [], width
        assert overflow(page) <= 0, width


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_work_pages_are_accessible_and_fit_a_phone(
    open_page: Open, house: dict[str, Any], language: str, theme: str
) -> None:
    page = open_page("/", 360, theme, language)
    for path in house["paths"]:
        page.goto(urljoin(page.url, path))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            assert overflow(page) <= 0, (path, width)
            assert violations(page) == [], (path, width)


def test_a_case_is_decided_with_the_keyboard_alone(open_page: Open, house: dict[str, Any]) -> None:
    page = open_page("/review/")
    before = Case.objects.filter(state="open").count()
    page.keyboard.press("j")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("y")
    page.wait_for_load_state("networkidle")
    assert "Upheld." in page.locator(".toasts").inner_text()
    assert Case.objects.filter(state="open").count() < before


def test_find_is_one_key_away_and_help_another(open_page: Open, house: dict[str, Any]) -> None:
    page = open_page("/messages/")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.locator("dialog#keys[open]").count() == 1


def test_the_theme_is_chosen_at_once_and_remembered(open_page: Open) -> None:
    page = open_page("/ui/")
    page.get_by_role("button", name="Theme").click()
    with page.expect_response("**/i18n/theme/"):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_the_language_is_chosen_and_the_page_stays(open_page: Open, house: dict[str, Any]) -> None:
    page = open_page("/members/?sort=name")
    page.get_by_role("button", name="Language").click()
    page.get_by_role("button", name="中文简体").click()
    page.wait_for_load_state("networkidle")
    assert page.url.endswith("/members/?sort=name")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.locator("h1").inner_text() == "成员"


def test_removing_a_message_asks_first_and_names_the_effect(open_page: Open, house: dict[str, Any]) -> None:
    page = open_page(f"/messages/{house['fine'].pk}/")
    page.get_by_role("button", name="Remove message").click()
    dialog = page.locator("dialog[open]")
    assert "vanishes for everyone in Perps-En" in dialog.inner_text()
    dialog.get_by_role("button", name="Cancel").click()
    assert page.locator("dialog[open]").count() == 0
