"""In a real browser, in both languages: a question in a Telegram group becomes a ticket, its asker hears the number;
an agent asks the exchange about the account, answers in the group, and the asker rates the answer by button.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.testing.telegram import FakeTelegram
from guildhall.exchange.testing import back_office as fake
from tests.browser.pages import CHROMIUM, CODES, chromium, open_page, picture, sign_in, staff
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
SHARED = "a secret shared with them"
TITLES = {"en": "Perps lounge", "zh": "永续合约交流群"}
TALK = {"en": "What a day on the markets", "zh": "今天行情真热闹"}
ASKED = {"en": "Why does my transfer still not show up?", "zh": "请问我的转账为什么还没有显示？"}
HEARD = {"en": "We have your question", "zh": "已收到您的问题"}
ANSWER = {
    "en": "It was credited after one more confirmation.",
    "zh": "再等一个区块确认后已到账，请查看余额。",
}
RATE = {"en": "1 (poor) to 5 (very good)", "zh": "1（很差）至 5（非常满意）"}
READY = """
from guildhall.channels.telegram import bots
from guildhall.exchange.lookup import offices
bots.add_bot("%(token)s", "system:test")
offices.connect("house", %(office)r, "staff:1", secret=%(secret)r)
print(json.dumps(1))
"""
OPEN = """
from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.desk.actions import doors
from guildhall.desk.doors import Rules
space = Space.objects.filter(platform="telegram", name="%(title)s").first()
if space is not None:
    channels.edit_space(space.pk, by="system:test", language="%(code)s")
    doors.set_door(Rules(question=True), "staff:1", space_id=space.pk)
print(json.dumps(space is not None))
"""
FOUND = """
from guildhall.desk.models import Ticket
rows = Ticket.objects.filter(space__name="%s").values_list("id", "subject", "status", "rating", "assignee")
print(json.dumps(list(rows)))
"""
PASS_TIME = """
from guildhall.core import clock
from guildhall.effects.models import Effect
soon = Effect.objects.filter(kind__in=("desk.reply", "desk.ask_rating"), state="queued")
print(json.dumps(soon.update(due_at=clock.now())))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def test_a_question_in_a_group_is_looked_up_answered_there_and_rated(browser: Any, tmp_path: Path) -> None:
    with FakeTelegram() as telegram, fake.standing(fake.BackOffice(SHARED)) as office:
        settings = {
            "GUILDHALL_DEMO": "off",
            "GUILDHALL_TELEGRAM_API": telegram.url,
            "GUILDHALL_EXCHANGE_INSIDE": "on",
        }
        with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
            olga = telegram.add_user("Olga")
            bot = telegram.add_bot(username="guild_desk_bot", name="Guild")
            house.django(READY % {"token": bot.token, "office": office, "secret": SHARED})
            for language, width in (("en", 1440), ("zh", 360)):
                walk(browser, telegram, house, bot, olga, language, width)
            assert telegram.violations() == []


def walk(
    browser: Any, telegram: FakeTelegram, house: House, bot: Any, olga: int, language: str, width: int
) -> None:
    """The whole journey in one language; in Chinese with a thumb."""
    group = telegram.add_chat("supergroup", TITLES[language], owner=olga)
    telegram.add_bot_to_chat(bot, group, olga, {"all": True})
    say = {"title": TITLES[language], "code": CODES[language]}
    wait_for(lambda: house.django(OPEN % say), 60, "the group to be known")
    ann = telegram.add_user(f"Ann {language}", language_code=CODES[language])
    telegram.join(group, ann)
    telegram.say(group, ann, TALK[language])

    def rows() -> Any:
        return house.django(FOUND % TITLES[language])

    desk = open_page(browser, house, "/inbox/", language, width=width)
    sign_in(desk, *staff(house, "support_agent", language), language)
    telegram.say(group, ann, ASKED[language])
    (found,) = wait_for(rows, 40, "the question to be a ticket")
    ticket, subject = found[0], found[1]
    assert subject == ASKED[language]
    told = wait_for(lambda: saying(telegram, group, HEARD[language]), 40, "the asker to hear the number")
    assert told["from"]["id"] == bot.id
    wait_for(lambda: rows()[0][4], 20, "the ticket to have an owner")

    desk.goto(f"{house.url}/inbox/?view=open")
    desk.get_by_text(ASKED[language]).first.wait_for()
    assert desk.get_by_text(TALK[language]).count() == 0
    picture(desk, f"desk-inbox-{language}")
    desk.goto(f"{house.url}/inbox/{ticket}/")
    desk.locator("#l-uid").fill("100001")
    desk.select_option("#l-kind", "deposit")
    desk.locator("#lookup button").click()
    desk.get_by_text("1,250.5 USDT").first.wait_for()
    picture(desk, f"desk-lookup-{language}")

    if width < 600:
        desk.locator("nav.thumb-bar button.strong").click()
    desk.locator("#composer input[name=where][value=group]").check(force=True)
    desk.locator("#say").fill(ANSWER[language])
    desk.locator("#composer button[name=then][value=solved]").click()
    desk.locator(".held").first.wait_for()
    assert desk.evaluate("document.documentElement.scrollWidth") <= width
    picture(desk, f"desk-answer-{language}")
    house.django(PASS_TIME)
    answer = wait_for(lambda: saying(telegram, group, ANSWER[language]), 40, "the answer in the group")
    assert answer["reply_to_message"]["text"] == ASKED[language]

    wait_for(lambda: rows()[0][2] == "solved", 20, "the ticket to be solved")
    house.django(PASS_TIME)
    question = wait_for(lambda: saying(telegram, group, RATE[language]), 40, "the question how it was")
    press = telegram.press(ann, group, question["message_id"], "⭐⭐⭐⭐⭐")
    wait_for(lambda: telegram.callback(press)["answered"], 40, "the answer to the button")
    wait_for(lambda: rows()[0][3] == 5, 20, "the rating to be kept")


def saying(telegram: FakeTelegram, chat: int, words: str) -> Any:
    return next((one for one in telegram.messages(chat) if words in one.get("text", "")), None)
