"""Tickets over the API: a program opens, hears, answers and solves them; a vendor's program sees its own queue,
masked.
"""

import json

import pytest

from guildhall.api.tests.callers import a_member, program
from guildhall.core import clock
from guildhall.core.models import AuditEntry
from guildhall.desk.actions import tickets as actions
from guildhall.desk.models import Entry, Ticket, Vendor
from guildhall.people.models import Team, TeamMembership
from guildhall.people.roles import Role

pytestmark = pytest.mark.django_db
BOTH = ("tickets:read", "tickets:write")


def send(client, path, body, key=""):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/tickets{path}", json.dumps(body), "application/json", headers=headers)


def read(client, path=""):
    answer = client.get(f"/api/v1/tickets{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def agent():
    return program(*BOTH, roles=(Role.SUPPORT_AGENT,))


def a_vendor_program(name="Acme"):
    team = Team.objects.create(name=name, slug=name.lower())
    vendor = Vendor.objects.create(name=name, team=team, created_by="staff:1")
    client = program(*BOTH, roles=(Role.VENDOR_AGENT,))
    TeamMembership.objects.create(team=team, staff=client.staff)
    client.vendor = vendor
    return client


def test_a_program_asks_and_the_audit_names_the_token(agent):
    asked = send(agent, "", {"text": "提现还没到账", "external_key": "crm-7", "category": "withdrawal"})
    assert asked.status_code == 200, asked.content
    ticket = Ticket.objects.get()
    body = asked.json()
    assert (body["way"], body["language"], body["external_key"]) == ("api", "zh-hans", "crm-7")
    assert [one["text"] for one in body["entries"]] == ["提现还没到账"]
    assert ticket.opened_by == f"token:{agent.token_row.pk}"
    assert AuditEntry.objects.filter(verb="ticket.opened", actor=ticket.opened_by).exists()


def test_the_same_key_is_the_same_ticket_however_it_is_sent(agent):
    first = send(agent, "", {"text": "a question", "external_key": "crm-7"}).json()
    again = send(agent, "", {"text": "a question", "external_key": "crm-7"}).json()
    once = send(agent, "", {"text": "another"}, key="k1").json()
    twice = send(agent, "", {"text": "another"}, key="k1").json()
    assert first["id"] == again["id"]
    assert once == twice
    assert Ticket.objects.count() == 2
    assert [one["id"] for one in read(agent, "?external_key=crm-7")["items"]] == [first["id"]]


def test_an_erased_member_stands_in_no_answer_that_is_kept_to_be_given_again(agent):
    from guildhall.api.models import IdempotentCall
    from guildhall.people import registry

    member = a_member("Alice").member
    asked = {"text": "I am Alice, hash 0xabc", "member_id": member.pk}
    id_ = send(agent, "", asked, key="k1").json()["id"]
    send(agent, f"/{id_}/reply", {"text": "Dear Alice, here is how."}, key="k2")
    send(agent, "", {"text": "of somebody else"}, key="k3")
    for eraser in registry.erasers.values():
        eraser(member.pk)
    kept = str(list(IdempotentCall.objects.values_list("answer", flat=True)))
    assert "Alice" not in kept
    assert "somebody else" in kept
    assert send(agent, "", asked, key="k1").json()["id"] == id_


def test_a_ticket_is_heard_answered_noted_and_solved(agent):
    id_ = send(agent, "", {"text": "a question"}).json()["id"]
    assert len(send(agent, f"/{id_}/messages", {"text": "and more"}).json()["entries"]) == 2
    said = send(agent, f"/{id_}/reply", {"text": "Here is how."})
    assert said.status_code == 200, said.content
    assert said.json()["state"] == "held"
    noted = send(agent, f"/{id_}/notes", {"text": "checked with finance"}).json()
    assert noted["entries"][-1]["kind"] == "note"
    solved = send(agent, f"/{id_}/status", {"status": "solved"}).json()
    assert solved["status"] == "solved"
    stale = send(agent, f"/{id_}/status", {"status": "open", "revision": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "ticket_changed")
    opened = send(agent, f"/{id_}/messages", {"text": "still not"}).json()
    assert opened["status"] == "open"


def test_a_vendors_program_never_speaks_as_a_member_of_ours():
    acme = a_vendor_program()
    ticket = Ticket.objects.create(number=7, subject="stuck", way="group", vendor=acme.vendor)
    refused = send(acme, f"/{ticket.pk}/messages", {"text": "all is well, thank you"})
    assert refused.status_code == 403
    assert not Entry.objects.exists()
    own = send(acme, "", {"text": "a question"}).json()["id"]
    assert send(acme, f"/{own}/messages", {"text": "and more"}).status_code == 200


def test_an_answer_that_asks_for_a_secret_is_refused(agent):
    id_ = send(agent, "", {"text": "a question"}).json()["id"]
    refused = send(agent, f"/{id_}/reply", {"text": "Please send me your seed phrase."})
    assert (refused.status_code, refused.json()["code"]) == (422, "asks_for_secret")
    assert not Entry.objects.filter(kind="reply").exists()


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": ""}, {"text": "x", "priority": "huge"}, {"text": "x", "category": "none"},
        {"text": "x", "member_id": "nobody"}, {"text": "x", "fields": {"uid": 7}}, {"text": "a\x00b"},
    ],
)  # fmt: skip
def test_what_cannot_be_a_question_is_refused_and_nothing_is_kept(agent, body):
    assert send(agent, "", body).status_code == 422
    assert not Ticket.objects.exists()


def test_lists_are_narrowed_and_paged(agent):
    ids = [send(agent, "", {"text": f"question {n}"}).json()["id"] for n in range(3)]
    actions.set_status(ids[0], "solved", "staff:1")
    assert [one["id"] for one in read(agent, "?status=open")["items"]] == [ids[2], ids[1]]
    page = read(agent, "?limit=2")
    assert [one["id"] for one in page["items"]] == [ids[2], ids[1]]
    assert [one["id"] for one in read(agent, f"?limit=2&cursor={page['next']}")["items"]] == [ids[0]]


def test_a_token_that_may_only_read_writes_nothing(agent):
    id_ = send(agent, "", {"text": "a question"}).json()["id"]
    reader = program("tickets:read", roles=(Role.SUPPORT_AGENT,))
    assert send(reader, f"/{id_}/notes", {"text": "x"}).status_code == 403
    assert agent.get("/api/v1/tickets/01NONE").status_code == 404


class TestAVendorsProgram:
    TEXT = "I am Bob Li, write to bob@example.org or 0x52908400098527886E0F7030069857D2E4169EE7"

    def a_ticket(self, vendor=None):
        account = a_member(external_id=f"u{Ticket.objects.count()}")
        draft = actions.Draft(
            "private", text=self.TEXT, account_id=account.pk, vendor_id=vendor.pk if vendor else ""
        )
        return actions.open_many([draft], by="system:test", at=clock.now())[0]

    def test_it_meets_its_own_queue_and_nothing_else(self):
        acme, other = a_vendor_program(), a_vendor_program("Other")
        mine, theirs, ours = self.a_ticket(acme.vendor), self.a_ticket(other.vendor), self.a_ticket()
        assert [one["id"] for one in read(acme)["items"]] == [mine.pk]
        for hidden in (theirs, ours):
            assert acme.get(f"/api/v1/tickets/{hidden.pk}").status_code == 404
            for path, body in (
                ("messages", {"text": "x"}), ("reply", {"text": "x"}), ("notes", {"text": "x"}),
                ("status", {"status": "solved"}),
            ):  # fmt: skip
                assert send(acme, f"/{hidden.pk}/{path}", body).status_code == 404

    def test_it_reads_nobodys_name_or_address(self):
        acme = a_vendor_program()
        mine = self.a_ticket(acme.vendor)
        for told in (read(acme), read(acme, f"/{mine.pk}")):
            words = json.dumps(told, ensure_ascii=False)
            for secret in ("Bob Li", "bob_li", "bob@example.org", "0x5290840009", mine.member_id):
                assert secret not in words

    def test_it_opens_tickets_in_its_own_queue_and_cannot_reach_others_by_their_key(self, agent):
        acme = a_vendor_program()
        send(agent, "", {"text": "ours", "external_key": "crm-7"})
        taken = send(acme, "", {"text": "x", "external_key": "crm-7"})
        assert (taken.status_code, taken.json()["code"]) == (409, "key_taken")
        made = send(acme, "", {"text": "a question"}).json()
        assert Ticket.objects.get(pk=made["id"]).vendor_id == acme.vendor.pk
        refused = send(acme, "", {"text": "x", "member_id": a_member(external_id="u9").member_id})
        assert refused.status_code == 403

    def test_its_notes_are_its_own_and_ours_stay_ours(self):
        acme = a_vendor_program()
        mine = self.a_ticket(acme.vendor)
        actions.note(mine.pk, "staff:999", "internal: looks like fraud")
        told = send(acme, f"/{mine.pk}/notes", {"text": "asked for the hash"}).json()
        assert [one["text"] for one in told["entries"] if one["kind"] == "note"] == ["asked for the hash"]
