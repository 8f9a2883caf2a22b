"""WeChat from a blank installation, in a real browser against the fake WeChat, in both languages: a corporation
connected by id and secret, its callback believed, a group found; a family founded, an entrance held by
compliance until two people let it pass, and a customer who comes by its code (活码) greeted and noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.testing.wecom import Corp, FakeWecom
from tests.browser.pages import CHROMIUM, SIGN_IN, chromium, open_page, picture
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
REGION = "MX"
EXCEPTION = """
from datetime import timedelta
from guildhall.compliance import actions
from guildhall.core import approvals, clock
from guildhall.people.models import Staff
from guildhall.people.testing import make_staff
first = Staff.objects.first()
second = make_staff("owner", email="second@example.org", name="Second")
made = actions.propose_override("MX", "link", until=clock.now() + timedelta(days=30), reason="licensed partner",
    by=f"staff:{first.pk}", rule_id="HOUSE-DEFAULT-1")
approvals.approve(made.pk, f"staff:{second.pk}", made.content_hash)
"""
WORDS = {
    "en": {
        "code": "en", "corp": "Guild Exchange", "group": "Perps lounge 1", "connect": "Connect the corporation",
        "callback": "Three lines for WeCom's console", "works": "works", "family": "Perps, Mexico",
        "save": "Save", "put": "Put it here", "entrance": "New entrance", "open": "Open the entrance",
        "held": "Compliance holds this entrance", "ask": "Ask again", "sent": "sent", "customer": "Ann",
        "welcome": "Welcome to the perps lounge.", "name": "Booth", "picture": "Open the picture",
    },
    "zh": {
        "code": "zh-hans", "corp": "行会交易所", "group": "合约交流一群", "connect": "接入企业",
        "callback": "填入企业微信后台的三项", "works": "正常", "family": "墨西哥合约", "save": "保存",
        "put": "归入", "entrance": "新建入口", "open": "开放入口", "held": "该入口被合规拦截", "ask": "重新核查",
        "sent": "已发送", "customer": "王芳", "welcome": "欢迎来到合约交流群。", "name": "展台",
        "picture": "打开图片",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture
def wechat() -> Iterator[FakeWecom]:
    with FakeWecom() as one:
        yield one


# The other language takes half a minute: `make proof`.
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_from_a_blank_installation_to_a_customer_greeted_at_the_entrance(
    browser: Any, wechat: FakeWecom, tmp_path: Path, language: str
) -> None:
    words = WORDS[language]
    corp = wechat.add_corp(name=words["corp"])
    wechat.add_staff(corp, "lilei", "李雷")
    settings = {
        "GUILDHALL_DEMO": "off",
        "GUILDHALL_WECOM_API": wechat.url,
        "GUILDHALL_WECHAT_API": wechat.url,
        "GUILDHALL_LANGUAGE": words["code"],
    }
    with House(tmp_path / "house", environment=settings) as house:
        page = open_page(browser, house, house.sign_in_link().removeprefix(house.url), language)
        page.get_by_role("button", name=SIGN_IN[language], exact=True).click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        page.goto(house.url + "/settings/wechat/")
        page.locator(".steps").wait_for()
        picture(page, f"wechat-empty-{language}")

        connect(page, words, corp.id, "x" * 43)
        page.locator(".field-error").first.wait_for()
        connect(page, words, corp.id, corp.secrets["app"])
        page.locator("#live").wait_for()
        assert corp.secrets["app"] not in page.content()
        believed(page, wechat, corp, words)
        wechat.add_group(corp, "lilei", words["group"])
        page.locator("#live a.cover", has_text=words["group"]).wait_for(timeout=40_000)
        page.locator("#live .right-line.has").nth(3).wait_for(timeout=30_000)
        picture(page, f"wechat-corp-{language}")

        page.goto(house.url + "/families/new/")
        page.fill("input[name=name]", words["family"])
        page.fill("input[name=region]", REGION)
        page.select_option("select[name=language]", words["code"])
        page.get_by_role("button", name=words["save"], exact=True).click()
        page.locator("select[name=space]").select_option(label=words["group"])
        page.get_by_role("button", name=words["put"], exact=True).click()
        page.locator("a.cover", has_text=words["group"]).first.wait_for()
        picture(page, f"wechat-family-{language}")

        page.get_by_role("link", name=words["entrance"]).first.click()
        page.select_option("select[name=kind]", "contact")
        page.fill("input[name=name]", words["name"])
        page.locator("select[name=corp]").select_option(label=words["corp"])
        page.locator("input[name=users]").first.check()
        page.fill(
            "textarea[name=words_en]" if language == "en" else "textarea[name=words_zh]", words["welcome"]
        )
        page.get_by_role("button", name=words["open"]).click()
        page.locator(".notice.amber", has_text=words["held"]).wait_for()
        assert corp.ways == {}
        picture(page, f"wechat-entrance-held-{language}")

        house.django(EXCEPTION)
        page.get_by_role("button", name=words["ask"]).click()
        page.get_by_role("link", name=words["picture"]).wait_for()
        ann = wechat.add_customer(corp, words["customer"])
        (config,) = corp.ways
        wechat.scan(corp, config, ann)
        wait_for(lambda: wechat.customer(corp, ann).welcomes, 18, "the welcome")
        assert wechat.customer(corp, ann).welcomes[0]["text"] == words["welcome"]
        noted = page.locator("td .tag.green", has_text=words["sent"])
        wait_for(lambda: page.reload() is not None and noted.count(), 30, "the welcome to be noted as sent")
        picture(page, f"wechat-entrance-{language}")
        assert wechat.violations() == []


def connect(page: Any, words: dict[str, str], corpid: str, secret: str) -> None:
    page.fill("input[name=name] >> nth=0", words["corp"])
    page.fill("input[name=corpid]", corpid)
    page.fill("input[name=contact_secret]", secret)
    page.get_by_role("button", name=words["connect"]).click()


def believed(page: Any, wechat: FakeWecom, corp: Corp, words: dict[str, str]) -> None:
    """Put the three lines of the page into WeCom's console, which asks our door at once."""
    card = page.locator(".card", has_text=words["callback"])
    address, token, key = (card.locator(".copy code").nth(number).inner_text() for number in range(3))
    assert wechat.set_callback(corp, address, token, key) == ""
