"""The gate journey over Telegram, against the fake Bot API, in both languages: a manager sets the gate on its page
and tries the question; a newcomer is silent until they answer, asks for a person, and is let in from the page; another
one answers alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.testing.telegram import FakeTelegram
from tests.browser.pages import CHROMIUM, CODES, chromium, open_page, picture, sign_in, staff
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
TITLES = {"en": "Perps lounge", "zh": "永续合约交流群"}
PERSON = {"en": "I am a person", "zh": "我是真人"}
ASK = {"en": "Ask a person", "zh": "人工协助"}
LET_IN = {"en": "Let in", "zh": "允许"}
TRIAL = {"en": "after 3 messages", "zh": "再发 3 条消息"}
RIGHT = {"en": "let through", "zh": "将予放行"}
READY = """
from guildhall.channels.telegram import bots
bots.add_bot("%(token)s", "system:test")
print(json.dumps(1))
"""
SPACE = """
from guildhall.channels import actions as channels
from guildhall.channels.models import Space
space = Space.objects.filter(platform="telegram", name="%(title)s").first()
if space is not None:
    channels.edit_space(space.pk, by="system:test", language="%(code)s")
print(json.dumps(space.slug if space else ""))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


# The other language takes as long again: `make proof`.
@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.proof)])
def test_a_gate_is_set_tried_and_watched_while_newcomers_pass_it(
    browser: Any, tmp_path: Path, language: str
) -> None:
    with FakeTelegram() as telegram:
        settings = {"GUILDHALL_DEMO": "off", "GUILDHALL_TELEGRAM_API": telegram.url}
        with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
            walk(browser, telegram, house, language)
            assert telegram.violations() == []


def walk(browser: Any, telegram: FakeTelegram, house: House, language: str) -> None:
    """The whole journey in one language."""
    olga = telegram.add_user("Olga")
    bot = telegram.add_bot(username="guild_gate_bot", name="Guild")
    group = telegram.add_chat("supergroup", TITLES[language], owner=olga)
    house.django(READY % {"token": bot.token})
    telegram.add_bot_to_chat(bot, group, olga, {"all": True})
    named = {"title": TITLES[language], "code": CODES[language]}
    slug = str(wait_for(lambda: house.django(SPACE % named), 60, "the group to be known"))

    desk = open_page(browser, house, f"/spaces/{slug}/gate/", language)
    sign_in(desk, *staff(house, "manager", language), language)
    desk.goto(f"{house.url}/spaces/{slug}/gate/")
    desk.locator("#gate-preview .bubble").first.wait_for()
    desk.locator("input[name=rules]").check()
    desk.locator("input[name=trial_messages]").fill("3")
    desk.locator("#gate-preview .bubble-text.long").first.wait_for()
    desk.locator("#gate-preview .bubble").filter(has_text=TRIAL[language]).first.wait_for()
    code = CODES[language]
    bubble = desk.locator(f"#gate-preview .bubble[lang={code}]").first
    bubble.get_by_role("button", name=PERSON[language]).click()
    bubble.locator(".gate-tried").filter(has_text=RIGHT[language]).wait_for()
    picture(desk, f"gate-set-{language}")
    desk.locator("input[name=rules]").uncheck()
    desk.locator("input[name=is_on]").check()
    desk.locator("#gate-form button.primary").click()
    desk.wait_for_load_state()
    assert desk.locator("input[name=is_on]").is_checked()

    def arrive(name: str) -> tuple[int, Any]:
        user = int(telegram.add_user(name, language_code={"en": "en", "zh": "zh-hans"}[language]))
        telegram.join(group, user)
        question = wait_for(lambda: asked(telegram, group, name), 40, f"the question to {name}")
        wait_for(lambda: telegram.member(group, user)["status"] == "restricted", 20, "the hold")
        return user, question

    eve, question = arrive("Eve")
    telegram.press(eve, group, question["message_id"], ASK[language])

    def somebody_waits() -> bool:
        desk.goto(f"{house.url}/spaces/{slug}/gate/")
        return bool(desk.locator("#gate-live .item").count() and desk.locator("#gate-live .tag.blue").count())

    wait_for(somebody_waits, 40, "Eve to wait for a person on the page")
    picture(desk, f"gate-waiting-{language}")
    desk.locator("#gate-live").get_by_role("button", name=LET_IN[language], exact=True).click()
    wait_for(lambda: telegram.member(group, eve)["status"] == "member", 40, "Eve to be free")

    bob, question = arrive("Bob")
    press = telegram.press(bob, group, question["message_id"], PERSON[language])
    wait_for(lambda: telegram.callback(press)["answered"], 40, "the answer to the button")
    wait_for(lambda: telegram.member(group, bob)["status"] == "member", 40, "Bob to be free")
    wait_for(lambda: asked(telegram, group, "Bob") is None, 60, "the question to be taken away")
    link = telegram.say(group, bob, "https://example.org/offer")
    wait_for(lambda: link not in {one["message_id"] for one in telegram.messages(group)}, 40, "the trial")
    desk.goto(f"{house.url}/spaces/{slug}/gate/")
    picture(desk, f"gate-after-{language}")

    proof = house.run("audit", "verify")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def asked(telegram: FakeTelegram, chat: int, name: str) -> Any:
    """The question to somebody, as it stands in the group."""
    found = [one for one in telegram.messages(chat) if one.get("reply_markup")]
    return next((one for one in found if one["text"].startswith(name)), None)
