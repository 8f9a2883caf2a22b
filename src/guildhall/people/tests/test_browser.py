"""A real browser signs in: passkeys through a virtual authenticator, under the strict content security
policy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from guildhall.people import actions
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import PASSWORD, code_of, make_staff, second_factors, sign_in

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]


@pytest.fixture
def page(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A page of the system's Chromium with a virtual authenticator; fails the test on any violation of the
    policy.
    """
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django must not take that for asynchronous code.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    cache.clear()
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(locale="en-GB")
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        keys = page.context.new_cdp_session(page)
        keys.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                   "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
        keys.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield page
        browser.close()
        # Inside Playwright's loop Django opened a connection of its own; nobody else would close it.
        connections.close_all()
    policy = [line for line in complaints if "Content Security Policy" in line or "Error" in line]
    assert not policy, policy


def on(page: Any, live_server: Any, path: str) -> None:
    page.goto(live_server.url.replace("127.0.0.1", "localhost") + path)


def test_a_newcomer_sets_up_a_passkey_and_later_signs_in_with_it_alone(page: Any, live_server: Any) -> None:
    owner = make_staff(Role.OWNER)
    staff = actions.create_staff("mei@example.org", "Mei", [Role.MODERATOR], by=owner)
    on(page, live_server, "/" + actions.invite(staff, by=owner).split("/", 3)[3])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/accounts/password/set/")
    page.fill("input[name=password1]", PASSWORD)
    page.fill("input[name=password2]", PASSWORD)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.fill("input[name=name]", "Work laptop")
    page.check("input[name=passwordless]")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    assert second_factors(staff) == 1
    assert len(page.locator("#recovery-codes").inner_text().split()) == 10
    on(page, live_server, "/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    on(page, live_server, "/accounts/2fa/webauthn/")
    assert "Work laptop" in page.inner_text("main")


def test_a_passkey_stands_in_as_the_second_factor(page: Any, live_server: Any) -> None:
    staff = make_staff(Role.MODERATOR, mfa=False, password=PASSWORD)
    enter(page, live_server, staff)
    page.wait_for_url("**/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    on(page, live_server, "/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    enter(page, live_server, staff)
    page.wait_for_url("**/accounts/2fa/authenticate/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/accounts/2fa" not in url)
    on(page, live_server, "/accounts/")
    assert "Your account" in page.inner_text("h1")


def test_an_authenticator_app_is_set_up_from_the_page_and_its_code_gets_in(
    page: Any, live_server: Any
) -> None:
    staff = make_staff(Role.MODERATOR, mfa=False, password=PASSWORD)
    enter(page, live_server, staff)
    page.get_by_role("link", name="Set up").first.click()
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.inner_text("#authenticator-secret")
    picture = page.locator("img.qr")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    page.fill("input[name=code]", code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    assert second_factors(staff) == 1


def enter(page: Any, live_server: Any, staff: Staff) -> None:
    on(page, live_server, "/accounts/login/")
    page.fill("input[name=login]", staff.email)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def flaws(page: Any) -> list[str]:
    """What axe finds wrong on the page, each with the first node it found it at."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_signing_in_are_accessible_on_a_phone_and_in_the_dark(
    page: Any, live_server: Any, language: str
) -> None:
    staff = make_staff(Role.OWNER, password=PASSWORD)
    host = live_server.url.replace("127.0.0.1", "localhost")
    page.context.add_cookies([{"name": "guildhall_language", "value": language, "url": host}])
    page.set_viewport_size({"width": 360, "height": 740})
    addresses = ["/accounts/login/", "/accounts/password/reset/"]
    inside = ["/accounts/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/2fa/webauthn/"]
    wrong = []
    for address in [*addresses, *inside]:
        if address == inside[0]:
            session = sign_in(Client(), staff).cookies["guildhall_session"].value
            page.context.add_cookies([{"name": "guildhall_session", "value": session, "url": host}])
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            on(page, live_server, address)
            wrong += [f"{address} {theme}: {flaw}" for flaw in flaws(page)]
            too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            wrong += [f"{address}: wider than the phone"] if too_wide else []
    assert not wrong, "\n".join(wrong)
