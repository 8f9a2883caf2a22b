"""What people get of a ticket: opened once, heard, worked on, merged and split, rated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.models import AuditEntry
from guildhall.desk import queries
from guildhall.desk.actions import later, tickets
from guildhall.desk.models import Entry, Ticket, TimelineEvent
from guildhall.desk.tests.counter import NOON, asked, asker, audited, colleague, opened, vendor
from guildhall.facts.models import Staged
from guildhall.guard.models import Case
from guildhall.people.roles import Role

pytestmark = pytest.mark.django_db
Status = Ticket.Status


def heard(ticket: Ticket, text: str, message: str = "") -> Ticket:
    tickets.add_customer_messages([(ticket.pk, message, text, clock.now())])
    ticket.refresh_from_db()
    return ticket


def test_a_batch_opens_a_ticket_for_each_question_with_numbers_that_follow() -> None:
    drafts = [
        tickets.Draft("api", text=f"Question {number}", external_key=f"k{number}") for number in range(3)
    ]
    made = tickets.open_many(drafts, by="token:1", at=clock.now())
    again = tickets.open_many(drafts, by="token:1", at=clock.now())
    numbers = [one.number for one in made]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert [one.pk for one in again] == [one.pk for one in made]
    assert Entry.objects.filter(kind="customer").count() == 3
    assert TimelineEvent.objects.filter(type="opened").count() == 3


def test_a_number_brought_in_by_hand_is_never_given_twice() -> None:
    Ticket.objects.create(number=5000, subject="x", way="api")
    assert opened().number == 5001


def test_the_same_message_is_one_ticket_and_its_space_says_the_tier() -> None:
    one = asker()
    one.space.tier = "vip"
    one.space.save()
    first = asked(one)
    again = tickets.open_many(
        [tickets.Draft("group", text="x", message_id=first.entries.get().message_id or "")],
        by="system:desk",
        at=clock.now(),
    )[0]
    assert again.pk == first.pk
    assert first.tier == "vip"
    assert first.member_id == one.account.member_id


def test_a_category_decides_how_pressing_it_is_and_an_unknown_one_is_refused_by_row() -> None:
    assert opened(category="scam_report").priority == "urgent"
    with pytest.raises(BadInput) as refused:
        tickets.open_many([tickets.Draft("api", category="nothing")], by="token:1", at=clock.now())
    assert (refused.value.field, refused.value.row) == ("category", 0)


def test_another_message_on_a_solved_ticket_opens_it_again() -> None:
    one = asker()
    ticket = asked(one)
    tickets.set_status(ticket.pk, "solved", colleague())
    message = one.says("Still not there", "q2")
    heard(ticket, "Still not there", message.pk)
    assert (ticket.status, ticket.reopened, ticket.solved_at) == ("open", 1, None)
    assert ticket.waiting_since is not None
    heard(ticket, "Still not there", message.pk)
    assert ticket.entries.filter(kind="customer").count() == 2
    assert "ticket.reopened" in audited(ticket)


def test_an_edit_and_a_deletion_reach_what_was_said_in_the_ticket() -> None:
    ticket = asked(asker())
    message = str(ticket.entries.get().message_id)
    tickets.note_edits([(message, "Where is my withdrawal?")])
    tickets.note_deletions([message])
    entry = ticket.entries.get()
    assert entry.text == "Where is my withdrawal?"
    assert {"edited_at", "removed_at"} <= set(entry.data)


def test_two_colleagues_who_change_one_ticket_at_once_are_told() -> None:
    ticket, dana = opened(), colleague()
    tickets.set_priority(ticket.pk, "high", dana, revision=0)
    with pytest.raises(Conflict) as refused:
        tickets.set_status(ticket.pk, "solved", dana, revision=0)
    assert refused.value.code == "ticket_changed"


def test_somebody_who_reads_a_ticket_while_the_house_gives_it_out_can_still_change_it() -> None:
    ticket, dana = opened(), colleague()
    tickets.assign(ticket.pk, dana.pk, "system:desk")
    assert tickets.set_priority(ticket.pk, "high", dana, revision=0).priority == "high"


def test_required_fields_are_asked_for_before_a_ticket_is_solved() -> None:
    ticket, dana = opened(category="deposit"), colleague()
    with pytest.raises(BadInput) as refused:
        tickets.set_status(ticket.pk, "solved", dana)
    assert refused.value.code == "fields_missing"
    with pytest.raises(BadInput) as wrong:
        tickets.set_fields(ticket.pk, {"uid": "???"}, dana)
    assert wrong.value.field == "fields.uid"
    tickets.set_fields(ticket.pk, {"uid": "88120034", "coin": "USDT"}, dana)
    assert tickets.set_status(ticket.pk, "solved", dana).status == "solved"


def test_a_change_of_category_keeps_what_both_ask_for() -> None:
    ticket, dana = opened(category="deposit"), colleague()
    tickets.set_fields(ticket.pk, {"uid": "88120034", "coin": "USDT"}, dana)
    assert tickets.set_category(ticket.pk, "kyc", dana).fields == {"uid": "88120034"}


def test_a_ticket_is_owned_only_by_those_whose_queue_it_is_in() -> None:
    ticket, (harbour, agent), analyst = opened(), vendor(), colleague("Ana", Role.ANALYST)
    with pytest.raises(NotAllowed):
        tickets.assign(ticket.pk, analyst.pk, "system:desk")
    with pytest.raises(NotAllowed) as refused:
        tickets.assign(ticket.pk, agent.pk, "system:desk")
    assert refused.value.code == "other_queue"
    tickets.assign(ticket.pk, colleague().pk, "system:desk")
    moved = tickets.move_to_vendor(ticket.pk, harbour.pk, "system:desk")
    assert moved.assignee_id is None, "ours would hold what the vendor's people are to answer"
    assert tickets.assign(ticket.pk, agent.pk, "system:desk", why="reads Chinese").assignee_id == agent.pk
    assert tickets.move_to_vendor(ticket.pk, None, "system:desk").assignee_id is None


def test_a_reason_somebody_wrote_stays_in_the_ticket_and_out_of_the_audit() -> None:
    ticket, dana = opened(), colleague()
    tickets.set_status(ticket.pk, "pending", dana, why="asked Alice for the hash")
    assert ticket.entries.get(kind="system").data["why"] == "asked Alice for the hash"
    row = AuditEntry.objects.get(verb="ticket.status")
    assert row.data == {"from": "open", "to": "pending"}


def test_a_note_calls_only_colleagues_who_may_see_the_ticket() -> None:
    ticket, dana, (_, agent) = opened(), colleague(), vendor()
    entry = tickets.note(ticket.pk, dana, "Please look", [dana.pk, agent.pk])
    assert list(entry.mentions.values_list("pk", flat=True)) == [dana.pk]
    assert list(queries.view("mentions", dana)) == [ticket]


def test_what_was_put_away_comes_back_in_time_or_with_the_next_message() -> None:
    with clock.freeze(NOON) as now:
        first, second, dana = opened(), opened(), colleague()
        for one in (first, second):
            tickets.snooze(one.pk, NOON + timedelta(hours=2), dana)
        assert queries.counts(dana)["snoozed"] == 2
        assert queries.counts(dana)["unassigned"] == 0
        assert heard(second, "hello?").snoozed_until is None
        assert later.wake_due() == 0
        now.advance(timedelta(hours=2))
        assert later.wake_due() == 1
        with pytest.raises(BadInput):
            tickets.snooze(first.pk, NOON, dana)


def test_a_merged_ticket_leads_on_and_its_asker_is_heard_where_it_goes_on() -> None:
    one, dana = asker(), colleague()
    first, second = asked(one), asked(one, "And my bonus?", "q2")
    tickets.merge(second.pk, first.pk, dana)
    second.refresh_from_db()
    assert (second.status, second.merged_into_id) == ("closed", first.pk)
    heard(second, "Anybody?")
    assert [one.text for one in queries.thread(first, dana) if one.kind == "customer"] == [
        "Where is my deposit?", "And my bonus?", "Anybody?",
    ]  # fmt: skip
    with pytest.raises(Conflict) as refused:
        tickets.set_priority(second.pk, "high", dana)
    assert refused.value.code == "ticket_merged"
    assert TimelineEvent.objects.filter(ticket=second, type="merged", value=first.pk).exists()


def test_merging_an_open_question_into_a_solved_one_opens_that_again() -> None:
    first, second, dana = opened(), opened(), colleague()
    tickets.set_status(first.pk, "solved", dana)
    assert tickets.merge(second.pk, first.pk, dana).status == "open"


def test_tickets_of_two_queues_are_not_merged() -> None:
    first, second, (harbour, _) = opened(), opened(), vendor()
    tickets.move_to_vendor(first.pk, harbour.pk, "system:desk")
    with pytest.raises(Conflict) as refused:
        tickets.merge(second.pk, first.pk, "system:desk")
    assert refused.value.code == "other_queue"
    with pytest.raises(BadInput):
        tickets.merge(first.pk, first.pk, "system:desk")


def test_a_split_takes_what_the_member_said_into_a_ticket_of_its_own() -> None:
    one, dana = asker(), colleague()
    ticket = asked(one)
    message = one.says("My API key fails too", "q2")
    heard(ticket, "My API key fails too", message.pk)
    entry = ticket.entries.get(message=message)
    made = tickets.split(ticket.pk, [entry.pk], "API key", dana)
    assert made.split_from_id == ticket.pk
    assert [one.text for one in made.entries.filter(kind="customer")] == ["My API key fails too"]
    assert ticket.entries.filter(kind="customer").count() == 2
    assert TimelineEvent.objects.filter(ticket=made, type="opened").exists()
    with pytest.raises(BadInput):
        tickets.split(ticket.pk, [], "Nothing", dana)


def test_spam_goes_to_the_guard_and_its_sender_is_not_asked_what_they_thought() -> None:
    ticket, dana = asked(asker()), colleague()
    tickets.mark_spam(ticket.pk, dana)
    ticket.refresh_from_db()
    assert (ticket.is_spam, ticket.status) == (True, "closed")
    assert not tickets.is_ratable(ticket)
    assert Case.objects.filter(message_id=ticket.entries.get(kind="customer").message_id).exists()
    assert list(queries.view("all", dana)) == []
    assert tickets.not_spam(ticket.pk, dana).status == "open"


def test_a_member_rates_what_was_solved_and_may_think_again_for_a_week() -> None:
    with clock.freeze(NOON) as now:
        ticket, dana = opened(), colleague()
        with pytest.raises(Conflict):
            tickets.rate(ticket.pk, 5)
        tickets.set_status(ticket.pk, "solved", dana)
        with pytest.raises(BadInput):
            tickets.rate(ticket.pk, 6)
        tickets.rate(ticket.pk, 2, "slow")
        assert tickets.rate(ticket.pk, 4).rating_comment == "slow"
        now.advance(timedelta(days=8))
        with pytest.raises(Conflict) as refused:
            tickets.rate(ticket.pk, 1)
        assert refused.value.code == "too_late"


def test_what_was_solved_and_stays_quiet_is_closed() -> None:
    with clock.freeze(NOON) as now:
        ticket = opened()
        tickets.set_status(ticket.pk, "solved", "system:desk")
        assert later.close_solved() == 0
        now.advance(timedelta(days=4))
        assert later.close_solved() == 1
        assert heard(ticket, "not solved!").status == "open"


def test_for_a_vendors_agent_there_are_no_tickets_but_those_of_its_queue() -> None:
    ticket, other, (harbour, agent) = opened(), opened(), vendor()
    tickets.move_to_vendor(ticket.pk, harbour.pk, "system:desk")
    for by in (agent, agent.actor):
        tickets.note(ticket.pk, by, "Seen")
        for deed in (
            lambda by=by: tickets.note(other.pk, by, "Seen"),
            lambda by=by: tickets.set_status(other.pk, "solved", by),
            lambda by=by: tickets.reply(other.pk, by=by, text="Hello", where="private"),
            lambda by=by: tickets.merge(ticket.pk, other.pk, by),
        ):
            with pytest.raises(NotFound):
                deed()


def test_what_happened_is_staged_as_facts_without_a_word_that_was_said() -> None:
    ticket = opened(text="I am Alice", category="fee")
    tickets.set_fields(ticket.pk, {"uid": "8812"}, "system:desk")
    tickets.set_status(ticket.pk, "solved", "system:desk")
    tickets.rate(ticket.pk, 4, "thanks, Alice")
    told = {one.table: one.row for one in Staged.objects.all()}
    assert set(told) == {"tickets", "ticket_ends", "ticket_ratings"}
    assert (told["tickets"]["category"], told["ticket_ratings"]["score"]) == ("fee", 4)
    assert "Alice" not in str(told)
