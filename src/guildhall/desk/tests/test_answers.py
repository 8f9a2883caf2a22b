"""An answer can be taken back, goes where the question was asked, and is never lost when a platform refuses it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from guildhall.broadcast.tests.houses import space, wire
from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.port import Verb
from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, Permanent, Unsupported
from guildhall.core.text import Text
from guildhall.desk.actions import leaving, tickets
from guildhall.desk.models import Entry, Macro, Ticket, TimelineEvent
from guildhall.desk.tests.counter import NOON, asked, asker, colleague, opened, state, vendor
from guildhall.effects.testing import drain

pytestmark = pytest.mark.django_db


def settle() -> None:
    """Let the engine and the ticker do what is due."""
    drain()
    leaving.collect()


def test_an_answer_leaves_when_its_seconds_are_over_and_stands_under_the_question() -> None:
    with clock.freeze(NOON) as now, wire() as line:
        one, dana = asker(), colleague()
        ticket = asked(one)
        now.advance(60)
        entry = tickets.reply(ticket.pk, by=dana, text="It arrived.", where="group", then_status="solved")
        settle()
        assert (state(entry), line.told) == ("held", [])
        now.advance(11)
        settle()
        assert state(entry) == "sent"
        ((act, refs),) = line.told
        assert (act.verb, act.text, refs.reply_to_external_id) == (Verb.REPLY, "It arrived.", "q1")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.replies, ticket.waiting_since) == ("solved", 1, None)
        said = TimelineEvent.objects.get(ticket=ticket, type="agent_reply")
        assert said.at == entry.at
        assert Message.objects.get(pk=Entry.objects.get(pk=entry.pk).message_id).direction == "out"


def test_an_answer_taken_back_never_was() -> None:
    with clock.freeze(NOON) as now, wire() as line:
        ticket, dana = asked(asker()), colleague()
        entry = tickets.reply(ticket.pk, by=dana, text="It arrived.", where="group")
        tickets.unsend(entry.pk, dana)
        now.advance(60)
        settle()
        assert (state(entry), line.told) == ("unsent", [])
        assert not TimelineEvent.objects.filter(type="agent_reply").exists()


def test_an_answer_that_left_cannot_be_taken_back() -> None:
    with wire():
        ticket, dana = asked(asker()), colleague()
        entry = tickets.reply(ticket.pk, by=dana, text="It arrived.", where="group", undo_s=0)
        settle()
        with pytest.raises(Conflict) as refused:
            tickets.unsend(entry.pk, dana)
        assert refused.value.code == "too_late"


def test_in_private_it_goes_into_the_talk_with_that_one_person() -> None:
    with wire() as line:
        one, dana = asker(), colleague()
        talk = space("talk-1", kind="private")
        SpaceMember.objects.create(space=talk, account=one.account)
        ticket = asked(one)
        tickets.reply(ticket.pk, by=dana, text="Only for you.", where="private", undo_s=0)
        settle()
        ((act, refs),) = line.told
        assert (act.verb, refs.space_external_id) == (Verb.SEND, "talk-1")


def test_without_such_a_talk_the_platform_is_asked_to_tell_them_alone_or_says_what_to_do_instead() -> None:
    with wire() as line:
        ticket, dana = asked(asker()), colleague()
        tickets.reply(ticket.pk, by=dana, text="Only for you.", where="private", undo_s=0)
        settle()
        assert line.told[0][0].verb is Verb.WARN
    with wire(platform="deaf", cannot=frozenset({Verb.WARN})):
        ticket = asked(asker("Bob", "2", "deaf"))
        with pytest.raises(Unsupported):
            tickets.reply(ticket.pk, by=dana, text="Only for you.", where="private")
        assert not Entry.objects.filter(ticket=ticket, kind="reply").exists()


def test_what_a_platform_refuses_stands_in_the_ticket_and_can_be_sent_again() -> None:
    def refuses() -> None:
        raise Permanent(Text("The bot was removed from the group.", "机器人已被移出群组。"))

    with wire() as line:
        one, dana = asker(), colleague()
        ticket = asked(one)
        line.answers["1"] = refuses  # type: ignore[assignment]
        entry = tickets.reply(
            ticket.pk, by=dana, text="It arrived.", where="group", undo_s=0, then_status="solved"
        )
        settle()
        entry.refresh_from_db()
        ticket.refresh_from_db()
        assert (entry.state, ticket.status) == ("failed", "open")
        assert "removed" in entry.problem
        assert ticket.waiting_since is not None
        line.answers.clear()
        tickets.retry(entry.pk, dana)
        settle()
        assert state(entry) == "sent"
        assert TimelineEvent.objects.filter(type="agent_reply").count() == 1
        with pytest.raises(Conflict):
            tickets.retry(entry.pk, dana)


def test_words_that_ask_for_a_secret_do_not_leave_the_desk() -> None:
    with wire():
        ticket, dana = asked(asker()), colleague()
        with pytest.raises(BadInput) as refused:
            tickets.reply(ticket.pk, by=dana, text="Please send me your password", where="group")
        assert refused.value.code == "asks_for_secret"


def test_an_answer_in_a_ticket_by_api_waits_there_to_be_fetched() -> None:
    ticket = opened()
    entry = tickets.reply(ticket.pk, by=colleague(), text="It arrived.", where="private", undo_s=0)
    settle()
    assert state(entry) == "sent"


def test_a_colleague_who_answers_in_the_chat_itself_has_answered() -> None:
    with wire():
        one, dana = asker(), colleague()
        ticket = asked(one)
        message = one.says("It arrived.", "q9")
        first = tickets.add_answer_from_chat(ticket.pk, by=dana, text="It arrived.", message_id=message.pk)
        again = tickets.add_answer_from_chat(ticket.pk, by=dana, text="It arrived.", message_id=message.pk)
        ticket.refresh_from_db()
        assert (first.pk, ticket.replies, ticket.waiting_since) == (again.pk, 1, None)


def test_two_answers_to_what_one_colleague_saw_are_told_apart() -> None:
    with wire():
        ticket, dana, eli = asked(asker()), colleague(), colleague("Eli")
        tickets.reply(ticket.pk, by=dana, text="It arrived.", where="group", revision=ticket.revision)
        with pytest.raises(Conflict) as refused:
            tickets.reply(ticket.pk, by=eli, text="It arrived!", where="group", revision=ticket.revision)
        assert refused.value.code == "ticket_changed"


def test_a_file_goes_along_without_where_it_was_taken() -> None:
    picture = Image.new("RGB", (40, 30), "red")
    exif = picture.getexif()
    exif[0x010F] = "Camera"
    raw = io.BytesIO()
    picture.save(raw, "JPEG", exif=exif)
    with wire() as line:
        ticket, dana = asked(asker()), colleague()
        entry = tickets.reply(
            ticket.pk, by=dana, text="See here.", where="group", undo_s=0, files=[("see.jpg", raw.getvalue())]
        )
        settle()
        assert b"Camera" not in bytes(entry.attachments.get().body)
        assert len(line.told[0][0].media) == 1
        with pytest.raises(BadInput) as refused:
            tickets.reply(
                ticket.pk, by=dana, text="See.", where="group", files=[("a.png", raw.getvalue())] * 3
            )
        assert refused.value.field == "files"


def test_a_macro_sets_what_stands_beside_its_words_and_the_house_names_the_member() -> None:
    with wire() as line:
        one, (harbour, agent) = asker(), vendor()
        ticket = asked(one)
        tickets.move_to_vendor(ticket.pk, harbour.pk, "system:desk")
        macro = Macro.objects.create(
            name={"en": "Hi", "zh": "您好"}, text={"en": "Hi {member}", "zh": "{member}您好"}, changed_by="x",
            does={"category": "deposit", "priority": "urgent"},
        )  # fmt: skip
        tickets.reply(ticket.pk, by=agent, text="Hi {member}", where="group", undo_s=0, macro_id=macro.pk)
        settle()
        ticket.refresh_from_db()
        macro.refresh_from_db()
        assert line.told[0][0].text == "Hi Alice"
        assert (ticket.category_id, ticket.priority, macro.used) == ("deposit", "urgent", 1)
        with pytest.raises(BadInput) as refused:
            tickets.reply(ticket.pk, by=agent, text="Your hash {field.txid}", where="group")
        assert refused.value.code == "place_left"


def test_an_answer_written_before_a_merge_still_reaches_its_asker_and_counts_where_the_ticket_goes_on() -> (
    None
):
    with clock.freeze(NOON) as now, wire() as line:
        one, dana = asker(), colleague()
        first, second = asked(one), asked(one, "And my bonus?", "q2")
        entry = tickets.reply(second.pk, by=dana, text="On its way.", where="group")
        tickets.merge(second.pk, first.pk, dana)
        now.advance(11)
        settle()
        assert state(entry) == "sent"
        assert line.told[0][1].reply_to_external_id == "q2"
        assert Ticket.objects.get(pk=first.pk).replies == 1
