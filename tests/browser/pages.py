"""What the browser tests of a whole house share: a Chromium, a page in one language, signing in, pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guildhall.people.testing import PASSWORD, code_of
from tests.house import House

CHROMIUM = shutil.which("chromium") or ""
PICTURES = os.environ.get("JOURNEY_PICTURES", "")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--no-first-run",
]  # fmt: skip
LOCALES = {"en": "en-US", "zh": "zh-CN"}
CODES = {"en": "en", "zh": "zh-hans"}
SIGN_IN = {"en": "Sign in", "zh": "登录"}


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield one
        one.close()


def open_page(browser: Any, house: House, path: str, language: str, width: int = 1440) -> Any:
    """A fresh page of a reader of this language."""
    size = {"width": width, "height": 900 if width > 600 else 780}
    context = browser.new_context(viewport=size, locale=LOCALES[language])
    page = context.new_page()
    page.goto(house.url + path)
    return page


def staff(house: House, role: str, language: str) -> tuple[str, str]:
    """Somebody with password and authenticator app; returns the address and the app's secret."""
    code = """
from guildhall.people.testing import make_staff, give_authenticator, PASSWORD
staff = make_staff("%(role)s", email="%(email)s", name="Mo", mfa=False, password=PASSWORD)
staff.language = "%(code)s"; staff.save()
print(json.dumps(give_authenticator(staff)))
"""
    email = f"{role}-{language}@example.org"
    return email, str(house.django(code % {"role": role, "email": email, "code": CODES[language]}))


def sign_in(page: Any, email: str, secret: str, language: str) -> None:
    """Password, then the code of the authenticator app."""
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name=SIGN_IN[language], exact=True).click()
    page.fill("input[name=code]", code_of(secret))
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url(lambda url: "/accounts/" not in url)


def picture(page: Any, name: str) -> None:
    """Keep a picture where JOURNEY_PICTURES says, if it does."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), animations="disabled")
