"""Set-up of Discord from a blank installation, in a real browser against the fake Discord, in both languages: a
token is pasted, an intent found switched off, the bot added, each permission ticked off, a channel marked for
announcements, the server moderated, a test message arrives, and a scam posted there is gone and stands in Review.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from guildhall.channels.discord.rights import PERMISSIONS
from guildhall.channels.testing.discord import FakeDiscord
from tests.browser.pages import CHROMIUM, SIGN_IN, chromium, open_page, picture
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
MODERATE_MEMBERS = 1 << 40
SCAM = {
    "en": "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock",
    "zh": "官方客服：您的账户异常，请立即在 https://anquan-88.cc 输入助记词验证，否则资产将被冻结",
}
FINE = {"en": "Is the BTC funding rate negative again?", "zh": "BTC资金费率又转负了吗？"}
WORDS = {
    "en": {
        "server": "Perps guild", "connect": "Connect the bot", "shape": "not the shape of a token",
        "check": "Check again", "moderate": "Make it moderated", "test": "Send a test message",
        "fine": "Everything is fine.", "ready": "Ready.", "save": "Save", "code": "en",
        "announces": "announcements are made here", "unknown": "does not know this token",
    },
    "zh": {
        "server": "永续合约公会", "connect": "接入机器人", "shape": "令牌格式不正确", "check": "重新检查",
        "moderate": "开始审核", "test": "发送测试消息", "fine": "一切正常。", "ready": "准备就绪。",
        "save": "保存", "code": "zh-hans", "announces": "公告将发布在此频道", "unknown": "不认识该令牌",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture
def discord() -> Iterator[FakeDiscord]:
    with FakeDiscord() as one:
        yield one
        assert one.failures == []


# The other language takes half a minute: `make proof`.
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_from_a_blank_installation_to_a_moderated_server(
    browser: Any, discord: FakeDiscord, tmp_path: Path, language: str
) -> None:
    words = WORDS[language]
    olga = discord.add_user("olga", "Olga")
    guild = discord.add_guild(words["server"], olga)
    general = discord.channels(guild)["general"]
    news = discord.add_channel(guild, "news", "news")
    bot = discord.add_bot(name=f"guild-{language}", intents=["message_content"])
    settings = {
        "GUILDHALL_DEMO": "off",
        "GUILDHALL_DISCORD_API": discord.api,
        "GUILDHALL_DISCORD_GATEWAY": discord.gateway_url,
        "GUILDHALL_LANGUAGE": words["code"],
    }
    with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
        page = first_owner(browser, house, language)
        page.goto(house.url + "/settings/")
        page.locator(".tabs a", has_text="Discord").click()
        page.locator(".steps").wait_for()
        picture(page, f"discord-empty-{language}")
        connect(page, "hello", words)
        page.locator(".field-error", has_text=words["shape"]).wait_for()
        connect(page, f"{'M' * 26}.{'a' * 6}.{'b' * 38}", words)
        page.locator(".field-error", has_text=words["unknown"]).wait_for()
        connect(page, bot.token, words)
        page.wait_for_url("**/settings/discord/*/")
        assert bot.token not in page.content()

        lacking = page.locator(".right-line.lacks")
        lacking.filter(has_text="Server Members Intent").wait_for()
        assert lacking.count() == 1
        picture(page, f"discord-intents-{language}")
        discord.set_intents(bot, ["members", "message_content"])
        page.get_by_role("button", name=words["check"]).click()
        lacking.wait_for(state="detached")
        link = urlsplit(page.locator("a[href*='oauth2/authorize']").get_attribute("href"))
        asked = {name: value[0] for name, value in parse_qs(link.query).items()}
        assert asked == {
            "client_id": bot.id,
            "scope": "bot applications.commands",
            "permissions": str(PERMISSIONS),
        }

        discord.install(bot, guild, PERMISSIONS & ~MODERATE_MEMBERS)
        line = page.locator("#live a.cover", has_text=words["server"])
        line.wait_for(timeout=40_000)
        picture(page, f"discord-bot-{language}")
        line.click()
        lacking.first.wait_for()
        assert lacking.count() == 1
        picture(page, f"discord-rights-missing-{language}")
        discord.set_rights(bot, guild, PERMISSIONS)
        page.get_by_text(words["ready"]).wait_for(timeout=30_000)

        form = page.locator("#channels .item", has_text="#news").locator("form")
        form.locator("select").select_option(words["code"])
        form.locator("input[type=checkbox]").check()
        form.get_by_role("button", name=words["save"]).click()
        page.locator("#channels .item", has_text="#news").get_by_text(words["announces"]).wait_for()
        page.get_by_role("button", name=words["moderate"]).click()
        page.locator("#live .notice", has_text=words["fine"]).wait_for()
        page.get_by_role("button", name=words["test"]).click()
        wait_for(lambda: discord.messages(news), 30, "the test message")
        picture(page, f"discord-server-{language}")

        ann, mallory = member(discord, guild, "ann"), member(discord, guild, "mallory")
        fine = discord.say(general, ann, FINE[language])
        scam = discord.say(general, mallory, SCAM[language])
        wait_for(lambda: scam not in shown(discord, general), 40, "the scam to be deleted")
        assert fine in shown(discord, general)
        page.goto(house.url + "/review/")
        page.locator("a.cover[data-list-item]").filter(has_text=SCAM[language][:16]).first.wait_for()
        page.goto(house.url + "/settings/discord/")
        page.locator(".notice.green", has_text=words["fine"]).wait_for()
        picture(page, f"discord-{language}")
        assert discord.violations() == []


def first_owner(browser: Any, house: House, language: str) -> Any:
    """Sign in by the link that the first start printed."""
    page = open_page(browser, house, house.sign_in_link().removeprefix(house.url), language)
    page.set_default_timeout(60_000)
    page.get_by_role("button", name=SIGN_IN[language], exact=True).click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    return page


def connect(page: Any, token: str, words: dict[str, str]) -> None:
    page.fill("input[name=token]", token)
    page.get_by_role("button", name=words["connect"]).click()


def member(discord: FakeDiscord, guild: str, name: str) -> str:
    user = discord.add_user(name)
    discord.join(guild, user)
    return user


def shown(discord: FakeDiscord, channel: str) -> set[str]:
    return {message["id"] for message in discord.messages(channel)}
