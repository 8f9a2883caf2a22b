"""What makes a handover whole (HND-1 to HND-7), and what becomes of one nobody accepts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.core.errors import Conflict, NotAllowed
from guildhall.core.text import Text
from guildhall.desk.actions import handover, shift_change
from guildhall.desk.handover import parts
from guildhall.desk.handover.parts import Action, Note, TicketNow, Watch
from guildhall.desk.models import Handover
from guildhall.desk.testing import shift_changes
from guildhall.desk.tests import floor
from guildhall.paging.models import Page

END = datetime(2026, 3, 2, 14, tzinfo=UTC)
SOON = END + timedelta(minutes=20)
WHOLE = Note(
    "critical",
    "A withdrawal is late.",
    (Action("Answer #1", SOON, None, "A"),),
    (Watch("the bank is silent", "escalate"),),
    {"A": "critical", "B": "stable"},
)


def rules(note: Note) -> list[str]:
    return [one.rule for one in parts.missing(note)]


def changed(**said: object) -> Note:
    return Note(**{**{name: getattr(WHOLE, name) for name in WHOLE.__slots__}, **said})


@pytest.mark.parametrize(
    ("ticket", "severity"),
    [
        (TicketNow("A", 1, waiting=True, breached=True), "critical"),
        (TicketNow("A", 1, "urgent", waiting=True), "critical"),
        (TicketNow("A", 1, next_due_at=END + timedelta(minutes=30)), "critical"),
        (TicketNow("A", 1, next_due_at=END + timedelta(minutes=31)), "watch"),
        (TicketNow("A", 1, "urgent"), "watch"),
        (TicketNow("A", 1, waiting=True), "watch"),
        (TicketNow("A", 1, breached=True), "stable"),
        (TicketNow("A", 1, next_due_at=END + timedelta(hours=5)), "stable"),
    ],
)
def test_hnd_1_and_2_how_serious_a_ticket_is(ticket: TicketNow, severity: str) -> None:
    assert parts.severity_of(ticket, END) == severity


def test_a_whole_note_lacks_nothing() -> None:
    assert rules(WHOLE) == []


def test_hnd_3_a_note_is_not_calmer_than_its_tickets() -> None:
    assert rules(changed(severity="watch")) == ["HND-3"]
    assert rules(changed(severity="")) == ["HND-3"]


@pytest.mark.parametrize(
    ("summary", "says"), [("ok ok ok", False), ("一切正常", False), ("提现延迟已告知", True)]
)
def test_hnd_4_a_summary_says_something_in_either_language(summary: str, says: bool) -> None:
    assert (rules(changed(summary=summary)) == []) is says


def test_hnd_5_every_action_says_what_and_by_when_and_every_critical_ticket_has_one() -> None:
    assert rules(changed(actions=(Action("Answer #1", None, None, "A"),))) == ["HND-5"]
    assert rules(changed(actions=(Action("Something else", SOON),))) == ["HND-5"]
    assert rules(changed(actions=(), tickets={})) == ["HND-5"]
    assert rules(changed(actions=(), tickets={}, nothing_to_do=True)) == []
    assert rules(changed(actions=(), nothing_to_do=True)) == ["HND-5"], "a critical ticket is something to do"


def test_hnd_6_a_watch_has_an_if_and_a_then_and_nothing_has_to_be_said() -> None:
    assert rules(changed(watches=(Watch("the bank is silent", ""),))) == ["HND-6"]
    assert rules(changed(watches=())) == ["HND-6"]
    assert rules(changed(watches=(), nothing_to_watch=True)) == []


def test_hnd_7_the_receiver_ticks_all_of_it_and_says_it_in_their_own_words() -> None:
    wanted = ["action:1", "watch:0"]
    said = "I answer the withdrawal first."
    assert parts.unread(said, summary="x", wanted=wanted, ticked=wanted) == []
    assert len(parts.unread(said, summary="x", wanted=wanted, ticked=["watch:0"])) == 1
    assert len(parts.unread("ok", summary="x", wanted=(), ticked=())) == 1
    assert len(parts.unread(" a Withdrawal is late. ", summary=WHOLE.summary, wanted=(), ticked=())) == 1
    assert parts.unread("先回复提现的工单", summary="x", wanted=(), ticked=()) == []


def test_a_first_draft_has_an_action_for_what_is_critical_and_a_watch_for_what_is_due_next() -> None:
    tickets = [
        TicketNow("A", 1, waiting=True, breached=True),
        TicketNow("B", 2, next_due_at=END + timedelta(hours=2)),
        TicketNow("C", 3),
    ]
    raid = (Text("the raid begins again", "突袭再次出现"), Text("extend it", "延长处置"))
    draft = parts.first_draft(tickets, END, [raid], "zh-hans")
    assert draft.severity == "critical"
    assert [(one.text, one.due_at, one.ticket_id) for one in draft.actions] == [
        ("回复工单 #1", END + parts.SOON, "A")
    ]
    assert [(one.when[:4], one.ticket_id) for one in draft.watches] == [("突袭再次", ""), ("#2 在", "B")]
    assert draft.summary == "未结工单 3 张，其中待我方回复 1 张，已超时 1 张，严重 1 张。"
    assert rules(draft) == []


def test_beyond_what_anybody_reads_one_action_stands_for_the_rest() -> None:
    tickets = [TicketNow(str(n), n, waiting=True, breached=True) for n in range(50)]
    draft = parts.first_draft(tickets, END, [], "en")
    assert len(draft.actions) == parts.MOST_ACTIONS
    assert draft.actions[-1].text == "Answer the other 31 critical tickets, what is due first first"
    assert rules(changed(actions=draft.actions, tickets=draft.tickets)) == []


@pytest.mark.django_db
def test_a_handover_nobody_accepts_pages_once_and_the_page_is_over_when_somebody_does() -> None:
    ada, bo = floor.agent("Ada", "en"), floor.agent("Bo", "en")
    floor.shift(ada, END - timedelta(hours=8), END)
    floor.shift(bo, END, END + timedelta(hours=8))
    with clock.freeze(END) as now:
        ticket = floor.ticket(now.at, ada, priority="urgent")
        shift_change.hand_back(now.at)
        note = Handover.objects.get()
        assert shift_change.escalate_unaccepted(now.at + timedelta(minutes=14)) == 0
        now.advance(15 * 60)
        assert shift_change.escalate_unaccepted(now.at) == 1
        assert shift_change.escalate_unaccepted(now.at) == 0
        page = Page.objects.get(kind=handover.UNACCEPTED)
        assert (page.severity, page.link) == ("critical", f"/handovers/{note.pk}/")
        ticked = [f"action:{one.pk}" for one in note.actions.all()]
        with pytest.raises(NotAllowed):
            handover.accept(note.pk, ada, readback="I have it myself already", ticked=ticked)
        handover.accept(note.pk, bo, readback="I answer the urgent one now", ticked=ticked)
        handover.accept(note.pk, bo, readback="I answer the urgent one now", ticked=ticked)
        page.refresh_from_db()
        assert page.state == "resolved"
        cy = floor.agent("Cy", "en")
        floor.shift(cy, END, END + timedelta(hours=8))
        with pytest.raises(Conflict):
            handover.accept(note.pk, cy, readback="And I answer it as well", ticked=ticked)
    assert floor.owners([ticket]) == ["Bo"]
    assert [one.owner for one in note.actions.all()] == [bo]


@pytest.mark.django_db
def test_an_accepted_note_brings_its_tickets_before_the_shift_ends() -> None:
    ada, bo = floor.agent("Ada", "en"), floor.agent("Bo", "en")
    for one in (ada, bo):
        floor.shift(one, END - timedelta(hours=8), END)
    before = END - timedelta(minutes=20)
    with clock.freeze(before):
        tickets = [floor.ticket(before, ada), floor.ticket(before, ada)]
        shift_change.open_notes(before)
        note = Handover.objects.get()
        written = handover.Written(note.severity, note.summary, nothing_to_do=True, nothing_to_watch=True)
        handover.give(note.pk, ada, written=written)
        assert floor.owners(tickets) == ["Ada", "Ada"]
        handover.accept(note.pk, bo, readback="Both questions are mine now", ticked=[])
    assert floor.owners(tickets) == ["Bo", "Bo"]


@pytest.mark.django_db
def test_through_five_changes_of_shift_no_open_ticket_is_without_an_owner_on_duty() -> None:
    with clock.freeze(END) as now:
        world = shift_changes.build(7, now.at)
        for _ in range(5):
            assert world.turn(now.at) == []
            now.advance(timedelta(hours=8))
    assert world.moved > 0
    assert shift_changes.given_without_a_part() == 0
