"""A file of an exchange brought in through a real browser, once in each language: uploaded, its columns
mapped with the result in sight, read by a worker, its one bad row mended on a phone and resubmitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import CHROMIUM, chromium, picture
from tests.browser.test_telegram_setup import first_owner
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
CSV = (
    "Trade ID,Account,Timestamp IST,Coin,Crossed,Size USD,Fee\n"
    "{0}000000000000001,7001,02-12-2024 22:50,BTC-USDT,TRUE,10.5,0.01\n"
    "8.95E+14,7001,02-12-2024 22:50,BTC-USDT,FALSE,11,0.02\n"
    "{0}000000000000003,7002,02-12-2024 4:50,BTC-USDT,FALSE,12,-0.02\n"
)
WORDS = {
    "en": {
        "title": "Exchange feeds", "zone": "time zone", "look": "Look again", "start": "Bring the rows in",
        "read": "2 of the first 3 rows can be taken.", "done": "in the tables", "send": "Resubmit 1 mended row",
    },
    "zh": {
        "title": "交易所数据源", "zone": "时区", "look": "再看一下", "start": "开始导入",
        "read": "前 3 行中有 2 行可导入。", "done": "已入库", "send": "重新提交 1 行",
    },
}  # fmt: skip
COUNT = """
from guildhall.facts import reading
print(json.dumps(sum(b.num_rows for b in reading.batches("trades", ["trade_id"]))))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def test_a_file_of_an_exchange_in_both_languages(browser: Any, tmp_path: Path) -> None:
    with House(tmp_path / "house", environment={"GUILDHALL_DEMO": "off"}, is_furnished=True) as house:
        page = first_owner(browser, house, "en")
        for number, (language, code) in enumerate((("en", "en"), ("zh", "zh-hans")), start=1):
            page.context.add_cookies([{"name": "guildhall_language", "value": code, "url": house.url}])
            bring_in(page, house, tmp_path, language, number)
            assert house.django(COUNT) == 3 * number


def bring_in(page: Any, house: House, place: Path, language: str, number: int) -> None:
    words = WORDS[language]
    path = place / f"fills-{language}.csv"
    path.write_text(CSV.format(number))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(house.url + "/feeds/")
    page.locator("h1", has_text=words["title"]).wait_for()
    page.goto(house.url + "/feeds/import/")
    page.fill("input[name=venue]", "okx")
    page.set_input_files("input[name=file]", str(path))
    page.locator("form:has(input[type=file]) button.primary").click()
    page.wait_for_url("**/mapping/")
    assert page.input_value("select[name=from-trade_id]") == "c:Trade ID"
    page.fill("input[name=zone-executed_at]", "Asia/Kolkata")
    page.fill("input[name=format-executed_at]", "%d-%m-%Y %H:%M")
    page.locator("button", has_text=words["look"]).first.click()
    page.get_by_text(words["read"]).wait_for()
    picture(page, f"feeds-mapping-{language}")
    page.locator("button", has_text=words["start"]).first.click()
    page.locator("#batch .tag", has_text=words["done"]).first.wait_for(timeout=30_000)
    picture(page, f"feeds-batch-{language}")
    page.set_viewport_size({"width": 360, "height": 780})
    page.locator("a[href*='/feeds/rows/']").first.click()
    page.fill("input[value='8.95E+14']", f"{number}000000000000002")
    picture(page, f"feeds-row-phone-{language}")
    page.locator("form button.primary").first.click()
    page.locator("button", has_text=words["send"]).click()
    page.locator("#batch .tag", has_text=words["done"]).first.wait_for(timeout=30_000)
    wait_for(lambda: house.django(COUNT) == 3 * number, 20)
