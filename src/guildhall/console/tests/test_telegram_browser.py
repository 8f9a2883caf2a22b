"""The Telegram pages in a real browser: accessible, nothing wider than a phone, in both languages and themes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import pytest
from django.urls import reverse

from guildhall.channels.models import JoinRequest
from guildhall.console.tests.test_telegram_pages import a_bot, a_group, someone
from guildhall.console.tests.test_work_browser import (
    CHROMIUM,
    WIDTHS,
    Open,
    open_page,
    overflow,
    staff,
    violations,
)
from guildhall.core import clock

__all__ = ["open_page", "staff"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]


@pytest.fixture
def paths(db: None) -> list[str]:
    """A bot at work, one whose token is refused, a group that is fine, one that lacks rights, one that left."""
    bot = a_bot(facts={"can_read_all_group_messages": False, "can_join_groups": False})
    problem = {"en": "Telegram refuses it.", "zh": "已拒绝。", "do_en": "Renew it.", "do_zh": "请更换。"}
    revoked = a_bot(
        bot_id=7_000_000_002,
        username="a_bot_with_a_very_long_name_indeed_bot",
        state="revoked",
        problem=problem,
    )
    fine, lacking = a_group("Perps lounge"), a_group("现货新手群", held=("can_delete_messages",))
    gone = a_group("A group whose name goes on and on until nobody can read it any more", status="kicked")
    JoinRequest.objects.create(space=fine, account=someone("Ann"), asked_at=clock.now(), about="x" * 200)
    return [
        reverse("console:telegram"),
        *(reverse("console:telegram-bot", args=[one.pk]) for one in (bot, revoked)),
        *(reverse("console:telegram-chat", args=[one.pk]) for one in (fine, lacking, gone)),
        f"/spaces/{fine.slug}/",
        "/spaces/",
        "/",
    ]


# The other language and theme once more: `make proof`.
@pytest.mark.parametrize(
    ("language", "theme"), [("zh-hans", "light"), pytest.param("en", "dark", marks=pytest.mark.proof)]
)
def test_the_telegram_pages_are_accessible_and_fit_a_phone(
    open_page: Open,
    paths: list[str],
    language: str,
    theme: str,
) -> None:
    page: Any = open_page("/settings/telegram/", 360, theme, language)
    for path in paths:
        page.goto(urljoin(page.url, path))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            assert overflow(page) <= 0, (path, width)
            assert violations(page) == [], (path, width)


def test_how_to_begin_is_accessible(open_page: Open) -> None:
    for width in WIDTHS:
        page = open_page("/settings/telegram/", width)
        page.locator(".steps").wait_for()
        assert overflow(page) <= 0
        assert violations(page) == []
