"""The chat in a real browser: two people, both languages, phone and desk, a scam that vanishes, a frame on another site."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.actions import create_space
from guildhall.channels.models import Message, Space
from guildhall.effects.testing import drain
from guildhall.public import allowances, live

CHROMIUM = shutil.which("chromium") or ""
PICTURES = os.environ.get("CHAT_PICTURES", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
SCAM = "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock"
WORDS = {
    "en": ("Your name here", "Keep a cookie", "Enter the chat", "Write a message", "Send", "removed"),
    "zh-hans": ("您在此处的名称", "同意在本设备保存", "进入聊天", "输入消息", "发送", "已被移除"),
}
Open = Callable[..., Any]


@pytest.fixture
def space() -> Space:
    allowances.forget_local()
    live.forget_local()
    return create_space(
        platform="webchat", slug="lobby", name="Perpetuals · 永续合约", by="staff:1",
        welcome="Be kind. Nobody of us will ever ask for your seed phrase.\n我们绝不会索要您的助记词。",
        allowed_origins="http://127.0.0.1:1",
    )  # fmt: skip


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, live_server: Any) -> Iterator[Open]:
    """Opens an address in a browser of its own; fails the test on any complaint of the browser."""
    from playwright.sync_api import sync_playwright

    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    base = live_server.url.replace("127.0.0.1", "localhost")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])

        def open_one(path: str, width: int = 1440, theme: str = "light", language: str = "en") -> Any:
            locale = {"en": "en-US", "zh-hans": "zh-CN"}[language]
            context = browser.new_context(
                viewport={"width": width, "height": 800},
                color_scheme=theme,  # type: ignore[arg-type]
                locale=locale,
            )
            page = context.new_page()

            def note(said: Any) -> None:
                if said.type == "error" and "status of" not in said.text:
                    complaints.append(f"{path}: {said.text}")

            page.on("console", note)
            page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
            page.goto(base + path)
            return page

        yield open_one
        browser.close()
    assert not complaints, complaints


def enter(page: Any, name: str, language: str) -> None:
    label, agree, button, *_ = WORDS[language]
    page.get_by_label(label).fill(name)
    page.get_by_label(agree).check()
    page.get_by_role("button", name=button).click()
    page.get_by_placeholder(WORDS[language][3]).wait_for()


def say(page: Any, text: str, language: str) -> None:
    from playwright.sync_api import expect

    box = page.get_by_placeholder(WORDS[language][3])
    box.fill(text)
    with page.expect_response(lambda answer: answer.url.split("?")[0].endswith("/post")) as posted:
        box.press("Enter")
    if posted.value.ok:
        # A fresh box took its place; nothing typed from here on is lost with it.
        expect(box).to_have_value("")


def picture(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), caret="initial")


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_two_people_talk_and_a_scam_vanishes(space: Space, open_page: Open, language: str) -> None:
    ann = open_page("/chat/lobby/", language=language)
    bob = open_page("/chat/lobby/", width=360, language=language)
    assert fits(bob)
    picture(bob, f"reading-{language}-360")
    assert ann.context.cookies() == []
    enter(ann, "Ann Lee", language)
    assert [cookie["name"] for cookie in ann.context.cookies()] == ["guildhall_chat"]
    enter(bob, "小王", language)
    say(ann, "Is the BTC funding rate negative again?", language)
    bob.get_by_text("Is the BTC funding rate negative again?").wait_for()
    say(bob, "是的，刚转负，手续费也降了。\n<b>not bold</b>", language)
    ann.get_by_text("刚转负").wait_for()
    assert ann.locator(".chat-text b").count() == 0
    picture(ann, f"talking-{language}-1440")
    say(bob, SCAM, language)
    bob.get_by_text(WORDS[language][5]).first.wait_for()
    drain()
    ann.wait_for_timeout(2500)
    assert ann.get_by_text("seed phrase to verify").count() == 0
    picture(bob, f"removed-{language}-360")
    assert fits(bob)
    appeal = {"en": "Appeal", "zh-hans": "申诉"}[language]
    bob.get_by_role("link", name=appeal).click()
    bob.locator("#composer textarea").fill("It was a warning to others.")
    picture(bob, f"appeal-{language}-360")
    bob.locator("#composer button").first.click()
    done = {"en": "Your appeal is with a person.", "zh-hans": "正在由人工复核"}[language]
    bob.get_by_text(done).wait_for()
    assert Message.objects.filter(visible=True, direction="in").count() == 2


def test_a_refusal_keeps_the_text_and_an_edit_is_seen(space: Space, open_page: Open) -> None:
    page = open_page("/chat/lobby/", theme="dark")
    enter(page, "Ann", "en")
    say(page, "frist words", "en")
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Save").wait_for()
    page.locator("#composer textarea").fill("first words")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("first words").wait_for()
    page.get_by_text("edited").wait_for()
    page.get_by_role("button", name="Save").wait_for(state="detached")
    for n in range(8):
        say(page, f"quick {n}", "en")
        if page.locator("#said .chat-said").count():
            break
    page.locator("#said .chat-said").wait_for()
    assert page.get_by_placeholder("Write a message").input_value().startswith("quick")
    picture(page, "slowed-dark-1440")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").first.click()
    page.get_by_text("first words").wait_for(state="detached")


def test_the_widget_frames_the_chat_without_cookies(space: Space, open_page: Open, live_server: Any) -> None:
    base = live_server.url.replace("127.0.0.1", "localhost")
    page = open_page("/chat/lobby/")
    page.route(
        "**/shop",
        lambda route: route.fulfill(
            content_type="text/html",
            body="<!doctype html><html lang=en><title>Shop</title><h1>A shop</h1>"
            f'<script src="{base}/chat/lobby/widget.js"></script>',
        ),
    )
    page.goto(base + "/shop")
    button = page.get_by_role("button", name="Chat")
    button.click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name here").fill("Guest")
    frame.get_by_label("Keep a cookie").check()
    frame.get_by_role("button", name="Enter the chat").click()
    box = frame.get_by_placeholder("Write a message")
    box.fill("Hello from the shop")
    box.press("Enter")
    frame.get_by_text("Hello from the shop").wait_for()
    assert page.context.cookies() == []
    picture(page, "widget-1440")
    page.reload()
    page.get_by_role("button", name="Chat").click()
    page.frame_locator("iframe").get_by_placeholder("Write a message").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chat_is_accessible(space: Space, open_page: Open, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page("/chat/lobby/", theme=theme)
    found = [page]
    enter(page, "Ann", "en")
    say(page, "hello", "en")
    page.get_by_text("hello").wait_for()
    found.append(page)
    for one in found:
        result = Axe().run(one)
        assert result.violations_count == 0, result.generate_report()
