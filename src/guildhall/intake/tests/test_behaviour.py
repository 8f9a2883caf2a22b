"""What a campaign, a raid and a flood come to when they arrive through intake."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from guildhall.channels.actions import create_space
from guildhall.channels.models import Message, Space
from guildhall.channels.webchat import PLATFORM, edit_body, external_id, message_body
from guildhall.core import clock
from guildhall.effects.models import Effect
from guildhall.guard import actions, freshness
from guildhall.guard.models import Campaign, CampaignMessage, Case, Conduct, Fingerprint, Raid, VerdictRecord
from guildhall.intake.pipeline import Outcome, Raw, ingest
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db
LURE = (
    "Guys {name} runs the best signal room I have ever seen, entries every single morning and a friendly crowd, "
    "have a look at https://room-{n}.example before it closes {n}"
)
NAMES = ("Anna", "Boris Petrov", "Clara", "Dmitri", "Eve Adams", "Frank", "Grace Lee", "Hugo")


@pytest.fixture(autouse=True)
def spaces(db: None) -> list[Space]:
    freshness.forget()
    actions.install_shipped(by="system:test")
    return [create_space(platform=PLATFORM, slug=slug, name=slug, by="staff:1") for slug in ("lobby", "hall")]


def body(text: str, visitor: str, *, space: str = "lobby", nonce: str = "nonce-0001", **more: Any) -> bytes:
    given = {"space": space, "name": visitor, "sent_at": clock.now(), **more}
    return message_body(visitor=visitor, message_id=external_id(visitor, nonce), text=text, **given)


def take(*bodies: bytes) -> list[Outcome]:
    return ingest([Raw(PLATFORM, one, clock.now()) for one in bodies])


def lures(count: int, *, start: int = 0) -> list[bytes]:
    return [
        body(LURE.format(name=NAMES[n % len(NAMES)], n=n), f"visitor-{n}", space=("lobby", "hall")[n % 2])
        for n in range(start, start + count)
    ]


def rules_of(message_id: str) -> set[str]:
    row = VerdictRecord.objects.filter(message_id=message_id).latest("id")
    return {str(one["rule"]) for one in row.reasons}


def test_one_lure_from_five_members_in_two_spaces_is_a_campaign() -> None:
    for one in lures(5):
        take(one)
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.accounts, campaign.spaces, campaign.messages) == ("suspected", 5, 2, 5)
    assert CampaignMessage.objects.count() == 5
    last = Message.objects.order_by("-id")[0]
    assert "HEAT-2" in rules_of(last.id)


def test_a_campaign_inside_one_batch_is_seen_as_one() -> None:
    take(*lures(6))
    campaign = Campaign.objects.get()
    assert (campaign.accounts, campaign.messages) == (6, 6)


def test_a_confirmed_campaign_is_removed_everywhere_also_what_was_posted_before() -> None:
    take(*lures(3))
    assert not Campaign.objects.exists()
    take(*lures(3, start=3))
    campaign = Campaign.objects.get()
    actions.confirm_campaign(campaign.id, "staff:1")
    assert not Message.objects.filter(visible=True).exists()
    assert Case.objects.filter(state="upheld", truth="bad").count() == 6
    (outcome,) = take(*lures(1, start=7))
    assert Message.objects.get(pk=outcome.message_id).visible is False
    assert "CAMPAIGN-1" in rules_of(outcome.message_id)


def test_taking_a_confirmation_back_brings_everything_back_in_one_step() -> None:
    take(*lures(6))
    waiting = set(Case.objects.filter(state="open").values_list("id", flat=True))
    campaign = Campaign.objects.get()
    actions.confirm_campaign(campaign.id, "staff:1")
    actions.undo_campaign(campaign.id, "staff:2")
    campaign.refresh_from_db()
    assert campaign.state == "suspected"
    payloads = Effect.objects.filter(kind="channels.act").values_list("payload", flat=True)
    assert sum(one["verb"] == "restore" for one in payloads) == 6
    assert set(Case.objects.filter(state="open").values_list("id", flat=True)) == waiting


def test_the_text_of_a_cleared_campaign_is_fine_from_then_on() -> None:
    take(*lures(6))
    campaign = Campaign.objects.get()
    actions.clear_campaign(campaign.id, "staff:1")
    (outcome,) = take(*lures(1, start=9))
    assert not rules_of(outcome.message_id) & {"CAMPAIGN-1", "HEAT-2", "FLOOD-3"}
    assert Campaign.objects.count() == 1


def test_upholding_one_case_confirms_the_campaign_of_its_message() -> None:
    take(*lures(6))
    case = Case.objects.filter(kind="verdict", state="open").latest("id")
    actions.uphold(case.id, "staff:1")
    assert Campaign.objects.get().state == "confirmed"
    assert not Message.objects.filter(visible=True).exists()


def test_a_message_a_person_found_fine_stays_when_its_campaign_is_confirmed() -> None:
    take(*lures(6))
    case = Case.objects.filter(kind="verdict", state="open").latest("id")
    actions.undo(case.id, "staff:1")
    actions.confirm_campaign(Campaign.objects.get().id, "staff:1")
    assert list(Message.objects.filter(visible=True).values_list("id", flat=True)) == [case.message_id]


def test_confirming_twice_is_confirming_once_and_a_cleared_one_must_be_taken_back_first() -> None:
    take(*lures(6))
    campaign = Campaign.objects.get()
    actions.confirm_campaign(campaign.id, "staff:1")
    strikes = Case.objects.count()
    actions.confirm_campaign(campaign.id, "staff:2")
    assert Case.objects.count() == strikes
    actions.undo_campaign(campaign.id, "staff:1")
    actions.clear_campaign(campaign.id, "staff:1")
    with pytest.raises(Exception, match="cleared"):
        actions.confirm_campaign(campaign.id, "staff:1")


def test_different_talk_of_many_members_is_no_campaign() -> None:
    talk = (
        "Is the funding rate on the perpetual negative again since this morning?",
        "My withdrawal to the hardware wallet has been pending for two hours now",
        "Closed half of the long before the announcement, slippage was acceptable",
        "Where do I find the fee schedule for market makers on the new website?",
        "The maintenance window was moved to Sunday according to the status page",
        "Anybody knows whether the options desk is open during the holidays here?",
    )
    take(*(body(text, f"visitor-{n}") for n, text in enumerate(talk)))
    assert not Campaign.objects.exists()
    assert Fingerprint.objects.count() == len(talk)


def test_an_edit_that_adds_a_link_to_a_clean_message_says_so() -> None:
    for n in range(25):
        take(body(f"an ordinary remark about the market number {n}", "ann", nonce=f"nonce-{n:04}"))
    _age_of_membership("ann", timedelta(days=40))
    given = {"space": "lobby", "message_id": external_id("ann", "nonce-0003"), "sent_at": clock.now()}
    text = "an ordinary remark, see https://somewhere-else.example/now"
    (edited,) = take(edit_body(visitor="ann", name="ann", text=text, **given))
    assert "HEAT-5" in rules_of(edited.message_id)


def test_the_very_first_link_of_a_settled_member_is_noticed_once() -> None:
    for n in range(25):
        take(body(f"an ordinary remark about the market number {n}", "ann", nonce=f"nonce-{n:04}"))
    _age_of_membership("ann", timedelta(days=40))
    (first,) = take(body("have a look https://somewhere-else.example/a", "ann", nonce="nonce-0100"))
    (second,) = take(body("and this one https://somewhere-else.example/b", "ann", nonce="nonce-0101"))
    assert "HEAT-4" in rules_of(first.message_id)
    assert "HEAT-4" not in rules_of(second.message_id)
    assert Conduct.objects.get().links_seen == 2


def _age_of_membership(visitor: str, age: timedelta) -> None:
    account = Account.objects.get(external_id=visitor)
    when: datetime = clock.now() - age
    account.memberships.update(first_message_at=when, joined_at=when)


def test_no_raid_is_on_where_people_only_talk() -> None:
    take(*lures(6))
    assert not Raid.objects.exists()


def test_a_raid_goes_on_while_messages_are_removed() -> None:
    space = Space.objects.get(slug="lobby")
    raid = actions.declare_raid(space.id, "staff:1")
    long_ago = clock.now() - timedelta(minutes=30)
    Raid.objects.update(last_seen=long_ago)
    take(body("what a calm evening in here", "ann"))
    assert Raid.objects.get(pk=raid.pk).last_seen == long_ago
    scam = (
        "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock"
    )
    take(body(scam, "eve"))
    assert Raid.objects.get(pk=raid.pk).last_seen > long_ago
