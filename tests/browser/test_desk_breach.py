"""In a real browser: a manager writes down what happens when nobody answers; a ticket runs out, a pager rings, and
a colleague with a phone, in Chinese, takes the alert and reads what counted. The answer ends the page.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import CHROMIUM, chromium, open_page, picture, sign_in, staff
from tests.house import House, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
PAGER = """
from guildhall.core import clock
from guildhall.paging.models import Pager
from guildhall.people.models import Staff
who = Staff.objects.get(email=%(email)r)
Pager.objects.create(staff=who, means="webhook", address=%(url)r, verified_at=clock.now(), created_by="system:test")
print(json.dumps(who.pk))
"""
LATE = """
from datetime import timedelta
from guildhall.core import clock
from guildhall.desk.actions import tickets
from guildhall.desk.models import EscalationChain
from guildhall.desk.testing import promising
chain = EscalationChain.objects.get()
promising.promise(promising.content(first_response=60, resolution=86400) | {"chain": chain.pk})
draft = tickets.Draft("api", subject="Where is my withdrawal?", text="It left an hour ago.",
                      received_at=clock.now() - timedelta(seconds=60))
print(json.dumps(tickets.open_many([draft], by="token:1", at=clock.now())[0].pk))
"""
ANSWER = """
from guildhall.desk.actions import tickets
tickets.reply(%r, by="system:desk", text="It arrived.", where="private", undo_s=0)
print(json.dumps(True))
"""
TAKEN = """
from guildhall.paging.models import Page
print(json.dumps(Page.objects.get(kind="desk.clock").acknowledged_by))
"""


class Pagers(ThreadingHTTPServer):
    """An incident service on loopback: keeps what it is sent."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is said for each request."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def deeds(self) -> list[str]:
        return [one["event_action"] for one in self.heard]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def test_an_unanswered_ticket_rings_a_pager_until_it_is_answered(browser: Any, tmp_path: Path) -> None:
    pagers = Pagers()
    settings = {"GUILDHALL_DEMO": "off", "GUILDHALL_WEBHOOKS_INSIDE": "on"}
    with House(tmp_path / "house", environment=settings, is_furnished=True) as house:
        house.start()
        lead = staff(house, "moderator", "zh")
        url = f"http://127.0.0.1:{pagers.server_address[1]}/"
        who = house.django(PAGER % {"email": lead[0], "url": url})
        page = open_page(browser, house, "/desk/chains/new/", "en")
        sign_in(page, *staff(house, "manager", "en"), "en")
        page.fill("input[name=name]", "Nights")
        page.select_option("select[name=do_0]", "page")
        page.select_option("select[name=whom_0]", f"staff:{who}")
        page.locator("main form button.primary").click()
        page.wait_for_url("**/desk/chains/")
        assert page.get_by_text("as soon as it is overdue").is_visible()
        picture(page, "chain-en")

        ticket = house.django(LATE)
        wait_for(lambda: pagers.heard, 20, "the pager to ring")
        said = pagers.heard[0]
        assert (said["event_action"], said["payload"]["severity"]) == ("trigger", "critical")
        assert "首次响应已超时" in said["payload"]["summary"]

        page = open_page(browser, house, "/alerts/", "zh", width=360)
        sign_in(page, *lead, "zh")
        page.get_by_text("首次响应已超时").first.click()
        page.get_by_role("button", name="我来处理").first.click()
        wait_for(lambda: house.django(TAKEN) == f"staff:{who}", 10, "the alert to be taken")
        page.goto(f"{house.url}/inbox/{ticket}/clocks/")
        assert page.get_by_text("已超时").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        picture(page, "clocks-zh")

        house.django(ANSWER % ticket)
        wait_for(lambda: "resolve" in pagers.deeds(), 20, "the incident to be closed")
        assert pagers.deeds().count("trigger") == 1
