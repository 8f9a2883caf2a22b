"""From a message as Telegram delivers it to a ticket: through the pipeline that takes everything in."""

from __future__ import annotations

import pytest
from django.test.utils import CaptureQueriesContext

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.desk.actions import doors
from guildhall.desk.actions import tickets as deeds
from guildhall.desk.doors import FOR_PRIVATE, Rules
from guildhall.desk.models import Entry, Ticket
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard import freshness
from guildhall.intake.commands.tests import chat as town
from guildhall.intake.tests.updates import BOT, a_bot, chat, message, person, raw, take
from guildhall.people.models import Account, Member
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

pytestmark = pytest.mark.django_db
ASKED = "When does my deposit arrive?"


@pytest.fixture(autouse=True)
def _fresh():
    freshness.forget()
    yield
    freshness.forget()


@pytest.fixture
def group():
    a_bot()
    take(raw("message", message("hello all")))
    return Space.objects.get(kind="supergroup")


def at_door(space, **rules):
    doors.set_door(Rules(**rules), "staff:1", space_id=space.pk)


def said(text, **more):
    number = 5000 + Message.objects.count()
    given = {"at": int(clock.now().timestamp()), **more}
    take(raw("message", message(text, number=number, **given)))
    return number


def reply_to(number, **more):
    return {"reply_to_message": message("…", number=number, **more)}


def told():
    """What the house was asked to say."""
    return [
        one.payload["text"]
        for one in Effect.objects.filter(kind="channels.act").order_by("id")
        if one.payload.get("text")
    ]


class TestInAGroup:
    def test_without_a_door_nothing_becomes_a_ticket_and_nothing_is_asked_of_the_database(self, group):
        from django.db import connection

        with CaptureQueriesContext(connection) as seen:
            said(ASKED)
        assert not Ticket.objects.exists()
        asked = [one["sql"] for one in seen.captured_queries if '"desk_' in one["sql"]]
        assert all('"desk_door' in one for one in asked), asked

    def test_a_question_opens_a_ticket_in_its_language_with_its_category(self, group):
        at_door(group, question=True)
        said("我的充值什么时候到账？")
        ticket = Ticket.objects.get()
        assert (ticket.way, ticket.language, ticket.category_id) == ("group", "zh-hans", "deposit")
        assert (ticket.space_id, ticket.account.external_id) == (group.pk, "11")
        entry = Entry.objects.get()
        assert entry.message.text == entry.text == "我的充值什么时候到账？"

    def test_the_asker_is_told_the_number_once_and_not_for_every_word(self, group):
        at_door(group, question=True)
        said(ASKED)
        said("my UID is 12345")
        drain()
        assert len([one for one in told() if f"#{Ticket.objects.get().number}" in one]) == 1
        assert Entry.objects.filter(kind="customer").count() == 2

    def test_several_questions_of_one_batch_become_tickets_of_their_askers(self, group):
        at_door(group, question=True)
        take(
            raw("message", message(ASKED)),
            raw("message", message("How do I pass KYC please?", **{"from": person(12)})),
            raw("message", message("It is still pending")),
        )
        assert Ticket.objects.count() == 2
        mine = Ticket.objects.get(account__external_id="11")
        assert [one.text for one in mine.entries.order_by("id")] == [ASKED, "It is still pending"]

    def test_naming_our_bot_asks_us_and_naming_another_does_not(self, group):
        at_door(group)
        said(f"@guild{BOT}_bot my order is stuck")
        said("@somebody my order is stuck too", **{"from": person(12)})
        assert Ticket.objects.get().account.external_id == "11"

    def test_the_same_update_again_is_the_same_ticket(self, group):
        at_door(group, question=True)
        again = raw("message", message(ASKED, number=4242))
        take(again)
        take(again)
        assert (Ticket.objects.count(), Entry.objects.count()) == (1, 1)

    def test_an_edit_changes_the_words_and_a_deletion_is_noted(self, group):
        at_door(group, question=True)
        number = said(ASKED)
        edited = message("When does my withdrawal arrive?", number=number, edit_date=1_795_000_100)
        take(raw("edited_message", edited))
        assert Entry.objects.get().text == "When does my withdrawal arrive?"

    def test_a_colleague_who_answers_in_the_chat_answered_the_ticket(self, group):
        at_door(group, question=True)
        agent = make_staff(Role.SUPPORT_AGENT)
        said("hello", **{"from": person(77)})
        Account.objects.filter(external_id="77").update(staff=agent, is_staff=True)
        number = said(ASKED)
        said("Within the hour.", **{"from": person(77)}, **reply_to(number))
        ticket = Ticket.objects.get()
        assert ticket.replies == 1
        assert ticket.entries.get(kind="reply").author == agent

    def test_an_agent_of_a_vendor_answers_no_ticket_of_another_queue_in_the_chat(self, group):
        at_door(group, question=True)
        agent = make_staff(Role.VENDOR_AGENT)
        said("hello", **{"from": person(77)})
        Account.objects.filter(external_id="77").update(staff=agent, is_staff=True)
        number = said(ASKED)
        answer = said("Within the hour.", **{"from": person(77)}, **reply_to(number))
        assert Ticket.objects.get().replies == 0
        assert Message.objects.filter(external_id=str(answer)).exists()

    def test_what_the_guard_removes_is_no_question(self, group):
        from guildhall.guard import actions as guard
        from guildhall.intake.tests.updates import SCAM

        guard.install_shipped(by="system:test")
        guard.assign_policy(group.pk, "default", "system:test")
        freshness.forget()
        at_door(group, everything=True)
        said(SCAM)
        assert not Ticket.objects.exists()


class TestInPrivate:
    def talk(self, text, **more):
        return said(text, chat=chat(11, "private"), **more)

    def test_whoever_writes_to_our_bot_asks_us(self, group):
        doors.set_door(FOR_PRIVATE, "staff:1", platform="telegram")
        self.talk("my order is stuck")
        self.talk("BTC-USDT")
        ticket = Ticket.objects.get()
        assert (ticket.way, ticket.entries.count()) == ("private", 2)
        assert ticket.private_space_id == ticket.space_id
        drain()
        assert any(f"#{ticket.number}" in one for one in told())

    def test_without_a_door_they_are_told_what_the_bot_can_do(self, group):
        self.talk("my order is stuck")
        assert not Ticket.objects.exists()
        assert any("/help" in one for one in told())

    def test_a_command_is_no_question(self, group):
        doors.set_door(FOR_PRIVATE, "staff:1", platform="telegram")
        self.talk("/rules")
        self.talk("/help")
        assert not Ticket.objects.exists()

    def test_a_solved_ticket_is_opened_again_by_more_words_and_not_by_thanks(self, group):
        doors.set_door(FOR_PRIVATE, "staff:1", platform="telegram")
        at = int(clock.now().timestamp())
        self.talk("my question", at=at)
        ticket = Ticket.objects.get()
        deeds.set_status(ticket.pk, "solved", "staff:1")
        self.talk("thank you!", at=at + 5)
        ticket.refresh_from_db()
        assert ticket.status == "solved"
        self.talk("but it is still not there", at=at + 10)
        ticket.refresh_from_db()
        assert (ticket.status, ticket.reopened) == ("open", 1)


@pytest.fixture
def silent():
    with town.a_platform():
        yield


@pytest.mark.usefixtures("silent")
class TestByCommand:
    def test_a_member_asks_by_command_and_hears_the_number(self):
        space = town.a_group()
        at_door(space)
        ann = town.somebody("Ann", space)
        town.take(town.words(space, ann, "/ask where is my deposit"))
        ticket = Ticket.objects.get()
        assert (ticket.category_id, ticket.entries.get().text) == ("deposit", "where is my deposit")
        assert f"#{ticket.number}" in town.said_by_us(space)[-1]

    def test_help_me_is_a_question_and_help_is_not(self):
        space = town.a_group()
        at_door(space)
        ann = town.somebody("Ann", space)
        town.take(town.words(space, ann, "/help me with my withdrawal"), town.words(space, ann, "/help"))
        assert Ticket.objects.get().category_id == "withdrawal"

    def test_a_command_without_words_says_how_and_one_without_a_door_is_left_to_others(self):
        space, other = town.a_group(), town.a_group("other")
        at_door(space)
        ann = town.somebody("Ann", space)
        town.take(town.words(space, ann, "/ask"), town.words(other, ann, "/ask something"))
        assert not Ticket.objects.exists()
        assert "/ask" in town.said_by_us(space)[-1]
        assert not town.said_by_us(other)

    def test_a_moderator_turns_a_members_message_into_a_ticket_and_a_member_cannot(self):
        space = town.a_group()
        ann, bob = town.somebody("Ann", space), town.somebody("Bob", space)
        ada = town.somebody("Ada", space, state="admin")
        asked = town.words(space, ann, "my order is stuck")
        message_ = Message.objects.get(pk=asked.message_id)
        town.take(town.words(space, bob, "/ticket", reply_to=message_))
        assert not Ticket.objects.exists()
        town.take(town.words(space, ada, "/ticket", reply_to=message_))
        ticket = Ticket.objects.get()
        assert (ticket.account_id, ticket.opened_by) == (ann.id, f"account:{ada.id}")
        town.take(town.words(space, ada, "/ticket", reply_to=message_))
        assert Ticket.objects.count() == 1
        assert "already" in town.said_by_us(space)[-1]

    def test_chinese_words_ask_for_a_person(self):
        space = town.a_group(language="zh-hans")
        at_door(space)
        ann = town.somebody("Ann", space, language="zh-hans")
        Member.objects.filter(pk=ann.member_id).update(language="zh-hans")
        town.take(town.words(space, ann, "转人工 我的提现卡住了"))
        assert Ticket.objects.get().language == "zh-hans"
        assert "工单号" in town.said_by_us(space)[-1]


@pytest.mark.usefixtures("silent")
class TestRating:
    def solved(self, space, ann):
        town.take(town.words(space, ann, "/ask how long does it take"))
        ticket = Ticket.objects.get()
        Ticket.objects.filter(pk=ticket.pk).update(replies=1, private_space=None)
        deeds.set_fields(ticket.pk, {}, "staff:1")
        deeds.set_category(ticket.pk, None, "staff:1")
        deeds.set_status(ticket.pk, "solved", "staff:1")
        Effect.objects.filter(kind="desk.ask_rating").update(due_at=clock.now(), waiting_for="")
        drain()
        return ticket

    def test_the_asker_rates_by_button_and_nobody_else(self):
        space = town.a_group()
        at_door(space)
        ann, bob = town.somebody("Ann", space), town.somebody("Bob", space)
        ticket = self.solved(space, ann)
        asked = [
            one
            for one in Effect.objects.filter(kind="channels.act")
            if len(one.payload.get("buttons", ())) == 5
        ]
        assert len(asked) == 1
        town.take(town.press(space, bob, f"rate:{ticket.pk}:1"))
        ticket.refresh_from_db()
        assert ticket.rating is None
        town.take(town.press(space, ann, f"rate:{ticket.pk}:5"))
        ticket.refresh_from_db()
        assert ticket.rating == 5
        for broken in (f"rate:{ticket.pk}:9", f"rate:{ticket.pk}:x", "rate:01NONE:5", "rate:"):
            town.take(town.press(space, ann, broken))

    def test_a_door_that_does_not_ask_does_not(self):
        space = town.a_group()
        at_door(space, rates=False)
        self.solved(space, town.somebody("Ann", space))
        assert not [one for one in town.said_by_us(space) if "1 (poor)" in one]


@pytest.mark.parametrize(
    "text, score",
    [("5", (5, "")), ("4 分", (4, "")), ("２", (2, "")), ("3 stars", (3, "")), ("1, too slow", (1, "too slow")),
     ("6", None), ("0", None), ("50 USDT", None), ("5000", None), ("five", None), ("", None),
     ("1,000 USDT are missing", None), ("5-10 days", None), ("1 where is my deposit?", None),
     ("5! thanks\na lot", (5, "thanks a lot")), ("5" + " " * 3000 + "x" * 501, None),
     ("5" + " " * 500 + "x", (5, "x"))],
)  # fmt: skip
def test_a_number_is_a_rating_only_when_it_is_one(text, score):
    from guildhall.intake.at_the_counter_rating import score_of

    assert score_of(text) == score
