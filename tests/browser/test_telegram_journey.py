"""The first journey over Telegram, against the fake Bot API, in both languages: a scam in a group is deleted and its
author told with a button to appeal; a moderator sees why; the appeal stands first in Review; the moderator undoes,
the member is told and the strike is gone; the audit proves all of it.
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
SCAM = {
    "en": "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock",
    "zh": "官方客服：您的账户异常，请立即在 https://anquan-88.cc 输入助记词验证，否则资产将被冻结",
}
DOUBTFUL = {
    "en": "Guaranteed profit every single time, message me for the signal group",
    "zh": "稳赚不赔，跟单必赚，私聊我进群领取内幕消息",
}
FINE = {"en": "Is the BTC funding rate negative again?", "zh": "BTC资金费率又转负了吗？"}
TITLES = {"en": "Perps lounge", "zh": "永续合约交流群"}
GRANTED = {"en": "appeal was granted", "zh": "申诉已通过"}
READY = """
from guildhall.channels.models import Space
from guildhall.channels.telegram import bots
from guildhall.channels import actions as channels
from guildhall.guard import actions as guard
bots.add_bot("%(token)s", "system:test")
print(json.dumps(1))
"""
ACT = """
from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.guard import actions as guard
space = Space.objects.filter(platform="telegram", name="%(title)s").first()
if space is not None:
    channels.edit_space(space.pk, by="system:test", language="%(code)s")
    guard.assign_policy(space.pk, "default", "system:test")
print(json.dumps(space is not None))
"""
STRIKES = """
from guildhall.channels.models import SpaceMember
print(json.dumps(list(SpaceMember.objects.filter(account__external_id="%s").values_list("strikes", flat=True))))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


# The other language takes as long again: `make proof`.
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_a_scam_on_telegram_vanishes_is_explained_appealed_undone_and_audited(
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
    bot = telegram.add_bot(username="guild_journey_bot", name="Guild")
    group = telegram.add_chat("supergroup", TITLES[language], owner=olga)
    house.django(READY % {"token": bot.token})
    telegram.add_bot_to_chat(bot, group, olga, {"all": True})
    say = {"title": TITLES[language], "code": CODES[language]}
    wait_for(lambda: house.django(ACT % say), 60, "the group to be known")

    mallory = arrive(telegram, group, "Mallory", language)
    eve = arrive(telegram, group, "Eve", language)
    telegram.say(group, arrive(telegram, group, "Ann", language), FINE[language])
    telegram.say(group, eve, DOUBTFUL[language])
    scam = telegram.say(group, mallory, SCAM[language])
    wait_for(lambda: scam not in {one["message_id"] for one in telegram.messages(group)}, 40, "the deletion")
    notice = wait_for(lambda: with_button(telegram, group), 40, "the notice with its button")
    assert strikes(house, mallory) == [1]

    desk = open_page(browser, house, "/review/", language)
    sign_in(desk, *staff(house, "moderator", language), language)
    desk.goto(house.url + "/review/")
    desk.locator("a.cover[data-list-item]").filter(has_text=SCAM[language][:16]).first.click()
    desk.locator(".why").first.wait_for()
    assert desk.locator(".msg mark").count() >= 1
    picture(desk, f"telegram-review-{language}")

    press = telegram.press(mallory, group, notice["message_id"], "Appeal · 申诉")
    wait_for(lambda: telegram.callback(press)["answered"], 40, "the answer to the button")
    telegram.say(group, eve, DOUBTFUL[language] + "!")

    def appeal_is_first() -> bool:
        desk.goto(house.url + "/review/")
        first = desk.locator("a.cover[data-list-item]").first
        return first.count() == 1 and SCAM[language][:16] in first.inner_text() and is_appeal(desk)

    wait_for(appeal_is_first, 40, "the appeal to stand first in Review")
    picture(desk, f"telegram-appeal-{language}")
    desk.locator("a.cover[data-list-item]").first.click()
    desk.locator(".why").first.wait_for()
    desk.locator("button[data-key=u]").click()
    told = wait_for(lambda: saying(telegram, group, GRANTED[language]), 40, "the member to be told")
    assert told["from"]["id"] == bot.id
    wait_for(lambda: strikes(house, mallory) == [0], 20, "the strike to go")

    proof = house.run("audit", "verify")
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "intact" in proof.stdout


def arrive(telegram: FakeTelegram, chat: int, name: str, language: str) -> int:
    user = telegram.add_user(name, language_code={"en": "en", "zh": "zh-hans"}[language])
    telegram.join(chat, user)
    return int(user)


def with_button(telegram: FakeTelegram, chat: int) -> Any:
    """The notice to the author of the scam; others in the group may have been told something too."""
    found = [one for one in telegram.messages(chat) if one.get("reply_markup")]
    return next((one for one in found if one["text"].startswith("Mallory")), None)


def saying(telegram: FakeTelegram, chat: int, words: str) -> Any:
    return next((one for one in telegram.messages(chat) if words in one.get("text", "")), None)


def strikes(house: House, user: int) -> Any:
    return house.django(STRIKES % user)


def is_appeal(desk: Any) -> bool:
    line = desk.locator("li:has(a.cover[data-list-item])").first
    return any(word in line.inner_text().lower() for word in ("appeal", "申诉"))
