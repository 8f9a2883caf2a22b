"""Takes the pictures of docs/wechat-groups.md in both languages: a house with a dozen WeChat groups that are
worked by hand, some weeks of counts and the tasks of a day. Called by `screenshots.py`, or run by itself.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from screenshots_telegram import CODES, LOCALES, OWNERS  # noqa: E402
from tests.house import House, wait_for  # noqa: E402

PICTURES = REPOSITORY / "docs" / "img"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1200, "height": 800}
WORDS = {
    "en": (
        "Perps SG {n}", "Spot MY {n}",
        "Live on Friday at 20:00 (SGT): how funding rates work.\nBring your questions!", "Mei, phone {n}",
    ),
    "zh": (
        "新加坡合约交流{n}群", "马来现货新手{n}群",
        "周五 20:00 直播：一次讲清资金费率怎么算。\n欢迎带着问题来！", "小美 {n} 号机",
    ),
}  # fmt: skip
FILL = """
import random
from datetime import timedelta
from guildhall.channels.actions import Wanted, request_many
from guildhall.channels.port import Act, Verb
from guildhall.channels.wecom.assisted import counts, groups
from guildhall.compliance.gate import may
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.people.models import Staff
from guildhall.work.actions import checklists
from guildhall.work.asking import COUNTS, Item
perps, spot, words, phone = %(words)r
random.seed(7)
mei = Staff.objects.get(email="mei-%(language)s@example.org")
code = "%(code)s"
def more(name, n, region, phone):
    names = [name.format(n=k) for k in range(1, n + 1)]
    return groups.add_groups(names, by=mei.actor, language=code, region=region, tier="entry",
        theme=name.split()[0][:6], phone=phone, caretaker_id=mei.pk)
made = more(perps, 7, "SG", phone.format(n=1)) + more(spot, 4, "MY", phone.format(n=2))
today = clock.now().date()
for space in made:
    heads = random.randint(180, 470)
    for back in range(21, 0, -1):
        came, went = random.randint(0, 9), random.randint(0, 4)
        heads = min(498, heads + came - went)
        counts.enter(space.pk, today - timedelta(days=back), {"heads": heads, "joined": came, "left": went,
            "messages": random.randint(20, 260), "active": random.randint(8, 60)}, by=mei.actor)
items = (
    Item("a", Text("Say good morning", "发早安"), paste=Text("Good morning everybody!", "大家早上好！")),
    Item("b", Text("Count the group", "统计群人数"), kind="headcount", asks=COUNTS),
)
checklists.save_checklist(checklists.Plan(Text("Every day", "每日运营"), items, opens=0, due=1440,
    space_ids=tuple(s.pk for s in made)), by=mei.actor)
checklists.make_tasks(clock.now())
cleared = [Wanted(Act(Verb.SEND, s.pk, text=words), may("service", s.region, words, language=code).clearance)
    for s in made[:7]]
print(json.dumps(request_many(cleared, actor=mei.actor, reason="pictures")))
"""
WAITING = """
from guildhall.work.models import Task
print(json.dumps(Task.objects.filter(kind="assisted_post", state="open").count()))
"""


def take_all(browser: Any) -> None:
    """Every picture of the pages about WeChat groups by hand."""
    for language in ("en", "zh"):
        with tempfile.TemporaryDirectory() as folder:
            settings = {"GUILDHALL_DEMO": "off", "GUILDHALL_LANGUAGE": CODES[language]}
            with House(Path(folder) / "house", environment=settings) as house:
                take(browser, house, language)


def take(browser: Any, house: House, language: str) -> None:
    """The pictures of one language."""
    owners = house.django(OWNERS)
    filled = {"words": WORDS[language], "language": language, "code": CODES[language]}
    assert house.django(FILL % filled) == 7
    wait_for(lambda: house.django(WAITING) == 7, 60, "the posts")
    for path, name, size in (
        ("/tasks/?by=task", "tasks", PHONE),
        ("/tasks/counts/", "counts", PHONE),
        ("/wechat/groups/", "groups", DESK),
        ("/figures/groups/?days=7", "figures", DESK),
    ):
        context = browser.new_context(
            viewport=size, locale=LOCALES[language], device_scale_factor=1, color_scheme="light"
        )
        context.add_cookies([{**owners[language], "url": house.url}])
        page = context.new_page()
        page.goto(house.url + path)
        if name == "tasks":
            page.locator("section.card", has_text=WORDS[language][2][:12]).scroll_into_view_if_needed()
            page.evaluate(
                "t => [...document.querySelectorAll('section.card')].find(c => c.innerText.includes(t))"
                ".scrollIntoView()",
                WORDS[language][2][:12],
            )
            page.evaluate("window.scrollBy(0, -110)")
        page.wait_for_timeout(300)
        page.screenshot(path=str(PICTURES / f"wechat-{name}-{language}.png"), animations="disabled")
        context.close()


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        take_all(chromium)
        chromium.close()
