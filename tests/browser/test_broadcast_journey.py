"""One announcement, written once in two languages, in a real browser, in both languages of the console: previewed for
every platform, approved by somebody else, and arriving on Telegram, Discord, WeCom, web chat and, pasted by a person,
in a personal WeChat group; then taken back where that can be done.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.testing.discord import FakeDiscord
from guildhall.channels.testing.telegram import FakeTelegram
from guildhall.channels.testing.wecom import FakeWecom
from guildhall.people.testing import PASSWORD
from tests.browser.pages import CHROMIUM, chromium, open_page, picture, sign_in, staff
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
EN = "XYZ is delisted on Friday at 08:00 UTC. Close your positions before."
ZH = "XYZ 将于周五 08:00 UTC 下架，请提前平仓。"
WORDS = {
    "en": {"save": "Save and read it once more", "ask": "Ask for approval", "approve": "Approve it",
           "back": "Take it back everywhere", "waits": "waits for a person"},
    "zh": {"save": "保存并复核", "ask": "申请批准", "approve": "批准", "back": "全部撤回", "waits": "等待人工处理"},
}  # fmt: skip
CONNECT = """
from guildhall.channels import actions as channels
from guildhall.channels.discord import bots as discord
from guildhall.channels.telegram import bots as telegram
from guildhall.channels.wecom import robots
from guildhall.channels.wecom.assisted import groups
telegram.add_bot(%r, "system:test")
discord.add_bot(%r, "system:test")
robots.add_robot("VIP robot", %r, "system:test")
groups.add_groups(["VIP 1"], by="system:test")
channels.create_space(platform="webchat", slug="lobby", name="Lobby", by="system:test")
print("1")
"""
KNOWN = """
from guildhall.channels import actions as channels
from guildhall.channels.models import Space, Topic
found = {one.platform: one for one in Space.objects.filter(archived_at=None, platform__in=("telegram", "discord"))
         .exclude(kind="private")}
topic = Topic.objects.filter(space__platform="discord", external_id=%r)
if len(found) == 2 and topic.exists():
    channels.edit_space(found["telegram"].pk, by="system:test", language="en")
    topic.update(announces=True, language="zh-hans")
print(json.dumps(len(found) == 2 and topic.exists()))
"""
SHOWN = """
from guildhall.channels.models import Message
print(json.dumps(list(Message.objects.filter(direction="out", space__platform=%r).values_list("text", flat=True))))
"""
PASTE = """
from guildhall.channels.wecom.assisted import posts
from guildhall.channels.wecom.assisted_models import AssistedPost
found = AssistedPost.objects.filter(state="waiting").first()
if found is not None:
    posts.posted(found.pk, by="staff:1")
print(json.dumps(found.text if found else ""))
"""
STATES = """
from guildhall.broadcast.models import Delivery
print(json.dumps(dict(Delivery.objects.values_list("rendering__platform", "state"))))
"""
AFTER = """
from guildhall.broadcast.models import Delivery
print(json.dumps(dict(Delivery.objects.values_list("rendering__platform", "afterwards"))))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


# The other language takes as long again: `make proof`.
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_one_announcement_arrives_on_every_platform_once_somebody_else_approved_it(
    browser: Any, tmp_path: Path, language: str
) -> None:
    with FakeTelegram() as telegram, FakeDiscord() as discord, FakeWecom() as wecom:
        settings = {
            "GUILDHALL_DEMO": "off", "GUILDHALL_BROADCAST_FOUR_EYES": "3", "GUILDHALL_TELEGRAM_API": telegram.url,
            "GUILDHALL_DISCORD_API": discord.api, "GUILDHALL_DISCORD_GATEWAY": discord.gateway_url,
            "GUILDHALL_WECOM_API": wecom.url,
        }  # fmt: skip
        with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
            walk(browser, house, language, telegram, discord, wecom)
            assert telegram.violations() == []
            assert discord.violations() == []


def walk(
    browser: Any, house: House, language: str, telegram: FakeTelegram, discord: FakeDiscord, wecom: FakeWecom
) -> None:
    """The whole journey in one language."""
    words = WORDS[language]
    olga = telegram.add_user("Olga")
    bot = telegram.add_bot(username="guild_cast_bot", name="Guild")
    group = telegram.add_chat("supergroup", "Perps lounge", owner=olga)
    app = discord.add_bot()
    guild = discord.add_guild("Perps server", discord.add_user("dora"))
    news = discord.channels(guild)["general"]
    discord.install(app, guild)
    corp = wecom.add_corp()
    key = wecom.add_robot(corp)
    house.django(CONNECT % (bot.token, app.token, key))
    telegram.add_bot_to_chat(bot, group, olga, {"all": True})
    wait_for(lambda: house.django(KNOWN % news), 90, "group and server to be known")

    desk = open_page(browser, house, "/broadcasts/new/", language)
    sign_in(desk, *staff(house, "manager", language), language)
    desk.goto(house.url + "/broadcasts/new/")
    desk.fill("input[name=name]", "XYZ")
    desk.fill("textarea[name=text_en]", EN)
    desk.fill("textarea[name=text_zh_hans]", ZH)
    desk.check("input[name=everyone]")
    desk.locator(".bc-counter", has_text="5").wait_for()
    assert desk.locator(".bc-bubble").count() >= 5
    desk.locator("input[name=name]").focus()
    picture(desk, f"broadcast-editor-{language}")
    desk.get_by_role("button", name=words["save"]).click()
    desk.get_by_role("button", name=words["ask"]).click()
    desk.locator(".notice.amber").wait_for()
    assert house.django(STATES) == {}

    second = open_page(browser, house, "/approvals/", language)
    sign_in(second, *staff(house, "compliance_officer", language), language)
    second.goto(house.url + "/approvals/")
    second.locator("a.cover[data-list-item]").first.click()
    assert ZH in second.locator("dl.facts").first.inner_text()
    picture(second, f"broadcast-approval-{language}")
    approve(second, words["approve"])

    robot = wecom.corp(corp).robots[key]
    wait_for(
        lambda: [one["text"] for one in telegram.messages(group) if one.get("text") == EN], 60, "Telegram"
    )
    wait_for(lambda: [one["content"] for one in discord.messages(news)] == [ZH], 60, "Discord")
    wait_for(lambda: [one["text"]["content"] for one in robot.shown] == [ZH], 60, "the robot")
    wait_for(lambda: house.django(SHOWN % "webchat") == [EN], 60, "web chat")
    wait_for(lambda: house.django(STATES).get("wechat") == "waiting", 60, "the post to be pasted")

    desk.goto(house.url + "/broadcasts/")
    desk.locator("a.cover[data-list-item]").first.click()
    desk.locator("a.cover[href*='/runs/']").first.click()
    assert words["waits"] in desk.locator("table").inner_text()
    picture(desk, f"broadcast-run-{language}")
    assert house.django(PASTE) == ZH
    wait_for(lambda: set(house.django(STATES).values()) == {"sent"}, 20, "all to be sent")

    desk.reload()
    desk.get_by_role("button", name=words["back"]).first.click()
    desk.locator("dialog[open] .btn.destroy").click()
    wait_for(
        lambda: telegram.messages(group) == [] or EN not in str(telegram.messages(group)), 60, "the removal"
    )
    wait_for(lambda: discord.messages(news) == [], 60, "the removal on Discord")
    wait_for(
        lambda: house.django(AFTER).get("wechat") == "cannot", 90, "what cannot be taken back to be named"
    )
    proof = house.run("audit", "verify")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def approve(page: Any, name: str) -> None:
    """Press it, say once more who we are when asked, and press it again."""
    button = page.get_by_role("button", name=name, exact=True)
    with page.expect_navigation():
        button.click()
    if "/reauthenticate/" in page.url:
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation():
            page.locator("input[name=password]").press("Enter")
    if button.count():
        with page.expect_navigation():
            button.click()
    assert button.count() == 0, page.inner_text("main")
