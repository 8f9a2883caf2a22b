"""An assisted WeChat group's day on a phone, in a real browser, in both languages: groups written down, a checklist
made, words copied and posted with a screenshot as proof, one post ticked off in two groups, a count round, a chat
brought in as text, and all of it in the figures, marked as entered by hand.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import CHROMIUM, chromium, open_page, picture, sign_in, staff
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
PHONE = 390
WORDS = {
    "en": {
        "groups": ("Perps SG 1", "Perps SG 2"), "morning": "Good morning everybody!", "hand": "entered by hand",
        "news": "Live on Friday, 20:00: funding rates explained", "language": "en", "name": "Every day",
        "posted": "Posted", "done": "Done", "ticked": "Done in the ticked ones", "by_task": "By task",
        "save": "Save", "read": "Read it", "keep": "Keep 2 messages", "copy": "Copy", "fill": "name_en",
        "others": "a.btn:has-text('Count round')",
    },
    "zh": {
        "groups": ("新加坡合约1群", "新加坡合约2群"), "morning": "大家早上好！", "hand": "人工录入",
        "news": "周五 20:00 直播：资金费率详解", "language": "zh-hans", "name": "每日运营", "posted": "已发布",
        "done": "完成", "ticked": "勾选的群已完成", "by_task": "按事项", "save": "保存", "read": "读取",
        "keep": "保存 2 条消息", "copy": "复制", "fill": "name_zh",
        "others": "a.btn:has-text('批量统计')",
    },
}  # fmt: skip
CHAT = "{a} 2026/11/20 10:22:33\n{news}?\n\n{b} 2026/11/20 10:24:01\ngm\n"
SAY = """
from guildhall.channels.actions import Wanted, request_many
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.compliance.gate import may
spaces = list(Space.objects.filter(platform="wechat").order_by("name"))
words = %(words)r
cleared = [Wanted(Act(Verb.SEND, s.pk, text=words), may("service", s.region, words).clearance) for s in spaces]
print(json.dumps(request_many(cleared, actor="staff:1", reason="test")))
"""
WAITING = """
from guildhall.work.models import Task
print(json.dumps(Task.objects.filter(kind="assisted_post", state="open").count()))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def screenshot() -> dict[str, Any]:
    """What a phone keeps when somebody takes a picture of the group."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (1170, 2532), "#95ec69").save(out, "PNG")
    return {"name": "IMG_0412.PNG", "mimeType": "image/png", "buffer": out.getvalue()}


# The other language takes as long again: `make proof`.
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_a_groups_day_from_checklist_to_figures(browser: Any, tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    first, second = words["groups"]
    settings = {"GUILDHALL_DEMO": "off", "GUILDHALL_LANGUAGE": words["language"]}
    with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
        email, secret = staff(house, "manager", language)
        page = open_page(browser, house, "/wechat/groups/", language, PHONE)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        sign_in(page, email, secret, language)
        page.goto(house.url + "/wechat/groups/new/")
        write_down(page, words, f"{first}\n{second}")
        picture(page, f"wechat-groups-{language}")

        page.goto(house.url + "/tasks/checklists/new/")
        page.fill(f"input[name={words['fill']}]", words["name"])
        page.fill("input[name=opens]", "00:00")
        page.fill("input[name=due]", "23:59")
        page.check("input[data-check-all=spaces]")
        picture(page, f"wechat-checklist-{language}")
        page.locator("main button.primary", has_text=words["save"]).click()
        page.wait_for_url("**/tasks/checklists/")

        assert house.django(SAY % {"words": words["news"]}) == 2
        wait_for(lambda: house.django(WAITING) == 2, 40, "the posts to be handed to a person")
        page.goto(house.url + "/tasks/")
        page.locator(".card-head h2", has_text=second).wait_for()
        picture(page, f"wechat-tasks-{language}")
        do_with_proof(page, house, words, language)
        tick_off(page, house, words, language)
        count(page, house, first, language)
        bring_in_a_chat(page, house, words, first, language)

        desk = page.context
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(house.url + "/figures/groups/?days=7")
        row = page.locator("tr", has_text=first)
        row.get_by_text("486").wait_for()
        assert row.get_by_text(words["hand"]).count() == 1
        picture(page, f"wechat-figures-{language}")
        page.goto(house.url + "/messages/")
        said = page.locator("tr", has_text=words["news"])
        assert said.count() >= 2
        assert said.first.get_by_text(words["hand"]).count() == 1
        page.goto(house.url + "/spaces/")
        page.locator("tr", has_text=first).get_by_text("486").wait_for()
        desk.close()


def write_down(page: Any, words: dict[str, Any], names: str) -> None:
    """Two groups at once, with the phone they lie in."""
    page.fill("textarea[name=names]", names)
    page.select_option("select[name=language]", words["language"])
    page.fill("input[name=region]", "SG")
    page.fill("input[name=phone]", "Mo 1")
    page.locator("main button.primary").click()
    page.wait_for_url("**/wechat/groups/")
    page.locator("tr", has_text=names.splitlines()[0]).wait_for()


def do_with_proof(page: Any, house: House, words: dict[str, Any], language: str) -> None:
    """The first line of the checklist: copied, pasted in WeChat, shown with a screenshot."""
    page.goto(house.url + "/tasks/")
    page.locator("a.cover", has=page.locator("xpath=.")).first.wait_for()
    href = page.evaluate(
        "() => [...document.querySelectorAll('a.cover[data-list-item]')].map(a => a.getAttribute('href'))"
    )
    for one in href:
        page.goto(house.url + one)
        if page.locator(".paste", has_text=words["morning"]).count():
            break
    page.get_by_role("button", name=words["copy"], exact=True).click()
    wait_for(lambda: page.evaluate("navigator.clipboard.readText()") == words["morning"], 5, "the copy")
    page.set_input_files("input[name=proof]", [screenshot()])
    picture(page, f"wechat-task-{language}")
    here = page.url
    page.locator("button[data-key=d]").click()
    page.wait_for_url(lambda url: url != here and "/tasks/" in url)
    page.goto(here)
    page.locator(".proofs img").wait_for()
    picture(page, f"wechat-task-done-{language}")


def tick_off(page: Any, house: House, words: dict[str, Any], language: str) -> None:
    """One announcement, copied once, ticked off in both groups."""
    page.goto(house.url + "/tasks/")
    page.get_by_role("link", name=words["by_task"], exact=True).click()
    card = page.locator("section.card", has_text=words["news"])
    for box in card.locator("input[name=task]").all():
        box.check()
    picture(page, f"wechat-by-task-{language}")
    card.get_by_role("button", name=words["ticked"]).click()
    page.locator(".toast.success").wait_for()
    assert house.django(WAITING) == 0


def count(page: Any, house: House, group: str, language: str) -> None:
    """All groups on one sheet."""
    page.goto(house.url + "/tasks/counts/?who=all")
    row = page.locator("li.sheet-row", has_text=group)
    row.locator("input").first.fill("486")
    row.locator("input").nth(1).fill("120")
    picture(page, f"wechat-counts-{language}")
    page.locator("main button.primary").click()
    page.locator("li.sheet-row", has_text="486 / 500").wait_for()


def bring_in_a_chat(page: Any, house: House, words: dict[str, Any], group: str, language: str) -> None:
    """What was said, pasted as text."""
    page.goto(house.url + "/wechat/groups/")
    page.locator("a.cover", has_text=group).click()
    page.wait_for_url("**/wechat/groups/*/")
    picture(page, f"wechat-group-{language}")
    page.goto(page.url + "chat/")
    page.fill("textarea[name=text]", CHAT.format(a="Ann", b="李四", news=words["news"]))
    page.get_by_role("button", name=words["read"], exact=True).click()
    keep = page.get_by_role("button", name=words["keep"])
    keep.wait_for(timeout=30_000)
    picture(page, f"wechat-chat-{language}")
    keep.click()
    page.locator("a[href*='/messages/?space=']").wait_for(timeout=30_000)
