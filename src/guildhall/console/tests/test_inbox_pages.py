"""The inbox: what is due stands first, nobody else's is shown to a vendor, many are done at once."""

from datetime import timedelta

import pytest

from guildhall.console import desk_queue, remembered
from guildhall.console.tests.desk_rows import a_ticket, a_vendor
from guildhall.console.tests.house_doors import said
from guildhall.core import clock
from guildhall.desk import finding
from guildhall.desk.actions import tickets
from guildhall.desk.models import Ticket
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    remembered.forget()
    navigation.forget_badges()


def order(page, *texts):
    """The texts in the order a page shows them."""
    content = page.content.decode()
    return sorted(texts, key=content.index)


def test_what_is_due_first_stands_first_and_what_nothing_is_due_on_last():
    now = clock.now()
    a_ticket("Nothing is due on this")
    a_ticket("Due in an hour", due=now + timedelta(hours=1))
    a_ticket("Due in a minute", due=now + timedelta(minutes=1))
    page = client_for(Role.SUPPORT_AGENT).get("/inbox/?view=open")
    found = order(page, "Nothing is due on this", "Due in an hour", "Due in a minute")
    assert found == ["Due in a minute", "Due in an hour", "Nothing is due on this"]
    assert 'class="due soon"' in page.content.decode()


def test_a_list_is_paged_without_a_gap_across_tickets_nothing_is_due_on(monkeypatch):
    monkeypatch.setattr(desk_queue, "SIZE", 2)
    now = clock.now()
    for n in range(3):
        a_ticket(f"Timed {n}", due=now + timedelta(hours=n + 1))
        a_ticket(f"Untimed {n}")
    client, seen, href = client_for(Role.SUPPORT_AGENT), [], "/inbox/?view=open"
    for _ in range(3):
        page = client.get(href)
        seen += [line.subject for line in page.context["lines"]]
        href = "/inbox/" + page.context["table"].next_query
    assert seen == ["Timed 0", "Timed 1", "Timed 2", "Untimed 2", "Untimed 1", "Untimed 0"]
    assert not page.context["table"].next_key


def test_a_number_leads_straight_to_its_ticket_and_words_find_what_was_said():
    ticket = a_ticket("The bridge ate my tokens")
    a_ticket("Something else")
    finding.index_pending()
    client = client_for(Role.SUPPORT_AGENT)
    assert client.get(f"/inbox/?q=%23{ticket.number}")["Location"] == f"/inbox/{ticket.pk}/"
    page = client.get("/inbox/?view=all&q=bridge+tokens").content.decode()
    assert "The bridge ate my tokens" in page
    assert "Something else" not in page


def test_what_is_found_among_all_comes_newest_first_and_goes_on_without_a_gap(monkeypatch):
    monkeypatch.setattr(desk_queue, "SIZE", 2)
    monkeypatch.setattr(finding, "_FIRST_NUMBERS", 1)
    for n in range(5):
        a_ticket(f"Bridge {n}")
        a_ticket("Something else")
    finding.index_pending()
    client, seen, href = client_for(Role.SUPPORT_AGENT), [], "/inbox/?view=all&q=bridge"
    for _ in range(3):
        page = client.get(href)
        seen += [line.subject for line in page.context["lines"]]
        href = "/inbox/" + page.context["table"].next_query
    assert seen == [f"Bridge {n}" for n in (4, 3, 2, 1, 0)]


def test_filters_stand_in_the_address_and_on_the_links_to_tickets():
    a_ticket("English one")
    a_ticket("中文问题", language="zh-hans", priority="urgent")
    page = client_for(Role.SUPPORT_AGENT).get("/inbox/?view=open&language=zh-hans&priority=urgent")
    assert "English one" not in page.content.decode()
    assert "?view=open&amp;language=zh-hans&amp;priority=urgent" in page.content.decode()


def test_the_list_is_sent_again_only_when_something_changed():
    ticket = a_ticket()
    client = client_for(Role.SUPPORT_AGENT)
    seen = client.get("/inbox/?view=open").context["seen"]
    assert client.get(f"/inbox/live/?view=open&seen={seen}").status_code == 204
    tickets.set_priority(ticket.pk, "urgent", "system:test")
    fresh = client.get(f"/inbox/live/?view=open&seen={seen}")
    assert fresh.status_code == 200
    assert "urgent" in fresh.content.decode()


def test_the_next_one_is_the_one_due_first_and_it_is_mine_then():
    now = clock.now()
    a_ticket("Later", due=now + timedelta(hours=3))
    first = a_ticket("Sooner", due=now + timedelta(minutes=3))
    client = client_for(Role.SUPPORT_AGENT)
    response = client.post("/inbox/next/")
    assert response["Location"] == f"/inbox/{first.pk}/"
    first.refresh_from_db()
    assert first.assignee_id == client.staff.pk


def test_when_nothing_waits_the_next_one_says_so():
    response = client_for(Role.SUPPORT_AGENT).post("/inbox/next/", follow=True)
    assert "Nothing waits without an owner." in said(response)


def test_many_are_taken_at_once_and_what_could_not_be_solved_is_named():
    plain, bound = a_ticket(), a_ticket(category="withdrawal")
    client = client_for(Role.SUPPORT_AGENT)
    both = {"ticket": [plain.pk, bound.pk]}
    assert "2 tickets done." in said(client.post("/inbox/bulk/", {**both, "do": "take"}, follow=True))
    assert set(Ticket.objects.values_list("assignee_id", flat=True)) == {client.staff.pk}
    told = said(client.post("/inbox/bulk/", {**both, "do": "solve"}, follow=True))
    assert "1 ticket done." in told
    assert f"#{bound.number}" in told
    assert "first" in said(client.post("/inbox/bulk/", {"do": "take"}, follow=True))


def test_a_vendors_agent_sees_only_their_queue_and_no_identity():
    client = client_for(Role.VENDOR_AGENT)
    vendor, other = a_vendor("Vendor A", client.staff), a_vendor("Vendor B")
    a_ticket("Call me at +65 9123 4567", vendor=vendor)
    a_ticket("The other vendor's", vendor=other)
    a_ticket("Our own")
    page = client.get("/inbox/?view=all").content.decode()
    assert "Call me at" in page
    for hidden in ("9123 4567", "Ann Example", "The other vendor", "Our own"):
        assert hidden not in page
    theirs = Ticket.objects.get(vendor=other)
    assert client.get(f"/inbox/{theirs.pk}/").status_code == 404
    assert client.get(f"/inbox/?q={theirs.number}").status_code == 200
    client.post("/inbox/bulk/", {"ticket": [theirs.pk], "do": "take"})
    theirs.refresh_from_db()
    assert theirs.assignee_id is None


def test_somebody_who_may_only_look_finds_no_way_to_change_anything():
    ticket = a_ticket()
    analyst = client_for(Role.ANALYST)
    assert "Take the next" not in analyst.get("/inbox/?view=open").content.decode()
    assert 'id="composer"' not in analyst.get(f"/inbox/{ticket.pk}/").content.decode()
    for path in ("inbox/next/", "inbox/bulk/", f"inbox/{ticket.pk}/reply/", f"inbox/{ticket.pk}/spam/"):
        assert analyst.post(f"/{path}").status_code == 403


def test_an_empty_list_says_what_to_do_next_in_the_readers_language():
    client = client_for(Role.SUPPORT_AGENT)
    assert "Take the next one that waits" in client.get("/inbox/").content.decode()
    client.cookies["guildhall_language"] = "zh-hans"
    page = client.get("/inbox/").content.decode()
    assert "目前没有由您负责的工单" in page
    assert "接手下一个" in page


def test_nonsense_in_the_address_is_no_error():
    ticket = a_ticket()
    client = client_for(Role.SUPPORT_AGENT)
    for query in ("view=nowhere", "sort=-x", "after=zzz", "who=x", "q=%00", "space=gone", "q=9999999999999"):
        assert client.get(f"/inbox/?{query}").status_code == 200
        assert client.get(f"/inbox/{ticket.pk}/?{query}").status_code == 200
    assert client.get("/inbox/nothing/").status_code == 404
    assert client.get("/inbox/01ARZ3NDEKTSV4RRFFQ69G5FAV/").status_code == 404
