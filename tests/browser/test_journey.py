"""The first journey, on a real house in a real browser, in both languages: a scam is posted and vanishes, a
moderator signs in with a second factor, sees why and undoes it, it is back; the next one is appealed; the audit
proves all of it. With JOURNEY_PICTURES set, pictures of it are kept there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.pages import CHROMIUM, chromium, open_page, picture, sign_in, staff
from tests.house import House

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
SCAM = {
    "en": "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock",
    "zh": "官方客服：您的账户异常，请立即在 https://anquan-88.cc 输入助记词验证，否则资产将被冻结",
}
SECOND = {
    "en": "Wallet support here: send your seed phrase to verify your wallet at https://wallet-check7.top/unlock",
    "zh": "钱包官方客服：您的账户异常，请立即在 https://anquan-77.cc 输入助记词验证，否则资产将被冻结",
}
TALK = {
    "en": ("Is the BTC funding rate negative again?", "Yes, for two hours now. Slippage is fine though."),
    "zh": ("BTC资金费率又转负了吗？", "对，已经两个小时了，不过滑点还可以。"),
}
WORDS = {
    "en": {
        "name": "Your name here", "agree": "Keep a cookie", "enter": "Enter the chat",
        "write": "Write a message", "removed": "removed", "appeal": "Appeal",
        "appealed": "Your appeal is with a person.",
    },
    "zh": {
        "name": "您在此处的名称", "agree": "同意在本设备保存", "enter": "进入聊天",
        "write": "输入消息", "removed": "已被移除", "appeal": "申诉",
        "appealed": "正在由人工复核",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("journey") / "house") as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def enter(page: Any, name: str, language: str) -> None:
    words = WORDS[language]
    page.get_by_label(words["name"]).fill(name)
    page.get_by_label(words["agree"]).check()
    page.get_by_role("button", name=words["enter"]).click()
    page.get_by_placeholder(words["write"]).wait_for()


def say(page: Any, text: str, language: str) -> None:
    box = page.get_by_placeholder(WORDS[language]["write"])
    box.fill(text)
    with page.expect_response(lambda answer: answer.url.split("?")[0].endswith("/post")) as answer:
        box.press("Enter")
    assert answer.value.ok


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_scam_vanishes_is_explained_undone_appealed_and_audited(
    house: House, browser: Any, language: str
) -> None:
    words, scam = WORDS[language], SCAM[language]
    reader = open_page(browser, house, f"/chat/demo-{language}/", language)
    poster = open_page(browser, house, f"/chat/demo-{language}/", language, width=390)
    enter(reader, {"en": "Ann Lee", "zh": "小林"}[language], language)
    enter(poster, {"en": "Traveller", "zh": "旅人"}[language], language)
    say(reader, TALK[language][0], language)
    say(poster, TALK[language][1], language)
    say(poster, scam, language)
    poster.get_by_text(words["removed"]).first.wait_for()
    reader.get_by_text(TALK[language][1]).wait_for()
    reader.wait_for_timeout(3000)
    assert reader.get_by_text(scam[:20]).count() == 0
    picture(reader, f"chat-{language}")

    desk = open_page(browser, house, "/review/", language)
    sign_in(desk, *staff(house, "moderator", language), language)
    desk.goto(house.url + "/")
    picture(desk, f"today-{language}")
    desk.set_viewport_size({"width": 390, "height": 844})
    picture(desk, f"today-phone-{language}")
    desk.set_viewport_size({"width": 1440, "height": 900})
    desk.goto(house.url + "/review/")
    desk.locator("a.cover[data-list-item]").filter(has_text=scam[:16]).first.click()
    desk.locator(".why").first.wait_for()
    assert desk.locator(".msg mark").count() >= 1
    picture(desk, f"review-{language}")
    desk.locator("button[data-key=u]").click()
    reader.get_by_text(scam[:20]).first.wait_for(timeout=20_000)

    say(poster, SECOND[language], language)
    poster.wait_for_timeout(3000)
    poster.get_by_role("link", name=words["appeal"]).last.click()
    form = poster.locator("#composer form[action*='/appeal']")
    form.locator("textarea").fill({"en": "It was a warning.", "zh": "这是提醒大家的。"}[language])
    form.locator("button").click()
    poster.get_by_text(words["appealed"]).first.wait_for()
    picture(poster, f"appeal-{language}")
    desk.goto(house.url + "/review/")
    assert desk.locator("a.cover[data-list-item]").count() >= 1

    proof = house.run("audit", "verify")
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "intact" in proof.stdout
    verbs = house.django(
        "from guildhall.core.models import AuditEntry\n"
        "print(json.dumps(sorted(set(AuditEntry.objects.values_list('verb', flat=True)))))"
    )
    assert any(verb.startswith("case.undo") for verb in verbs), json.dumps(verbs)
