"""A community teaches its own model, in a real browser: decide, look again by keyboard, train, see it judge, go
back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from guildhall.channels.actions import create_space
from guildhall.channels.webchat import PLATFORM, external_id, message_body
from guildhall.console import remembered
from guildhall.core import clock
from guildhall.effects.testing import drain
from guildhall.guard import actions, freshness, models_in_force
from guildhall.guard.actions import figures
from guildhall.guard.models import Case, GuardDay, ModelVersion, TrainingRow, VerdictRecord
from guildhall.guard.tests.rows import SCAM, a_moderator, a_space, an_account, post
from guildhall.guard.tests.test_learning import a_community_that_decided, taught
from guildhall.intake.pipeline import Raw, ingest
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation
from tests.browser.pages import CHROMIUM, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
Open = Callable[..., Any]
WIDTHS = (360, 1440)


@pytest.fixture
def owner() -> Client:
    remembered.forget()
    navigation.forget_badges()
    freshness.forget()
    return client_for(Role.OWNER)


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, live_server: Any, owner: Client) -> Iterator[Open]:
    """Opens an address as the owner; fails the test on any complaint of the browser."""
    # Playwright keeps an event loop in this thread; Django must not take that for asynchronous code.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    base = live_server.url.replace("127.0.0.1", "localhost")
    complaints: list[str] = []
    with chromium() as browser:

        def open_one(path: str, width: int = 1440, theme: str = "light", language: str = "en") -> Any:
            context = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=theme)
            session = owner.cookies[settings.SESSION_COOKIE_NAME].value
            cookies = {settings.SESSION_COOKIE_NAME: session, settings.LANGUAGE_COOKIE_NAME: language}
            context.add_cookies(
                [{"name": name, "value": value, "url": base} for name, value in cookies.items()]
            )
            page = context.new_page()
            page.on(
                "console",
                lambda said: complaints.append(f"{path}: {said.text}") if said.type == "error" else None,
            )
            page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
            page.goto(base + path)
            page.wait_for_load_state("networkidle")
            return page

        yield open_one
    assert not complaints, complaints


def go(page: Any, path: str) -> None:
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
    page.wait_for_load_state("networkidle")


def press(page: Any, key: str) -> None:
    """A key on the training queue, and its answer."""
    with page.expect_response(lambda answer: "/training/" in answer.url):
        page.keyboard.press(key)
    page.wait_for_load_state("networkidle")


def test_a_community_teaches_its_own_model_and_takes_it_back(open_page: Open) -> None:
    moderator = a_moderator()
    a_community_that_decided(moderator)
    scam = post(a_space("perps-en"), an_account("Mallory"), SCAM)

    page = open_page("/review/")
    assert "The text model:" in page.locator("article.case").inner_text()
    with page.expect_navigation():
        page.keyboard.press("y")
    row = TrainingRow.objects.get(case__message=scam)
    assert (row.label, row.state) == ("scam", "reviewed")

    one = taught("free spins tonight, first come first served, ask the captain", "scam", moderator)
    other = taught("free spins tonight, first come first served, ask the captain!", "fine", moderator)
    go(page, "/training/")
    assert "people disagree" in page.locator("#training").inner_text()
    press(page, "s")
    one.refresh_from_db()
    other.refresh_from_db()
    assert [(row.label, row.in_conflict) for row in (one, other)] == [("scam", False)] * 2
    assert "1 looked at today" in page.locator("#training").inner_text()
    press(page, "z")
    assert "people disagree" in page.locator("#training").inner_text()
    press(page, "s")

    shipped = models_in_force.shipped().version
    go(page, "/models/")
    assert "the shipped model" in page.locator("main").inner_text()
    with page.expect_navigation():
        page.get_by_role("button", name="Train now").click()
    drain()
    freshness.forget()
    go(page, "/models/")
    words = page.locator("main").inner_text()
    assert [said in words for said in ("model 1", "better", "Log loss")] == [True, True, True]
    version = ModelVersion.objects.get(state="live")

    create_space(platform=PLATFORM, slug="lobby", name="Lobby", by="staff:1")
    body = message_body(
        space="lobby", visitor="ann", name="Ann", message_id=external_id("ann", "nonce-0001"),
        text="our zumbrella carpet sale starts now, best carpets in town", sent_at=clock.now(),
    )  # fmt: skip
    ingest([Raw(PLATFORM, body, clock.now())])
    assert VerdictRecord.objects.order_by("-id").first().model == version.name  # type: ignore[union-attr]

    page.get_by_role("button", name="Back to the shipped model").click()
    with page.expect_navigation():
        page.locator("dialog[open] button.destroy").click()
    freshness.forget()
    assert "The shipped model judges from now on." in page.locator(".toasts").inner_text()
    current = models_in_force.current()
    assert current is not None
    assert current.version == shipped
    with page.expect_navigation():
        page.get_by_role("button", name="Let it judge again").click()
    assert ModelVersion.objects.get(state="live").pk == version.pk


# The other language and theme once more: `make proof`.
@pytest.mark.parametrize(
    ("language", "theme"), [("zh-hans", "light"), pytest.param("en", "dark", marks=pytest.mark.proof)]
)
def test_the_pages_are_accessible_and_fit_a_phone(open_page: Open, language: str, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    moderator = a_moderator()
    for n in range(8):
        message = post(a_space(f"space-{n}"), an_account(), f"{SCAM} {n}")
        case = Case.objects.get(message=message)
        (actions.undo if n == 3 else actions.uphold)(case.id, moderator)
    taught("free spins tonight, first come first served, ask the captain", "scam", moderator)
    taught("free spins tonight, first come first served, ask the captain!", "fine", moderator)
    figures.roll_up()
    GuardDay.objects.filter(stratum="punished").update(
        answered=30, weight=30, weight_squared=30, weight_bad=28
    )
    page = open_page("/training/", 360, theme, language)
    paths = ("/training/", "/models/", "/figures/", "/figures/?by=rule&days=7", "/figures/rows/")
    for path in paths:
        go(page, path)
        if path == "/figures/":
            page.wait_for_selector("figure.chart svg")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide <= 0, (path, width)
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found] == [], (path, width)
