"""Every route of the house, asked by a vendor's agent and lead with the ids of their own, of another vendor and
of our own people: no answer ever carries another's mark, nor anything that tells who a member is.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from guildhall.console.tests import vendor_world
from guildhall.console.tests.vendor_world import FOREIGN, HOUSE, Side, World
from guildhall.core.errors import Unavailable
from guildhall.core.text import Text
from guildhall.desk.models import Entry, Ticket
from guildhall.desk.testing.outsourced import MAIL, NAME, SECRETS, UID
from guildhall.effects.models import Effect
from guildhall.people.actions.keys import create_token
from guildhall.people.declared import Access, Door
from guildhall.people.models import Staff
from guildhall.people.permissions import SCOPES, scopes_of
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff, matrix_cases, sign_in

pytestmark = pytest.mark.django_db
MARKS = (FOREIGN, HOUSE, *SECRETS)
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_ENDS = ("accounts/",)


def routes() -> list[tuple[str, Access]]:
    """Every address a vendor's agent may open, once."""
    found: dict[str, Access] = {}
    for case in matrix_cases():
        if case.access is None or case.pattern.startswith(_ENDS) or not case.access.needs:
            continue
        if case.allows(Role.VENDOR_AGENT):
            found.setdefault(case.pattern, case.access)
    return sorted(found.items())


def addresses(pattern: str, sides: list[Side]) -> Iterator[tuple[str, bool]]:
    """The address with the ids of each side in each of its places; whether all of them are the vendor's own."""
    names = _PARAMETER.findall(pattern)
    mixed = itertools.product(range(min(2, len(sides))), repeat=len(names))
    for chosen in dict.fromkeys([*mixed, (len(sides) - 1,) * len(names)]):
        path = pattern
        for name, number in zip(names, chosen, strict=True):
            value = sides[number].ids.get(name)
            assert value is not None, f"vendor_world has no id for <{name}> of {pattern}"
            path = _PARAMETER.sub(value, path, count=1)
        yield "/" + path, not any(chosen)


def whole(response: Any) -> str:
    """Everything an answer tells: its head, its body, and the toasts that would follow."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    head = " ".join(f"{key}: {value}" for key, value in response.headers.items())
    said = (
        " ".join(str(one) for one in response.wsgi_request._messages)
        if hasattr(response.wsgi_request, "_messages")
        else ""
    )
    return f"{head}\n{said}\n{body.decode('utf-8', 'replace')}"


def leaks(response: Any, asked: str = "") -> list[str]:
    """The marks an answer carries; those that were asked with (an echo) do not count."""
    text = whole(response)
    return [mark for mark in MARKS if mark in text and mark not in asked]


def state_of(ticket: Ticket) -> tuple[Any, ...]:
    row = Ticket.objects.values_list("status", "assignee_id", "revision", "vendor_id", "is_spam").get(
        pk=ticket.pk
    )
    return (*row, Entry.objects.filter(ticket=ticket).count())


def client_of(staff: Staff, language: str = "en") -> Client:
    Staff.objects.filter(pk=staff.pk).update(language=language)
    return sign_in(Client(raise_request_exception=False), staff)


@pytest.fixture
def world() -> World:
    return vendor_world.build()


def test_no_page_or_route_tells_a_vendor_anything_but_its_own_masked(world: World) -> None:
    sides, wrong = [world.own, *world.others], []
    before = [state_of(side.ticket) for side in world.others]
    opened: set[str] = set()
    for staff, language in ((world.agent, "en"), (world.lead, "zh-hans")):
        client = client_of(staff, language)
        for pattern, access in routes():
            asks = {"Accept": "application/json" if access.door == Door.API else "text/html"}
            for path, is_own in addresses(pattern, sides):
                for method in ("GET", "POST") if staff is world.agent else ("GET",):
                    answer = client.generic(method, path, headers=asks)
                    if is_own and method == "GET" and answer.status_code == 200:
                        opened.add(pattern)
                    found = leaks(answer, path)
                    if found or answer.status_code >= 500:
                        wrong.append(f"{method} {path} ({staff.name}) {answer.status_code}: {found}")
    assert not wrong, "\n".join(wrong)
    ticket = "inbox/<str:ticket_id>/"
    for needed in (
        "inbox/",
        ticket,
        f"{ticket}live/",
        "quality/mine/",
        "duty/",
        "vendors/own/",
        "handovers/",
    ):
        assert needed in opened, f"{needed} was not looked at"
    assert leaks(client_of(world.owner).get(f"/inbox/{world.own.ticket.pk}/")), "a leak would not be noticed"
    assert [state_of(side.ticket) for side in world.others] == before


def test_the_deeds_of_a_vendor_never_reach_a_ticket_outside_its_queue(world: World) -> None:
    client, wrong = client_of(world.agent), []
    data = {
        "text": "hello", "where": "group", "to": "solved", "staff": str(world.agent.pk), "priority": "urgent",
        "until": "2030-01-01T00:00", "reason": "x", "into": "1", "number": "1", "team": "risk", "question": "x",
        "subject": "x", "category": "", "tier": "vip", "name": "uid", "value": "1", "kind": "kyc",
    }  # fmt: skip
    for side in world.others:
        was = state_of(side.ticket)
        for pattern, _access in routes():
            if "<str:ticket_id>" not in pattern:
                continue
            for path, _own in addresses(pattern, [side]):
                answer = client.post(path, {**data, "ids": side.ticket.pk, "entries": side.ids["entry_id"]})
                if answer.status_code not in (403, 404, 405) or state_of(side.ticket) != was:
                    wrong.append(f"POST {path}: {answer.status_code} {leaks(answer, path)}")
    own = state_of(world.own.ticket)
    numbers = {side.ticket.number for side in world.others}
    for number, side in zip(sorted(numbers), world.others, strict=True):
        into = {"into": str(number), "number": str(number), "ticket": side.ticket.pk}
        answer = client.post(f"/inbox/{world.own.ticket.pk}/merge/", into)
        if leaks(answer) or Ticket.objects.get(pk=world.own.ticket.pk).merged_into_id:
            wrong.append(f"merged into {number}: {leaks(answer)}")
    bulk = {
        "ids": [side.ticket.pk for side in world.others],
        "tickets": [side.ticket.pk for side in world.others],
    }
    for extra in (
        {"to": str(world.agent.pk)},
        {"assignee": str(world.agent.pk)},
        {"staff": str(world.agent.pk)},
    ):
        client.post("/inbox/bulk/", {**bulk, **extra})
    for side in world.others:
        if Ticket.objects.get(pk=side.ticket.pk).assignee_id == world.agent.pk:
            wrong.append("given to the vendor by the list")
    assert not wrong, "\n".join(wrong)
    assert own[3] == state_of(world.own.ticket)[3]


def test_a_reason_beside_a_deed_and_who_looks_on_tell_a_vendor_no_names(world: World) -> None:
    ticket, helper = world.own.ticket, make_staff(Role.SUPPORT_AGENT, name=f"{HOUSE} Sam")
    Entry.objects.create(
        ticket=ticket, kind=Entry.Kind.SYSTEM, author=world.agent, by=world.agent.actor,
        data={"what": "priority", "from": "low", "to": "high", "why": f"{NAME} is upset"},
    )  # fmt: skip
    page = f"/inbox/{ticket.pk}/"
    assert client_of(helper).get(page).status_code == 200
    client = client_of(world.agent)
    for path in (page, f"{page}live/"):
        assert leaks(client.get(path)) == []


def test_a_search_for_an_address_or_number_finds_nothing_for_a_vendor(world: World) -> None:
    client, wrong = client_of(world.agent), []
    for words in (MAIL, UID, NAME, "alice", FOREIGN, HOUSE, "subject", "question"):
        for path in ("/inbox/", "/inbox/live/"):
            for view in ("", "all", "unassigned", "solved", "spam"):
                answer = client.get(path, {"q": words, "view": view})
                if leaks(answer, words):
                    wrong.append(f"{path}?q={words}&view={view}: {leaks(answer, words)}")
    for words in (MAIL, UID):
        page = client.get("/inbox/", {"q": words, "view": "all"}).content.decode()
        if f"/inbox/{world.own.ticket.pk}/" in page:
            wrong.append(f"a search for {words} tells whose ticket it is")
    assert not wrong, "\n".join(wrong)


def test_nor_does_the_api_by_a_token(world: World) -> None:
    scopes = sorted(scopes_of([Role.VENDOR_AGENT]))
    assert set(scopes) <= {"tickets:read", "tickets:write", "duty:read", "knowledge:read"}
    made = create_token(world.agent, "vendor", scopes, by=world.owner)
    client = Client(headers={"Authorization": f"Bearer {made.text}"}, raise_request_exception=False)
    sides, wrong, asked = [world.own, *world.others], [], 0
    for pattern, access in routes():
        if access.door != Door.API:
            continue
        for path, _own in addresses(pattern, sides):
            for method in access.methods or ("GET", "POST"):
                answer = client.generic(method, path, "{}", content_type="application/json")
                asked += 1
                if leaks(answer, path) or answer.status_code >= 500:
                    wrong.append(f"{method} {path} {answer.status_code}: {leaks(answer, path)}")
    assert asked
    assert not wrong, "\n".join(wrong)
    listed = client.get("/api/v1/tickets").json()["items"]
    assert [one["id"] for one in listed] == [world.own.ticket.pk]
    for case in matrix_cases():
        is_api = case.access is not None and case.access.door == Door.API and case.access.needs in SCOPES
        if is_api and not case.allows(Role.VENDOR_AGENT):
            assert client.generic(case.method, case.path).status_code == 403, case.path


def test_a_vendor_asks_the_exchange_about_the_account_of_its_ticket_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(venue: str, uid: str, *_args: Any, **_more: Any) -> None:
        asked.append(uid)
        raise Unavailable(Text("away", "离线"))

    monkeypatch.setattr("guildhall.console.desk_lookup.ask", ask)
    said = {"venue": "ex", "kind": "kyc", "uid": "99999999", "txid": "0xabc"}
    client_of(world.agent).post(f"/inbox/{world.own.ticket.pk}/lookup/", said)
    client_of(world.owner).post(f"/inbox/{world.own.ticket.pk}/lookup/", said)
    assert asked == [UID, "99999999"]
    Ticket.objects.filter(pk=world.own.ticket.pk).update(category_id="withdrawal", fields={"uid": "99999999"})
    client_of(world.agent).post(f"/inbox/{world.own.ticket.pk}/lookup/", said)
    assert asked == [
        UID,
        "99999999",
        "",
    ]  # the exchange is not asked without one; the member never wrote this


def test_webhooks_and_audit_carry_ids_only(world: World) -> None:
    told = json.dumps(list(Effect.objects.filter(kind__contains="webhook").values_list("payload", flat=True)))
    from guildhall.core.models import AuditEntry

    told += json.dumps(list(AuditEntry.objects.values_list("data", flat=True)), default=str)
    assert not [mark for mark in SECRETS if mark in told]


def test_what_a_vendor_starts_on_is_the_inbox_and_a_specialist_on_escalations() -> None:
    from guildhall.ui import navigation

    assert navigation.start_for(make_staff(Role.VENDOR_AGENT)) == "/inbox/"
    assert navigation.start_for(make_staff(Role.SPECIALIST)) == "/escalations/"
    assert navigation.start_for(make_staff(Role.OWNER)) == "/"
