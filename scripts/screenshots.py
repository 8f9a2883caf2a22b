"""Takes the pictures of the documentation: a house of its own on a temporary data directory, with the demo's
world of some days, looked at by a manager and by visitors of the web chat. Run by `make screenshots`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

import screenshots_assisted  # noqa: E402
import screenshots_discord  # noqa: E402
import screenshots_telegram  # noqa: E402
from screenshots_talk import LAST, OPENED, OWN_SCAM, WORDS  # noqa: E402
from tests.house import House  # noqa: E402

PICTURES = REPOSITORY / "docs" / "img"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--no-first-run", "--font-render-hinting=none",
]  # fmt: skip
DESK, PHONE, CHAT = (
    {"width": 1440, "height": 900},
    {"width": 390, "height": 844},
    {"width": 1100, "height": 860},
)
LARGEST_BYTES = 300_000
CODES = {"en": "en", "zh": "zh-hans"}
BUILT = timedelta(hours=40)
"""So far back reaches the demo's world in the pictures."""
ESCALATED = {"en": "Withdrawal of 12,400 USDT", "zh": "提现提示“账户受限”"}
WANTED = {"today-en", "today-zh", "review-en", "review-zh", "today-phone-zh", "review-phone-en"}


def main() -> int:
    """Fill a house and take every picture; 1 when one is too large."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("screenshots: chromium is missing; as root: apt-get install chromium fonts-noto-cjk")
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, House(Path(folder) / "house") as house:
        cookies = Path(folder) / "cookies.json"
        subprocess.run(
            [sys.executable, __file__, str(cookies)], env=house.settings(), cwd=REPOSITORY, timeout=900,
            check=True,
        )  # fmt: skip
        take_all(house, json.loads(cookies.read_text()), chromium)
    sizes = {path.name: path.stat().st_size for path in sorted(PICTURES.glob("*.png"))}
    for name, size in sizes.items():
        print(f"{name:<24} {size / 1000:>6.0f} kB")
    return 1 if max(sizes.values()) > LARGEST_BYTES else 0


def take_all(house: House, managers: dict[str, dict[str, str]], chromium: str) -> None:
    """Every picture of docs/img."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for language, cookie in managers.items():
            for size, kind in ((DESK, ""), (PHONE, "-phone")):
                page = page_of(browser, house, language, size, cookie)
                for take, name in ((today, "today"), (review, "review")):
                    if f"{name}{kind}-{language}" in WANTED:
                        take(page, house, language, f"{name}{kind}-{language}")
                if kind == "":
                    desk(page, house, language)
                page.context.close()
        for language in managers:
            chat(browser, house, language)
        screenshots_telegram.take_all(browser)
        screenshots_discord.take_all(browser)
        screenshots_assisted.take_all(browser)
        browser.close()


def page_of(browser: Any, house: House, language: str, size: Any, cookie: dict[str, str] | None) -> Any:
    context = browser.new_context(viewport=size, locale=WORDS[language]["locale"], color_scheme="light")
    if cookie:
        context.add_cookies([{**cookie, "url": house.url}])
    return context.new_page()


def picture(page: Any, name: str) -> None:
    page.screenshot(path=str(PICTURES / f"{name}.png"), animations="disabled", caret="hide")


def today(page: Any, house: House, language: str, name: str) -> None:
    page.goto(house.url + "/")
    page.locator("#live .item").first.wait_for()
    page.locator("[role=graphics-document]").first.wait_for()
    picture(page, name)


def review(page: Any, house: House, language: str, name: str) -> None:
    """The list of what waits with a scam opened: the words that gave it away, marked."""
    page.goto(house.url + "/review/")
    lines = page.locator("a.cover[data-list-item]").filter(has_text=WORDS[language]["opened"])
    lines.first.click()
    page.locator(".msg mark").first.wait_for()
    page.wait_for_load_state("networkidle")
    picture(page, name)


def desk(page: Any, house: House, language: str) -> None:
    """The inbox of what is open, and the ticket that finance was asked about."""
    page.goto(house.url + "/inbox/?view=open")
    page.locator("[data-list-item]").first.wait_for()
    picture(page, f"desk-inbox-{language}")
    page.get_by_text(ESCALATED[language]).first.click()
    page.wait_for_load_state("networkidle")
    picture(page, f"desk-ticket-{language}")


def chat(browser: Any, house: House, language: str) -> None:
    """A visitor enters, writes, tries a scam, and sees why it went."""
    words = WORDS[language]
    page = page_of(browser, house, language, CHAT, None)
    page.goto(f"{house.url}/chat/demo-{language}/")
    page.get_by_label(words["name"]).fill(words["visitor"])
    page.locator("input[name=agree]").check()
    page.get_by_role("button", name=words["enter"]).click()
    for text in (words["hello"], OWN_SCAM[language]):
        box = page.get_by_placeholder(words["write"])
        box.fill(text)
        with page.expect_response(lambda answer: answer.url.split("?")[0].endswith("/post")) as answer:
            box.press("Enter")
        if not answer.value.ok:
            raise RuntimeError(f"the chat answered {answer.value.status}")
    page.locator(".chat-row.removed").first.wait_for()
    page.locator(".chat-row.removed").last.scroll_into_view_if_needed()
    picture(page, f"chat-{language}")
    page.context.close()


def fill(cookies: Path) -> int:
    """Inside the house: staff, the demo's world, the last minutes of talk. Keeps the managers' cookies."""
    from guildhall.cli.app import start_django

    start_django()
    from django.conf import settings
    from django.test import Client

    from guildhall.core import clock
    from guildhall.demo import actions, building
    from guildhall.demo import desk as demo_desk
    from guildhall.demo.models import World
    from guildhall.effects import queries as effects
    from guildhall.guard import freshness
    from guildhall.people import testing

    managers = {}
    for language, name in (("en", "Mei Chen"), ("zh", "陈梅")):
        staff = testing.make_staff("manager", email=f"mei-{language}@example.org", name=name)
        staff.language = CODES[language]
        staff.save()
        signed = testing.sign_in(Client(), staff).cookies[settings.SESSION_COOKIE_NAME]
        managers[language] = {"name": signed.key, "value": signed.value}
    actions.begin(length=BUILT)
    building.build()
    demo_desk.build(World.objects.get())
    freshness.forget()
    now = clock.now()
    for language in managers:
        name, text = OPENED[language]
        record(language, now - timedelta(minutes=18), name, text)
        for number, (name, text) in enumerate(LAST[language]):
            record(language, now - timedelta(seconds=(len(LAST[language]) - number) * 31), name, text)
    until = time.monotonic() + 120
    while effects.oldest_queued_age() is not None:
        if time.monotonic() > until:
            raise RuntimeError("the house does not work its queue off")
        time.sleep(0.2)
    cookies.write_text(json.dumps(managers))
    return 0


def record(language: str, at: datetime, name: str, text: str) -> None:
    """Let a message in at its time."""
    from guildhall.channels.webchat import PLATFORM, external_id, message_body
    from guildhall.core import clock
    from guildhall.intake.pipeline import Raw, ingest

    visitor = f"v-{name.encode().hex()}"
    with clock.freeze(at):
        body = message_body(
            space=f"demo-{language}", visitor=visitor, name=name, text=text, sent_at=at,
            message_id=external_id(visitor, f"{text}{at}"), language=CODES[language],
        )  # fmt: skip
        ingest([Raw(PLATFORM, body, at)])


if __name__ == "__main__":
    raise SystemExit(fill(Path(sys.argv[1])) if len(sys.argv) == 2 else main())
