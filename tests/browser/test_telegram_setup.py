"""Set-up of Telegram from a blank installation, in a real browser against the fake Bot API, in both languages: a
token is pasted, the bot added, each right granted and ticked off, the group moderated, a test message arrives,
and a scam posted there is gone and stands in Review.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.testing.telegram import FakeTelegram
from tests.browser.pages import CHROMIUM, SIGN_IN, chromium, open_page, picture
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
RIGHTS = {
    "can_delete_messages": True,
    "can_restrict_members": True,
    "can_invite_users": True,
    "can_pin_messages": True,
    "can_manage_topics": True,
}
SCAM = {
    "en": "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock",
    "zh": "官方客服：您的账户异常，请立即在 https://anquan-88.cc 输入助记词验证，否则资产将被冻结",
}
FINE = {"en": "Is the BTC funding rate negative again?", "zh": "BTC资金费率又转负了吗？"}
WORDS = {
    "en": {
        "group": "Perps lounge", "connect": "Connect the bot", "shape": "not the shape of a token",
        "moderate": "Make it moderated", "test": "Send a test message", "fine": "Everything is fine.",
        "save": "Save", "ready": "Ready.", "code": "en",
    },
    "zh": {
        "group": "永续合约交流群", "connect": "接入机器人", "shape": "不是令牌的格式", "moderate": "开始审核",
        "test": "发送测试消息", "fine": "一切正常。", "save": "保存", "ready": "准备就绪。", "code": "zh-hans",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as one:
        yield one


# The other language takes half a minute: `make proof`.
@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.proof)])
def test_from_a_blank_installation_to_a_moderated_group(
    browser: Any, telegram: FakeTelegram, tmp_path: Path, language: str
) -> None:
    words = WORDS[language]
    olga = telegram.add_user("Olga")
    group = telegram.add_chat("supergroup", words["group"], owner=olga)
    bot = telegram.add_bot(username=f"guild_{language}_bot", name="Guild")
    settings = {
        "GUILDHALL_DEMO": "off",
        "GUILDHALL_TELEGRAM_API": telegram.url,
        "GUILDHALL_LANGUAGE": words["code"],
    }
    with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
        page = first_owner(browser, house, language)
        page.goto(house.url + "/settings/")
        page.locator(".tabs a", has_text="Telegram").click()
        page.locator(".steps").wait_for()
        picture(page, f"telegram-empty-{language}")
        connect(page, "hello", words)
        page.locator(".field-error", has_text=words["shape"]).wait_for()
        connect(page, "999999999:AAHno_such_bot_was_ever_made_here_x", words)
        page.locator(".field-error").wait_for()
        connect(page, bot.token, words)
        page.wait_for_url("**/settings/telegram/*/")
        assert bot.token not in page.content()
        link = page.locator("a[href*='startgroup=']").get_attribute("href")
        assert link.startswith(f"https://t.me/{bot.username}?startgroup=guildhall&admin=")
        picture(page, f"telegram-bot-{language}")

        telegram.add_bot_to_chat(bot, group, olga, None)
        line = page.locator("#live a.cover", has_text=words["group"])
        line.wait_for(timeout=30_000)
        line.click()
        page.locator(".right-line.lacks").first.wait_for()
        picture(page, f"telegram-rights-missing-{language}")
        telegram.set_rights(bot, group, RIGHTS)
        page.get_by_text(words["ready"]).wait_for(timeout=30_000)
        assert page.locator(".right-line.lacks").count() == 0

        page.select_option("select[name=language]", words["code"])
        page.get_by_role("button", name=words["save"], exact=True).click()
        page.get_by_role("button", name=words["moderate"]).click()
        page.locator("#live .notice", has_text=words["fine"]).wait_for()
        page.get_by_role("button", name=words["test"]).click()
        wait_for(lambda: telegram.messages(group), 30, "the test message")
        picture(page, f"telegram-group-{language}")

        fine = telegram.say(group, telegram_member(telegram, group, "Ann"), FINE[language])
        scam = telegram.say(group, telegram_member(telegram, group, "Mallory"), SCAM[language])
        wait_for(lambda: scam not in shown(telegram, group), 40, "the scam to be deleted")
        assert fine in shown(telegram, group)
        page.goto(house.url + "/review/")
        page.locator("a.cover[data-list-item]").filter(has_text=SCAM[language][:16]).first.wait_for()
        page.goto(house.url + "/settings/telegram/")
        page.locator(".notice.green", has_text=words["fine"]).wait_for()
        picture(page, f"telegram-{language}")
        assert telegram.violations() == []


def first_owner(browser: Any, house: House, language: str) -> Any:
    """Sign in by the link that the first start printed."""
    page = open_page(browser, house, house.sign_in_link().removeprefix(house.url), language)
    page.get_by_role("button", name=SIGN_IN[language], exact=True).click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    return page


def connect(page: Any, token: str, words: dict[str, str]) -> None:
    page.fill("input[name=token]", token)
    page.get_by_role("button", name=words["connect"]).click()


def telegram_member(telegram: FakeTelegram, chat: int, name: str) -> int:
    user = telegram.add_user(name)
    telegram.join(chat, user)
    return int(user)


def shown(telegram: FakeTelegram, chat: int) -> set[int]:
    return {int(message["message_id"]) for message in telegram.messages(chat)}
