"""Takes the pictures of docs/discord.md in both languages: an empty house and the fake Discord, where
a bot is added to a server, first without every permission, then with all. Called by `screenshots.py`, or run
by itself.
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

from screenshots_telegram import CODES, OWNERS, PICTURES, page_of, picture  # noqa: E402
from tests.house import House, wait_for  # noqa: E402

from guildhall.channels.discord.rights import PERMISSIONS  # noqa: E402
from guildhall.channels.testing.discord import FakeDiscord  # noqa: E402

SERVERS = {"en": "Perps guild", "zh": "永续合约公会"}
CHANNELS = {
    "en": (("announcements", "news"), ("fees-and-funding", "text"), ("help", "forum")),
    "zh": (("公告", "news"), ("手续费与资金费率", "text"), ("求助", "forum")),
}
LACKING = 1 << 40 | 1 << 51
"""Time out members, and pin messages."""
ADD = """
from guildhall.channels.discord import bots
print(json.dumps(bots.add_bot("%s", "system:pictures").pk))
"""
SERVER = """
from guildhall.channels.models import Space
print(json.dumps(Space.objects.filter(platform="discord", name="%s").values_list("pk", flat=True).first()))
"""
MODERATED = """
from guildhall.channels import actions as channels
from guildhall.channels.models import Topic
from guildhall.guard import actions as guard
channels.edit_space("%(space)s", by="system:pictures", language="%(code)s", region="SG")
news = Topic.objects.get(space="%(space)s", kind="news").external_id
channels.edit_topic("%(space)s", news, language="%(code)s", announces=True, by="system:pictures")
guard.assign_policy("%(space)s", "default", "system:pictures")
print(json.dumps(1))
"""


def take_all(browser: Any) -> None:
    """Every picture of the Discord pages."""
    with tempfile.TemporaryDirectory() as folder, FakeDiscord() as discord:
        house = House(
            Path(folder) / "house",
            environment={
                "GUILDHALL_DEMO": "off",
                "GUILDHALL_DISCORD_API": discord.api,
                "GUILDHALL_DISCORD_GATEWAY": discord.gateway_url,
            },
        )
        try:
            house.start(180)
            cookies = house.django(OWNERS)
            pages = {language: page_of(browser, house, language, cookies[language]) for language in CODES}
            for language, page in pages.items():
                page.goto(house.url + "/settings/discord/")
                page.locator(".steps").wait_for()
                picture(page, f"discord-start-{language}")
            for language, page in pages.items():
                take(discord, house, page, language)
        finally:
            house.__exit__()


def take(discord: FakeDiscord, house: House, page: Any, language: str) -> None:
    """A server of one language: the bot's page, permissions missing, then everything fine."""
    bot = discord.add_bot(name=f"guildhall-{language}", public=False)
    owner = discord.add_user(f"olga-{language}")
    guild = discord.add_guild(SERVERS[language], owner, ["COMMUNITY"])
    for name, kind in CHANNELS[language]:
        discord.add_channel(guild, name, kind)
    row = house.django(ADD % bot.token)
    page.goto(f"{house.url}/settings/discord/{row}/")
    page.locator(".right-line.has").first.wait_for()
    picture(page, f"discord-bot-{language}")
    discord.install(bot, guild, PERMISSIONS & ~LACKING)
    space = wait_for(lambda: house.django(SERVER % SERVERS[language]), 90, "the server")
    page.goto(f"{house.url}/settings/discord/servers/{space}/")
    page.locator(".right-line.lacks").first.wait_for()
    picture(page, f"discord-rights-{language}")
    discord.set_rights(bot, guild, PERMISSIONS)
    house.django(MODERATED % {"space": space, "code": CODES[language]})
    page.locator(".right-line.lacks").first.wait_for(state="detached", timeout=60_000)
    page.reload()
    page.locator("#live .notice.green").wait_for()
    page.locator("#channels").scroll_into_view_if_needed()
    page.locator("#channels .item").last.scroll_into_view_if_needed()
    picture(page, f"discord-server-{language}")


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
    sizes = {path.name: path.stat().st_size for path in sorted(PICTURES.glob("discord-*.png"))}
    print(json.dumps(sizes, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
