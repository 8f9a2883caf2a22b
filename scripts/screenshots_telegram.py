"""Takes the pictures of docs/telegram.md in both languages: an empty house connected to the fake Bot API,
where a bot is added to a group, first without rights, then with all. Called by `screenshots.py`,
or run by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from tests.house import House, wait_for  # noqa: E402

from guildhall.channels.testing.telegram import FakeTelegram  # noqa: E402

PICTURES = REPOSITORY / "docs" / "img"
SIZE = {"width": 1200, "height": 800}
CODES = {"en": "en", "zh": "zh-hans"}
LOCALES = {"en": "en-US", "zh": "zh-CN"}
GROUPS = {"en": "Perps lounge", "zh": "永续合约交流群"}
BOTS = {"en": ("guildhall_perps_bot", "Perps guild"), "zh": ("guildhall_zh_bot", "交易社区助手")}
OWNERS = """
from django.conf import settings
from django.test import Client
from guildhall.people import testing
found = {}
for language, code, name in (("en", "en", "Mei Chen"), ("zh", "zh-hans", "陈梅")):
    staff = testing.make_staff("owner", email=f"mei-{language}@example.org", name=name)
    staff.language = code
    staff.save()
    signed = testing.sign_in(Client(), staff).cookies[settings.SESSION_COOKIE_NAME]
    found[language] = {"name": signed.key, "value": signed.value}
print(json.dumps(found))
"""
ADD = """
from guildhall.channels.telegram import bots
print(json.dumps(bots.add_bot("%s", "system:pictures").pk))
"""
GROUP = """
from guildhall.channels.models import Space
print(json.dumps(Space.objects.filter(platform="telegram", name="%s").values_list("pk", flat=True).first()))
"""
MODERATED = """
from guildhall.channels import actions as channels
from guildhall.guard import actions as guard
channels.edit_space("%(space)s", by="system:pictures", language="%(code)s", region="SG")
guard.assign_policy("%(space)s", "default", "system:pictures")
print(json.dumps(1))
"""


def take_all(browser: Any) -> None:
    """Every picture of the Telegram pages."""
    with tempfile.TemporaryDirectory() as folder, FakeTelegram() as telegram:
        house = House(
            Path(folder) / "house",
            environment={"GUILDHALL_DEMO": "off", "GUILDHALL_TELEGRAM_API": telegram.url},
        )
        try:
            house.start(180)
            cookies = house.django(OWNERS)
            pages = {language: page_of(browser, house, language, cookies[language]) for language in CODES}
            for language, page in pages.items():
                page.goto(house.url + "/settings/telegram/")
                page.locator(".steps").wait_for()
                picture(page, f"telegram-start-{language}")
            for language, page in pages.items():
                take(telegram, house, page, language)
        finally:
            house.__exit__()


def take(telegram: FakeTelegram, house: House, page: Any, language: str) -> None:
    """A group of one language: rights missing, then everything fine."""
    username, name = BOTS[language]
    bot = telegram.add_bot(username=username, name=name)
    owner = telegram.add_user("Olga")
    group = telegram.add_chat("supergroup", GROUPS[language], owner=owner, is_forum=True, slow_mode_delay=30)
    house.django(ADD % bot.token)
    some = {"can_delete_messages": True, "can_pin_messages": True, "can_manage_topics": True}
    telegram.add_bot_to_chat(bot, group, owner, some)
    space = wait_for(lambda: house.django(GROUP % GROUPS[language]), 60, "the group")
    page.goto(f"{house.url}/settings/telegram/chats/{space}/")
    page.locator(".right-line.lacks").first.wait_for()
    picture(page, f"telegram-rights-{language}")
    telegram.set_rights(bot, group, {"all": True})
    house.django(MODERATED % {"space": space, "code": CODES[language]})
    page.locator(".right-line.lacks").first.wait_for(state="detached", timeout=60_000)
    page.reload()
    page.locator("#live .notice.green").wait_for()
    picture(page, f"telegram-group-{language}")


def page_of(browser: Any, house: House, language: str, cookie: dict[str, str]) -> Any:
    context = browser.new_context(viewport=SIZE, locale=LOCALES[language], color_scheme="light")
    context.add_cookies([{**cookie, "url": house.url}])
    return context.new_page()


def picture(page: Any, name: str) -> None:
    page.screenshot(path=str(PICTURES / f"{name}.png"), animations="disabled", caret="hide")


def main() -> int:
    """Only these pictures."""
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guildhall.conf.test_settings")
    chromium = shutil.which("chromium")
    if chromium is None:
        print("screenshots: chromium is missing; as root: apt-get install chromium fonts-noto-cjk")
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
        )
        take_all(browser)
        browser.close()
    sizes = {path.name: path.stat().st_size for path in sorted(PICTURES.glob("telegram-*.png"))}
    print(json.dumps(sizes, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
