"""A campaign in a real browser, in both languages: one scam from five members in two spaces becomes one campaign, a
moderator confirms it and all of it is gone from both chats, takes it back and all of it is there again. Then a
raid is declared, seen on Today, and ended. With JOURNEY_PICTURES set, pictures of it are kept there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.pages import CHROMIUM, chromium, open_page, picture, sign_in, staff
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
TEXTS = {
    "en": "My friends, coach {name} runs the calmest morning room with entries before breakfast and a crowd that "
    "shares every screenshot, look at https://morning-{n}.example before the door closes {n}",
    "zh": "朋友们，{name}每天早上都在群里分享进场点位和截图，气氛特别好，名额快满了，"
    "想看的到 https://zaochen{n}.example 了解一下 {n}",
}
NAMES = {
    "en": ("Anna", "Boris", "Clara", "Dmitri", "Evelyn"),
    "zh": ("小王", "阿明", "老李", "晓东", "思思"),
}
SAY = """
from guildhall.channels.webchat import PLATFORM, external_id, message_body
from guildhall.core import clock
from guildhall.intake.pipeline import Raw, ingest
for n, name in enumerate(%(names)r):
    visitor = f"visitor-%(language)s-{n}"
    body = message_body(
        space=("demo-en", "demo-zh")[n %% 2], visitor=visitor, name=name, sent_at=clock.now(),
        message_id=external_id(visitor, f"said-{n:04}"), text=%(text)r.format(name=name, n=n),
    )
    ingest([Raw(PLATFORM, body, clock.now())])
from guildhall.guard.models import Campaign
print(json.dumps(Campaign.objects.count()))
"""
THERE = """
from guildhall.channels.models import Message
print(json.dumps(Message.objects.filter(text__contains=%r, visible=True).count()))
"""
BEGINS = {"en": "My friends", "zh": "朋友们"}
PART = {"en": "https://morning-", "zh": "https://zaochen"}
WORDS = {
    "en": {
        "campaign": "Campaign",
        "removed": "removed",
        "declare": "Declare",
        "over": "over",
        "on": "It goes on.",
    },
    "zh": {
        "campaign": "群发内容",
        "removed": "已移除",
        "declare": "宣布",
        "over": "已结束",
        "on": "仍在进行。",
    },
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("campaign") / "house", is_furnished=True) as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_campaign_is_confirmed_gone_everywhere_and_taken_back(
    house: House, browser: Any, language: str
) -> None:
    words = WORDS[language]
    given = {"names": NAMES[language], "text": TEXTS[language], "language": language}
    assert house.django(SAY % given) >= 1

    desk = open_page(browser, house, "/campaigns/", language)
    sign_in(desk, *staff(house, "moderator", language), language)
    desk.goto(house.url + "/")
    desk.get_by_text(words["campaign"]).first.wait_for()
    picture(desk, f"campaign-today-{language}")
    desk.goto(house.url + "/campaigns/")
    desk.locator("a.cover[data-list-item]").filter(has_text=BEGINS[language]).first.click()
    desk.locator("button[data-key=y]").wait_for()
    assert desk.locator("tbody tr").count() == 5
    picture(desk, f"campaign-{language}")
    desk.keyboard.press("y")
    desk.locator("button[data-key=u]").wait_for()
    wait_for(lambda: house.django(THERE % PART[language]) == 0, 20, "all of it to be gone")
    picture(desk, f"campaign-confirmed-{language}")
    desk.set_viewport_size({"width": 360, "height": 780})
    desk.reload()
    picture(desk, f"campaign-phone-{language}")
    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    desk.set_viewport_size({"width": 1440, "height": 900})
    desk.locator("button[data-key=u]").click()
    desk.locator("button[data-key=y]").wait_for()
    wait_for(lambda: house.django(THERE % PART[language]) == 5, 30, "all of it to be back")


# The other language shows the same once more: `make proof`.
@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.proof)])
def test_a_raid_is_declared_seen_and_ended(house: House, browser: Any, language: str) -> None:
    words = WORDS[language]
    desk = open_page(browser, house, "/raids/", language)
    sign_in(desk, *staff(house, "manager", language), language)
    desk.goto(house.url + "/raids/")
    desk.select_option("#raid-space", index=0 if language == "en" else 1)
    desk.get_by_role("button", name=words["declare"], exact=True).click()
    desk.get_by_text(words["on"]).first.wait_for()
    picture(desk, f"raid-{language}")
    desk.set_viewport_size({"width": 360, "height": 780})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    picture(desk, f"raid-phone-{language}")
    desk.keyboard.press("e")
    desk.get_by_text(words["over"], exact=True).first.wait_for()
    desk.set_viewport_size({"width": 1440, "height": 900})
    desk.goto(house.url + "/raids/")
    picture(desk, f"raids-{language}")
