"""The page of a ticket: an answer can be taken back, two colleagues do not answer one question, what ends a
ticket leads to the next.
"""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from guildhall.channels.models import Space
from guildhall.console import desk_deeds, desk_lookup, remembered
from guildhall.console.tests.desk_rows import a_ticket, a_vendor
from guildhall.console.tests.house_doors import said
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.desk.actions import tickets
from guildhall.desk.models import Attachment, Entry, Macro, Ticket
from guildhall.effects import testing
from guildhall.exchange.lookup.models import BackOffice
from guildhall.exchange.lookup.protocol import Answer, Kind
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff
from guildhall.ui import navigation

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    remembered.forget()
    navigation.forget_badges()
    cache.clear()


@pytest.fixture
def agent():
    return client_for(Role.SUPPORT_AGENT)


def answer(client, ticket, text="It arrived.", **more):
    return client.post(f"/inbox/{ticket.pk}/reply/", {"text": text, "where": "private", **more})


def test_an_answer_waits_some_seconds_and_comes_back_when_it_is_taken_back(agent):
    ticket = a_ticket()
    assert answer(agent, ticket).status_code == 303
    entry = Entry.objects.get(kind="reply")
    page = agent.get(f"/inbox/{ticket.pk}/").content.decode()
    assert "data-held-until" in page
    assert "Take the answer back" in page
    agent.post(f"/inbox/{ticket.pk}/entries/{entry.pk}/unsend/")
    entry.refresh_from_db()
    assert entry.state == "unsent"
    assert "withdrawn" in agent.get(f"/inbox/{ticket.pk}/").content.decode()


def test_too_late_is_said_and_nothing_is_pretended(agent):
    with clock.freeze(NOON) as now:
        ticket = a_ticket(way="api")
        answer(agent, ticket)
        now.advance(12)
        testing.drain()
        entry = Entry.objects.get(kind="reply")
        response = agent.post(f"/inbox/{ticket.pk}/entries/{entry.pk}/unsend/", follow=True)
    assert "left already" in said(response)


def test_lines_of_a_form_are_lines_and_nothing_hidden(agent):
    ticket = a_ticket()
    answer(agent, ticket, "Hello,\r\nit is on its way.\r\n")
    assert Entry.objects.get(kind="reply").text == "Hello,\nit is on its way."


def test_words_that_ask_for_a_secret_stay_in_the_composer_with_the_reason(agent):
    ticket = a_ticket()
    words = "Please send me your seed phrase"
    response = answer(agent, ticket, words)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert response.context["composer"].problems
    assert re.search(r'<textarea id="say"[^>]* autofocus', response.content.decode()), "keys go on writing"
    assert not Entry.objects.filter(kind="reply").exists()
    told = agent.post(f"/inbox/{ticket.pk}/lint/", {"text": words, "where": "private"}).content.decode()
    assert "icon" in told
    assert not agent.post(
        f"/inbox/{ticket.pk}/lint/", {"text": "Never share your seed phrase."}
    ).content.strip()


def test_two_who_answer_at_once_the_second_reads_first_and_may_then_send(agent):
    ticket = a_ticket()
    other = client_for(Role.SUPPORT_AGENT)
    seen = agent.get(f"/inbox/{ticket.pk}/").context["composer"].revision
    answer(other, ticket, "I am on it.", revision=seen)
    response = answer(agent, ticket, "Me too.", revision=seen)
    assert response.status_code == 409
    assert "Me too." in response.content.decode()
    assert "I have read what is new" in response.content.decode()
    assert answer(agent, ticket, "Me too.", revision=seen, anyway="1").status_code == 303


def test_who_else_looks_and_who_writes_is_shown_and_forgotten_when_they_leave(agent):
    ticket = a_ticket()
    other = client_for(Role.SUPPORT_AGENT)
    other.get(f"/inbox/{ticket.pk}/")
    page = agent.get(f"/inbox/{ticket.pk}/")
    assert "is looking at this" in page.content.decode()
    seen = page.context["seen"]
    assert agent.get(f"/inbox/{ticket.pk}/live/?seen={seen}").status_code == 204
    other.get(f"/inbox/{ticket.pk}/live/?writing=1")
    assert "is writing" in agent.get(f"/inbox/{ticket.pk}/live/?seen={seen}").content.decode()
    other.post(f"/inbox/{ticket.pk}/leave/")
    assert "is writing" not in agent.get(f"/inbox/{ticket.pk}/").content.decode()


def test_what_the_member_writes_meanwhile_appears_by_itself(agent):
    ticket = a_ticket()
    seen = agent.get(f"/inbox/{ticket.pk}/").context["seen"]
    tickets.add_customer_messages([(ticket.pk, "", "Hello? Anybody there?", clock.now())])
    fresh = agent.get(f"/inbox/{ticket.pk}/live/?seen={seen}").content.decode()
    assert "Anybody there?" in fresh
    assert 'hx-swap-oob="true"' in fresh


def test_a_note_calls_the_colleague_it_names_the_longer_name_of_two(agent):
    make_staff(Role.SUPPORT_AGENT, name="Lin")
    called = make_staff(Role.SUPPORT_AGENT, name="Lin Wei")
    ticket = a_ticket()
    answer(agent, ticket, "@lin wei please look", where="note")
    entry = Entry.objects.get(kind="note")
    assert list(entry.mentions.values_list("pk", flat=True)) == [called.pk]
    names = agent.get("/inbox/colleagues/?q=lin").json()["names"]
    assert names == ["Lin", "Lin Wei"]


def test_send_and_solve_goes_to_the_next_ticket_with_the_way_back_on_it(agent):
    now = clock.now()
    first = a_ticket("First", due=now + timedelta(minutes=1))
    second = a_ticket("Second", due=now + timedelta(minutes=2))
    response = agent.post(
        f"/inbox/{first.pk}/reply/?view=open", {"text": "Done.", "where": "private", "then": "solved"}
    )
    entry = Entry.objects.get(kind="reply")
    assert response["Location"] == f"/inbox/{second.pk}/?view=open&undo={entry.pk}"
    assert f"The answer to #{first.number} leaves in" in agent.get(response["Location"]).content.decode()


def test_solving_goes_on_and_names_what_has_to_be_filled_in_first(agent):
    ticket = a_ticket(category="withdrawal")
    told = said(agent.post(f"/inbox/{ticket.pk}/status/", {"to": "solved"}, follow=True))
    assert "Fill these in before it is solved" in told
    page = agent.get(f"/inbox/{ticket.pk}/").content.decode()
    assert "needed before it is solved" in page
    agent.post(f"/inbox/{ticket.pk}/set/", {"fields.uid": "44182917", "fields.coin": "USDT"})
    ticket.refresh_from_db()
    assert ticket.fields["uid"] == "44182917"


def test_what_a_ticket_is_about_is_set_at_the_side(agent):
    ticket = a_ticket()
    agent.post(f"/inbox/{ticket.pk}/set/", {"priority": "high", "category": "deposit"})
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.category_id) == ("high", "deposit")
    page = agent.get(f"/inbox/{ticket.pk}/").content.decode()
    assert "priority high, was normal" in page
    assert "category: Deposit" in page


def test_it_is_taken_given_and_given_back(agent):
    ticket, other = a_ticket(), make_staff(Role.SUPPORT_AGENT, name="Priya")
    agent.post(f"/inbox/{ticket.pk}/assign/", {"who": "me"})
    assert Ticket.objects.get().assignee_id == agent.staff.pk
    listed = agent.get(f"/inbox/{ticket.pk}/colleagues/?q=pri").content.decode()
    assert "Priya" in listed
    assert "on duty" in listed
    agent.post(f"/inbox/{ticket.pk}/assign/", {"who": str(other.pk), "why": "speaks Hindi"})
    assert "assigned to Priya (speaks Hindi)" in agent.get(f"/inbox/{ticket.pk}/").content.decode()
    agent.post(f"/inbox/{ticket.pk}/assign/", {"who": ""})
    assert Ticket.objects.get().assignee_id is None


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("assign", {"who": "9" * 5000}),
        ("assign", {"who": "9" * 15}),
        ("merge", {"into": "9" * 5000}),
        ("snooze", {"for": "9" * 5000}),
        ("snooze", {"at": "9999-12-31T23:59-12:00"}),
        ("snooze", {"at": "0001-01-01T00:00"}),
    ],
)
def test_numbers_and_times_beyond_everything_are_refused_and_nothing_breaks(agent, deed, said):
    ticket = a_ticket()
    assert agent.post(f"/inbox/{ticket.pk}/{deed}/", said).status_code == 303
    ticket.refresh_from_db()
    assert (ticket.assignee_id, ticket.snoozed_until, ticket.merged_into_id) == (None, None, None)


def test_it_is_put_off_and_brought_back(agent):
    ticket = a_ticket()
    agent.post(f"/inbox/{ticket.pk}/snooze/", {"for": "60"})
    ticket.refresh_from_db()
    assert ticket.snoozed_until is not None
    agent.post(f"/inbox/{ticket.pk}/wake/")
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None
    assert "until when" in said(agent.post(f"/inbox/{ticket.pk}/snooze/", {"for": "at"}, follow=True))


def test_until_monday_is_the_next_one_even_on_a_monday():
    with clock.freeze(datetime(2026, 11, 23, 7, 0, tzinfo=UTC)):
        assert desk_deeds.until({"for": "monday"}).date().isoformat() == "2026-11-30"
        assert desk_deeds.until({"for": "tomorrow"}).date().isoformat() == "2026-11-24"
    with pytest.raises(BadInput):
        desk_deeds.until({"for": "at", "at": "soon"})


def test_a_merged_ticket_leads_to_the_one_that_goes_on_and_shows_its_words_there(agent):
    gone, kept = a_ticket("Asked twice, first time"), a_ticket("Asked twice, again")
    agent.post(f"/inbox/{gone.pk}/merge/", {"into": f"#{kept.number}"})
    response = agent.get(f"/inbox/{gone.pk}/")
    assert response["Location"].startswith(f"/inbox/{kept.pk}/")
    page = agent.get(response["Location"]).content.decode()
    assert "you were led here" in page
    assert "Asked twice, first time" in page
    assert "no ticket of that number" in said(
        agent.post(f"/inbox/{kept.pk}/merge/", {"into": "999999"}, follow=True)
    )


def test_a_second_question_becomes_a_ticket_of_its_own(agent):
    ticket = a_ticket()
    tickets.add_customer_messages([(ticket.pk, "", "And why is my fee so high?", clock.now())])
    entry = Entry.objects.get(text__startswith="And why")
    response = agent.post(f"/inbox/{ticket.pk}/split/", {"entry": [entry.pk], "subject": "Fee"}, follow=True)
    assert Ticket.objects.get(subject="Fee").split_from_id == ticket.pk
    assert "a ticket of its own now" in said(response)


def test_spam_is_closed_and_can_be_brought_back(agent):
    ticket = a_ticket()
    agent.post(f"/inbox/{ticket.pk}/spam/")
    assert Ticket.objects.get().is_spam
    assert "Not spam" in agent.get(f"/inbox/{ticket.pk}/").content.decode()
    agent.post(f"/inbox/{ticket.pk}/not-spam/")
    assert not Ticket.objects.get().is_spam


def a_picture():
    raw = io.BytesIO()
    Image.new("RGB", (8, 8)).save(raw, "PNG")
    return raw.getvalue()


def test_a_picture_is_shown_as_it_is_kept_and_a_program_is_refused_with_the_words_kept(agent):
    ticket = a_ticket()
    file = Attachment.objects.create(
        entry=ticket.entries.first(),
        name="a.png",
        mime="image/png",
        size=70,
        digest="0" * 64,
        body=a_picture(),
    )
    shown = agent.get(f"/inbox/{ticket.pk}/files/{file.pk}/")
    assert shown["Content-Type"] == "image/png"
    assert (shown["X-Content-Type-Options"], "sandbox" in shown["Content-Security-Policy"]) == (
        "nosniff",
        True,
    )
    refused = answer(agent, ticket, "And here", files=SimpleUploadedFile("b.png", b"MZ\x90\x00" + b"0" * 64))
    assert refused.status_code == 422
    assert "And here" in refused.content.decode()
    other = a_ticket("Another")
    assert agent.get(f"/inbox/{other.pk}/files/{file.pk}/").status_code == 404


def test_an_answer_the_platform_refused_stands_there_with_the_reason_and_can_go_again(agent):
    ticket = a_ticket()
    Entry.objects.create(
        ticket=ticket, kind="reply", text="Hello", by="system:test", where="private", state="failed",
        problem="blocked by the user", data={"try": 1},
    )  # fmt: skip
    page = agent.get(f"/inbox/{ticket.pk}/").content.decode()
    assert "blocked by the user" in page
    assert "Send again" in page


def test_macros_are_offered_filled_in_and_in_the_members_language(agent):
    ticket = a_ticket(language="zh-hans")
    Macro.objects.create(
        name={"en": "Number", "zh": "编号"}, text={"en": "It is {number}", "zh": "编号是 {number}"},
        changed_by="system:test",
    )  # fmt: skip
    page = agent.get(f"/inbox/{ticket.pk}/macros/?q=编号").content.decode()
    assert "编号是" in page
    assert str(ticket.number) in page


def an_office():
    return BackOffice.objects.create(venue="demo", url="https://demo.example/lookup", made_by="system:test")


def test_the_exchange_is_asked_for_this_ticket_with_the_uid_written_in_it(agent, monkeypatch):
    an_office()
    ticket = a_ticket(category="withdrawal")
    tickets.set_fields(ticket.pk, {"uid": "44182917"}, "system:test")
    asked = []

    def ask(venue, uid, kind, **more):
        asked.append((venue, uid, kind, more["reference"], more["by"]))
        return Answer("1", venue, "x", Kind(kind), True, clock.now())

    monkeypatch.setattr(desk_lookup, "ask", ask)
    assert "Ask the exchange" in agent.get(f"/inbox/{ticket.pk}/").content.decode()
    page = agent.post(f"/inbox/{ticket.pk}/lookup/", {"venue": "demo", "kind": "withdrawal", "uid": ""})
    assert asked == [("demo", "44182917", "withdrawal", f"ticket:{ticket.pk}", agent.staff.actor)]
    assert "none of this on it" in page.content.decode()


def test_a_look_up_that_fails_says_why_in_its_place(agent, monkeypatch):
    def ask(*said, **more):
        raise NotFound(Text("No back office of demo is connected.", "x"))

    monkeypatch.setattr(desk_lookup, "ask", ask)
    page = agent.post(f"/inbox/{a_ticket().pk}/lookup/", {"venue": "demo", "kind": "kyc", "uid": "1"})
    assert "No back office of demo" in page.content.decode()


def test_a_vendors_agent_reads_masked_words_and_cannot_wipe_what_they_do_not_see():
    client = client_for(Role.VENDOR_AGENT)
    vendor, other = a_vendor("Vendor A", client.staff), a_vendor("Vendor B")
    ticket = a_ticket("My UID is 44182917, Ann Example here", vendor=vendor, category="withdrawal")
    tickets.set_fields(ticket.pk, {"uid": "44182917", "coin": "USDT"}, "system:test")
    page = client.get(f"/inbox/{ticket.pk}/").content.decode()
    tickets.move_to_vendor(ticket.pk, other.pk, "system:test")
    tickets.move_to_vendor(ticket.pk, vendor.pk, "system:test", why="Vendor B has no KYC")
    page = client.get(f"/inbox/{ticket.pk}/").content.decode()
    assert "Vendor B" not in page
    assert "44182917" not in page
    assert "Ann Example" not in page
    Space.objects.filter(pk=ticket.space_id).update(name="Ann Example")
    assert "Ann Example" not in client.get(f"/inbox/{ticket.pk}/").content.decode()
    client.post(f"/inbox/{ticket.pk}/set/", {"fields.uid": "", "fields.coin": "BTC"})
    ticket.refresh_from_db()
    assert ticket.fields == {"uid": "44182917", "coin": "BTC"}
    entry = Entry.objects.filter(ticket=ticket, kind="customer").first()
    file = Attachment.objects.create(
        entry=entry, name="passport.png", mime="image/png", size=1, digest="0" * 64, body=b"x"
    )
    assert client.get(f"/inbox/{ticket.pk}/files/{file.pk}/").status_code == 404
    assert "passport" not in client.get(f"/inbox/{ticket.pk}/").content.decode()
