"""In a real browser: a support agent asks the exchange about a deposit; a partner manager, on a phone and in
Chinese, asks about a hold, connects an affiliate account and watches its first pull end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from guildhall.exchange.testing import back_office as fake
from guildhall.exchange.testing.venues import Traded, World, standing
from guildhall.exchange.testing.venues.okx import OkxServer
from guildhall.exchange.testing.venues.server import KEY, PASSPHRASE, SECRET
from tests.browser.pages import CHROMIUM, chromium, open_page, picture, sign_in, staff
from tests.house import House

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
SHARED = "a secret shared with them"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def ask(page: Any, kind: str) -> None:
    page.fill("input[name=uid]", "100001")
    page.check(f"input[name=kind][value={kind}]")
    page.select_option("select[name=purpose]", "support")
    page.locator("main form button.primary").click()
    page.wait_for_selector("#answer")


def test_an_account_is_looked_up_and_an_affiliate_account_connected(browser: Any, tmp_path: Path) -> None:
    world, now = World(), datetime.now(UTC)
    for number in range(3):
        world.add(str(7001 + number), now).trades.append(Traded(now.date(), 10**11, 10**8))
    settings = {"GUILDHALL_DEMO": "off", "GUILDHALL_EXCHANGE_INSIDE": "on"}
    with (
        fake.standing(fake.BackOffice(SHARED)) as office,
        standing(OkxServer(world)) as okx,
        House(tmp_path / "house", environment=settings, is_furnished=True) as house,
    ):
        house.start()
        house.django(
            f"from guildhall.exchange.lookup import offices\n"
            f"offices.connect('house', {office!r}, 'staff:1', secret={SHARED!r})\nprint(json.dumps(1))"
        )
        page = open_page(browser, house, "/lookup/", "en")
        sign_in(page, *staff(house, "support_agent", "en"), "en")
        ask(page, "deposit")
        page.get_by_text("1,250.5 USDT").wait_for()
        assert page.get_by_text("a7f3c2e19b04d5586f").is_visible()
        picture(page, "lookup-en")
        page.goto(house.url + "/lookup/")
        assert "1,250.5" not in page.content()

        page = open_page(browser, house, "/lookup/", "zh", width=360)
        sign_in(page, *staff(house, "partner_manager", "zh"), "zh")
        ask(page, "risk_hold")
        assert "修改密码后 48 小时内暂停提现" in page.content()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        picture(page, "lookup-zh")

        page.goto(house.url + "/venues/")
        for name, value in {"key": KEY, "secret": SECRET, "passphrase": PASSPHRASE}.items():
            page.fill(f"input[name={name}]", value)
        page.locator("details.fold > summary").click()
        page.fill("input[name=origin]", okx)
        page.locator("main form button.primary").click()
        page.wait_for_url("**/venues/01*/")
        page.get_by_text("已完成").wait_for(timeout=60_000)
        assert SECRET not in page.content()
        picture(page, "venue-zh")
