"""Exchanges: connected with keys that are never shown again, pulled, paused, and explained pull by pull."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse

from guildhall.console.tests.house_doors import confirmed, said
from guildhall.effects.testing import drain
from guildhall.exchange.testing.venues.server import SECRET
from guildhall.exchange.tests.test_venue_pulls import TODAY, traded
from guildhall.exchange.tests.venue_scene import OURS, Scene, scene
from guildhall.exchange.venues.models import Pull, VenueConnection
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


def url(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


@pytest.fixture
def okx(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with scene("okx", monkeypatch) as made:
        yield made


def test_an_affiliate_account_is_connected_and_pulled_at_once(okx: Scene) -> None:
    manager = confirmed(Role.PARTNER_MANAGER)
    given = {
        "platform": "okx", "key": OURS.key, "secret": OURS.secret, "passphrase": OURS.passphrase,
        "venue": "okx-two", "every_min": "60", "origin": okx.connection.origin, "count_from": "",
    }  # fmt: skip
    answer = manager.post(url("venue-new"), given)
    one = VenueConnection.objects.get(venue="okx-two")
    assert answer.url == url("venue", one.pk)
    drain()
    page = manager.get(url("venue", one.pk)).content.decode()
    assert "at work" in page
    assert SECRET not in page
    assert manager.post(url("venue-new"), given).status_code == 422
    missing = given | {"venue": "okx-three", "passphrase": ""}
    assert manager.post(url("venue-new"), missing).status_code == 422
    assert "okx-two" in manager.get(url("venues")).content.decode()


def test_a_pull_tells_what_it_booked_what_is_not_whole_and_keeps_its_answers(okx: Scene) -> None:
    anna = okx.person("100")
    anna.trades.append(traded(TODAY, 10, 1))
    okx.pull(0.5)
    anna.trades.clear()
    okx.pull(5)
    analyst = client_for(Role.ANALYST)
    page = analyst.get(url("venue", okx.connection.pk)).content.decode()
    assert "gap_days" in page
    last = Pull.objects.order_by("-id")[0]
    page = analyst.get(url("venue-pull-page", last.pk)).content.decode()
    for shown in ("No pull between", "Days taken back", "/api/v5/affiliate/invitee/list"):
        assert shown in page
    assert 'name="secret"' not in page
    assert analyst.post(url("venue-pull", okx.connection.pk)).status_code == 403


def test_a_refused_key_stands_on_today_and_new_keys_mend_it(okx: Scene) -> None:
    okx.world.mischief = ["wrong_key"]
    okx.pull()
    manager = confirmed(Role.MANAGER)
    assert "OKX does not take our key" in manager.get(reverse("console:today")).content.decode()
    page = manager.get(url("venue", okx.connection.pk)).content.decode()
    assert "Enter new keys below" in page
    given = {"key": OURS.key, "secret": OURS.secret, "passphrase": OURS.passphrase, "every_min": "60"}
    given["origin"] = okx.connection.origin
    manager.post(url("venue-change", okx.connection.pk), given)
    okx.now.advance(timedelta(minutes=1))
    assert "The pull has begun." in said(manager.post(url("venue-pull", okx.connection.pk), follow=True))
    assert "under way already" in said(manager.post(url("venue-pull", okx.connection.pk), follow=True))
    drain()
    assert "does not take our key" not in manager.get(reverse("console:today")).content.decode()
    manager.post(url("venue-pause", okx.connection.pk))
    assert "paused" in manager.get(url("venues")).content.decode()
    manager.post(url("venue-resume", okx.connection.pk))
    assert VenueConnection.objects.get().state == "active"
