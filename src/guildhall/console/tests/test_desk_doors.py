"""Doors in the console: opened, changed and shut by whoever sets up the desk."""

import pytest
from django.urls import reverse

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.models import AuditEntry
from guildhall.desk import doors_in_force
from guildhall.desk.models import DoorRule, DoorWords, Ticket
from guildhall.guard import freshness
from guildhall.people.models import Account, Member
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
FORM = {"command": "on", "mention": "on", "question": "on", "topics": "7 9", "window": "15", "tells": "on",
        "rates": "on", "enabled": "on", "category": "other", "priority": "high"}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh():
    freshness.forget()
    yield
    freshness.forget()


@pytest.fixture
def space():
    return Space.objects.create(platform="telegram", external_id="-1001", slug="perps", name="Perps EN")


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def test_a_door_of_a_group_is_opened_changed_and_shut(space):
    client = client_for(Role.MANAGER)
    assert "Perps EN" in client.get(url("doors")).content.decode()
    assert client.get(url("door-space", space.pk)).status_code == 200
    assert client.post(url("door-space", space.pk), FORM).status_code == 303
    rules = doors_in_force.rules_of(space.pk, "telegram", is_private=False)
    assert (rules.topics, rules.window_s, rules.reply, rules.priority) == (("7", "9"), 900, False, "high")
    row = DoorRule.objects.get()
    client.post(url("door-space", space.pk), {**FORM, "enabled": ""})
    assert not doors_in_force.are_any()
    client.post(url("door-remove", row.pk))
    assert not DoorRule.objects.exists()
    deeds = list(AuditEntry.objects.filter(subject=f"space:{space.pk}").values_list("verb", flat=True))
    assert sorted(deeds) == ["door.removed", "door.set", "door.set"]


def test_doors_for_private_talks_are_opened_with_one_click(space):
    client = client_for(Role.OWNER)
    assert "Open the doors" in client.get(url("doors")).content.decode()
    client.post(url("doors-usual"))
    for platform in ("telegram", "email", "webchat"):
        assert doors_in_force.rules_of("01ANY", platform, is_private=True).everything
    assert doors_in_force.rules_of(space.pk, "telegram", is_private=False) is None
    assert "Open the doors" not in client.get(url("doors")).content.decode()
    assert client.get(url("door-private", "telegram")).status_code == 200


@pytest.mark.parametrize(
    "bad", [{"window": "-1"}, {"window": "x"}, {"category": "none"}, {"priority": "huge"}]
)
def test_rules_that_cannot_be_are_refused(space, bad):
    assert client_for(Role.MANAGER).post(url("door-space", space.pk), FORM | bad).status_code == 422
    assert not DoorRule.objects.exists()


def test_a_house_adds_its_own_words_to_a_category():
    client = client_for(Role.MANAGER)
    assert client.post(url("door-words", "campaign"), {"words": "Launchpool\n打新\n"}).status_code == 303
    assert DoorWords.objects.get().words == ["launchpool", "打新"]
    assert client.post(url("door-words", "campaign"), {"words": "x"}).status_code == 422
    assert client.get(url("door-words", "nothing")).status_code == 404


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.VENDOR_AGENT, Role.ANALYST])
def test_only_those_who_set_up_the_desk_see_its_doors(role, space):
    client = client_for(role)
    for address in (url("doors"), url("door-space", space.pk), url("door-private", "telegram")):
        assert client.get(address).status_code == 403


def test_a_message_is_made_a_ticket_on_its_page(space):
    account = Account.objects.create(platform="webchat", external_id="u1", member=Member.objects.create())
    now = clock.now()
    message = Message.objects.create(
        space=space, account=account, external_id="m1", text="my order is stuck", sent_at=now, received_at=now
    )
    client = client_for(Role.SUPPORT_AGENT)
    assert "Make it a ticket" in client.get(url("message", message.pk)).content.decode()
    for _again in range(2):
        assert client.post(url("message-ticket", message.pk)).status_code == 303
    assert Ticket.objects.get().entries.get().message_id == message.pk
    assert client_for(Role.VENDOR_AGENT).post(url("message-ticket", message.pk)).status_code == 404
    assert client_for(Role.ANALYST).post(url("message-ticket", message.pk)).status_code == 403
