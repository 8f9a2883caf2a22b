"""Asking the team in private from a web chat: only the asker reads it, and every word reaches the desk."""

import pytest

from guildhall.channels.models import Message, Space
from guildhall.desk.actions import doors
from guildhall.desk.actions import tickets as deeds
from guildhall.desk.doors import FOR_PRIVATE
from guildhall.desk.models import Ticket
from guildhall.effects.testing import drain
from guildhall.guard import freshness
from guildhall.public.tests.test_chat import Browser, space  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh():
    freshness.forget()
    yield
    freshness.forget()


@pytest.fixture
def ann(space):  # noqa: F811
    doors.set_door(FOR_PRIVATE, "staff:1", platform="webchat")
    browser = Browser()
    browser.enter("Ann Lee")
    return browser


def begin(browser):
    asked = browser.post("ask", {})
    assert asked.status_code == 302
    slug = asked["Location"].split("/")[2]
    return Space.objects.get(slug=slug)


def test_a_talk_of_ones_own_becomes_a_ticket_and_is_answered_there(ann):
    talk = begin(ann)
    assert begin(ann) == talk
    ann.client.post(f"/chat/{talk.slug}/post", {"text": "where is my deposit", "nonce": "n" * 12})
    ticket = Ticket.objects.get()
    assert (ticket.way, ticket.space_id, ticket.category_id) == ("webchat", talk.pk, "deposit")
    drain()
    deeds.reply(ticket.pk, by="token:1", text="It arrived.", where="private", undo_s=0)
    drain()
    shown = ann.client.get(f"/chat/{talk.slug}/").content.decode()
    assert "It arrived." in shown
    assert "Only you and our team" in shown
    assert f"#{ticket.number}" in shown


def test_nobody_else_reads_or_writes_in_it(ann):
    talk = begin(ann)
    ann.client.post(f"/chat/{talk.slug}/post", {"text": "a secret", "nonce": "n" * 12})
    bob = Browser()
    for path in ("", "log", "composer", "embed"):
        assert bob.client.get(f"/chat/{talk.slug}/{path}").status_code == 404
    bob.enter("Bob Roe")
    assert bob.client.get(f"/chat/{talk.slug}/").status_code == 404
    posted = bob.client.post(f"/chat/{talk.slug}/post", {"text": "hi", "nonce": "m" * 12})
    assert posted.status_code == 404
    assert Message.objects.filter(direction="in").count() == 1


def test_without_a_door_it_is_not_offered(space):  # noqa: F811
    browser = Browser()
    browser.enter("Ann Lee")
    assert "Ask our team" not in browser.get().content.decode()
    assert browser.post("ask", {}).status_code == 404
    assert not Space.objects.filter(kind="private").exists()


def test_nobody_without_a_name_asks(ann, space):  # noqa: F811
    assert Browser().post("ask", {}).status_code == 403
    assert "Ask our team in private" in ann.get().content.decode()
