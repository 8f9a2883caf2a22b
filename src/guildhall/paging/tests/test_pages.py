"""What staff get: told once by each way they chose, the next ones only while nobody is on it, and quiet at night."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client

from guildhall.channels.models import Space, SpaceMember
from guildhall.core import clock, troubles
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.models import AuditEntry
from guildhall.core.text import Text
from guildhall.effects import http
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.paging import actions, links, reaching, watching
from guildhall.paging.kinds import Means
from guildhall.paging.models import Notice, Page, Pager, Plan
from guildhall.people.models import Account, Member, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TITLE = Text("The disk is full", "磁盘已满")


class Service:
    """An incident or push service on loopback: remembers what it was sent, answers as told."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.status, self.answer = 202, b"{}"
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_json = self.headers["Content-Type"] == "application/json"
                service.got.append(json.loads(body) if is_json else {"form": body.decode()})
                service.heads.append(dict(self.headers))
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(service.answer)))
                self.end_headers()
                self.wfile.write(service.answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Nothing is printed."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v2/enqueue"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    def inside(**_: object) -> Any:
        return open_client(allow_inside=True)

    open_client = http.client
    monkeypatch.setattr(reaching.http, "client", inside)
    one = Service()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def boss() -> Staff:
    return make_staff(Role.OWNER, email="boss@guild.example", name="Boss")


def pager(staff: Staff | None, means: str = "email", address: str = "", **more: Any) -> Pager:
    given = address or (f"pager-{staff.pk}@guild.example" if staff else "")
    secret = more.pop("secret", "")
    made = actions.add_pager(
        means, "staff:1", staff_id=staff.pk if staff else None, address=given, secret=secret, **more
    )
    Pager.objects.filter(pk=made.pk).update(verified_at=clock.now())
    made.refresh_from_db()
    return made


def ring(**more: Any) -> Page:
    page = actions.raise_page("trouble.disk_full", TITLE, by="system:test", **more)
    drain()
    page.refresh_from_db()
    return page


def to() -> list[str]:
    return [letter.to[0] for letter in mail.outbox]


def test_without_any_setting_owner_and_manager_are_told_at_the_address_they_sign_in_with(boss: Staff) -> None:
    make_staff(Role.MANAGER, email="manager@guild.example")
    make_staff(Role.MODERATOR, email="moderator@guild.example")
    ring()
    assert sorted(to()) == ["boss@guild.example", "manager@guild.example"]
    letter = mail.outbox[0]
    assert "The disk is full" in letter.subject
    assert "/page/" in str(letter.body)


def test_a_colleague_is_told_by_every_way_they_chose_in_their_language(boss: Staff, service: Service) -> None:
    Staff.objects.filter(pk=boss.pk).update(language="zh-hans")
    pager(boss)
    pager(boss, "ntfy", service.url.replace("/v2/enqueue", "/my-topic"), secret="tk")
    pager(boss, "pushover", service.url, secret="app:user")
    ring(severity="critical", body=Text("0 bytes left", "剩余 0 字节"), link="/settings/")
    assert len(mail.outbox) == 1
    assert "磁盘已满" in mail.outbox[0].subject
    ntfy = next(one for one in service.got if "topic" in one)
    assert (ntfy["topic"], ntfy["priority"], ntfy["message"]) == ("my-topic", 5, "剩余 0 字节")
    assert ntfy["actions"][0]["url"].endswith("/act")
    assert "Bearer tk" in [head.get("Authorization") for head in service.heads]
    form = next(one["form"] for one in service.got if "form" in one)
    assert "token=app&user=user" in form
    assert "priority=2" in form


def test_the_same_trouble_again_rings_once_and_rings_again_when_it_is_worse(boss: Staff) -> None:
    first = ring()
    again = ring()
    assert (again.pk, again.count, len(mail.outbox)) == (first.pk, 2, 1)
    ring(severity="critical")
    assert len(mail.outbox) == 2


def test_the_next_people_are_told_only_while_nobody_is_on_it(boss: Staff) -> None:
    manager = make_staff(Role.MANAGER, email="manager@guild.example")
    steps = [{"who": [f"staff:{boss.pk}"]}, {"who": [f"staff:{manager.pk}"], "after_min": 10}]
    actions.save_plan(
        None, "staff:1", name="All", data={"steps": steps, "again_min": 5, "rounds": 2}, kinds=[]
    )
    with clock.freeze(NOON) as at:
        page = ring()
        assert to() == ["boss@guild.example"]
        at.advance(NOON + timedelta(minutes=9) - clock.now())
        drain()
        assert len(mail.outbox) == 1
        at.advance(NOON + timedelta(minutes=11) - clock.now())
        drain()
        assert to() == ["boss@guild.example", "manager@guild.example"]
        actions.acknowledge(page.pk, manager.actor)
        at.advance(NOON + timedelta(hours=3) - clock.now())
        drain()
    raised = [one for one in mail.outbox if "Somebody is on it" not in one.subject]
    assert len(raised) == 2
    assert [one.to[0] for one in mail.outbox if one not in raised] == ["boss@guild.example"]


def test_a_page_nobody_answers_is_told_round_after_round_and_then_left_on_today(boss: Staff) -> None:
    with clock.freeze(NOON) as at:
        page = ring()
        for _ in range(6):
            at.advance(timedelta(minutes=16))
            drain()
    assert len(mail.outbox) == 3
    page.refresh_from_db()
    assert (page.state, page.next_at) == ("open", None)
    assert AuditEntry.objects.filter(verb="page.unanswered").count() == 1


def test_quiet_hours_hold_back_what_is_not_critical_until_they_end(boss: Staff) -> None:
    pager(boss, quiet_from=11 * 60, quiet_to=13 * 60, zone="UTC")
    with clock.freeze(NOON) as at:
        ring()
        assert mail.outbox == []
        assert Notice.objects.get().state == "held"
        at.advance(NOON + timedelta(minutes=61) - clock.now())
        drain()
        assert Notice.objects.order_by("id")[0].state == "sent"
        ring(dedupe_key="other", severity="critical")
    assert any("disk" in one.subject for one in mail.outbox)


def test_what_was_held_back_is_not_told_when_it_is_over_by_then(boss: Staff) -> None:
    pager(boss, quiet_from=11 * 60, quiet_to=13 * 60, zone="UTC")
    with clock.freeze(NOON) as at:
        page = ring()
        actions.resolve(page.pk, boss.actor)
        at.advance(NOON + timedelta(hours=2) - clock.now())
        drain()
    assert mail.outbox == []
    assert Notice.objects.get().state == "skipped"


def test_a_pager_hears_only_what_is_pressing_enough_for_it(boss: Staff) -> None:
    pager(boss, least="critical")
    ring()
    assert mail.outbox == []


def test_an_incident_service_opens_acknowledges_and_closes_with_the_page(
    boss: Staff, service: Service
) -> None:
    house = pager(None, "webhook", service.url, secret="routing-key")
    steps = [{"who": [f"pager:{house.pk}"]}]
    actions.save_plan(None, "staff:1", name="All", data={"steps": steps}, kinds=["trouble"])
    page = ring(severity="critical")
    actions.acknowledge(page.pk, boss.actor)
    drain()
    actions.resolve(page.pk, boss.actor)
    drain()
    assert [one["event_action"] for one in service.got] == ["trigger", "acknowledge", "resolve"]
    assert {one["dedup_key"] for one in service.got} == {page.pk}
    assert service.got[0]["routing_key"] == "routing-key"
    assert service.got[0]["payload"]["severity"] == "critical"
    assert "routing-key" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_an_incident_service_may_acknowledge_in_its_answer(boss: Staff, service: Service) -> None:
    service.answer = b'{"status": "acknowledged"}'
    house = pager(None, "webhook", service.url, secret="k")
    actions.save_plan(None, "staff:1", name="A", data={"steps": [{"who": [f"pager:{house.pk}"]}]}, kinds=[])
    page = ring()
    assert (page.state, page.acknowledged_by) == ("acknowledged", f"pager:{house.pk}")


def test_a_service_that_fails_is_tried_again_and_one_that_refuses_hurries_the_next_people(
    boss: Staff, service: Service
) -> None:
    house = pager(None, "webhook", service.url, secret="k")
    steps = [{"who": [f"pager:{house.pk}"]}, {"who": [f"staff:{boss.pk}"], "after_min": 30}]
    actions.save_plan(None, "staff:1", name="A", data={"steps": steps}, kinds=[])
    service.status = 503
    ring()
    assert Effect.objects.get(kind="paging.tell").state == "queued"
    assert mail.outbox == []
    service.status = 403
    ring(dedupe_key="other")
    assert to() == ["boss@guild.example"]
    house.refresh_from_db()
    assert "403" in house.last_error


def test_the_signed_link_takes_the_page_only_when_its_button_is_pressed(boss: Staff, client: Client) -> None:
    page = ring()
    path = next(word for word in str(mail.outbox[0].body).split() if "/page/" in word)
    path = path[path.index("/page/") :]
    assert client.get(path).status_code == 200
    page.refresh_from_db()
    assert page.state == "open"
    assert "You are on it" in client.post(path).content.decode()
    page.refresh_from_db()
    assert (page.state, page.acknowledged_by) == ("acknowledged", boss.actor)
    assert client.get("/page/forged/").status_code == 404
    assert client.post("/page/forged/act").status_code == 404


def test_a_program_may_acknowledge_and_resolve_by_its_link(boss: Staff) -> None:
    page = ring()
    client = Client(enforce_csrf_checks=True)
    address = links.machine_address(links.Holder(page.pk, "", boss.pk))
    path = address[address.index("/page/") :]
    assert client.post(path).json() == {"page": page.pk, "state": "acknowledged"}
    answer = client.post(path, b'{"action": "resolve"}', content_type="application/json")
    assert answer.json()["state"] == "resolved"
    assert client.post(path, b'{"action": "delete"}', content_type="application/json").status_code == 422


def test_a_pager_counts_once_its_test_was_acknowledged(boss: Staff, client: Client) -> None:
    made = actions.add_pager("email", boss.actor, staff_id=boss.pk, address="private@guild.example")
    ring()
    assert to() == ["boss@guild.example"]
    actions.test_pager(made, boss.actor)
    drain()
    assert to()[-1] == "private@guild.example"
    path = next(word for word in str(mail.outbox[-1].body).split() if "/page/" in word)
    client.post(path[path.index("/page/") :])
    made.refresh_from_db()
    assert made.verified_at is not None
    ring(dedupe_key="other")
    assert to()[-1] == "private@guild.example"


def test_our_bot_tells_a_colleague_with_a_button_and_only_what_compliance_clears(
    boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    account = Account.objects.create(
        member=Member.objects.create(), platform="telegram", external_id="11", staff=boss, is_staff=True
    )
    space = Space.objects.create(
        platform="telegram", external_id="11/7", slug="dm", name="Boss", kind="private"
    )
    SpaceMember.objects.create(space=space, account=account, joined_at=now)
    pager(boss, "telegram", space.pk)
    asked: list[str] = []

    def clear(region: str, content: str, language: str) -> Clearance:
        asked.append(content)
        return Clearance("service", region, content_hash(content), ("TEST@1",), now)

    monkeypatch.setattr(reaching, "_source", clear)
    actions.raise_page("raid", TITLE, by="system:test")
    for kind in ("paging.step", "paging.tell"):
        effect = Effect.objects.get(kind=kind)
        {"paging.step": reaching.step, "paging.tell": reaching.tell}[kind](_claimed(effect))
    act = Effect.objects.get(kind="channels.act")
    assert act.payload["buttons"][0][2].startswith("page:")
    assert asked
    assert "The disk is full" in asked[0]


def _claimed(effect: Effect) -> Any:
    from guildhall.effects.types import Claimed, Mode

    return Claimed(effect.pk, effect.kind, effect.payload, 1, Mode(effect.mode), "", effect.created_at)


def test_a_raid_rings_and_its_end_resolves_it(boss: Staff) -> None:
    space = Space.objects.create(platform="webchat", external_id="x", slug="x", name="Perps {EN}")
    with transaction.atomic():
        watching.hear("raid.declared", {"raid": "R1", "space": space.pk})
    page = Page.objects.get()
    assert (page.severity, page.called.zh) == ("critical", "Perps {EN} 正遭遇突袭")
    with transaction.atomic():
        watching.hear("raid.ended", {"raid": "R1", "space": space.pk})
    page.refresh_from_db()
    assert page.state == "resolved"


def test_nobody_is_woken_for_a_raid_of_the_demo(boss: Staff) -> None:
    made_up = Space.objects.create(
        platform="webchat", external_id="d", slug="d", name="Demo", settings={"is_demo": True}
    )
    with transaction.atomic():
        watching.hear("raid.declared", {"raid": "R1", "space": made_up.pk})
    assert not Page.objects.exists()


def test_a_trouble_rings_when_it_lasts_and_is_over_when_it_is(boss: Staff) -> None:
    with clock.freeze(NOON) as at:
        troubles.report(troubles.DISK_FULL, "0 bytes")
        watching.look_at_troubles(clock.now())
        assert not Page.objects.exists()
        at.advance(NOON + timedelta(minutes=2) - clock.now())
        watching.look_at_troubles(clock.now())
        watching.look_at_troubles(clock.now())
        page = Page.objects.get()
        assert (page.kind, page.severity) == ("trouble.disk_full", "critical")
        troubles.clear(troubles.DISK_FULL)
        watching.look_at_troubles(clock.now())
    page.refresh_from_db()
    assert page.state == "resolved"


@pytest.mark.parametrize(
    ("means", "address", "field"),
    [
        ("email", "nobody", "address"), ("ntfy", "ftp://x/y", "url"), ("ntfy", "https://ntfy.example", "address"),
        ("telegram", "somebody else's talk", "address"), ("webhook", "https://x.example/v2", "secret"),
    ],
)  # fmt: skip
def test_what_reaches_nobody_is_refused_by_name(boss: Staff, means: str, address: str, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        actions.add_pager(means, boss.actor, staff_id=boss.pk, address=address)
    assert caught.value.field == field


def test_the_same_pager_twice_is_one(boss: Staff) -> None:
    pager(boss)
    with pytest.raises(Conflict):
        pager(boss)
    assert Pager.objects.get().means == Means.EMAIL
    assert not Plan.objects.exists()


def test_the_link_a_person_was_sent_ends_nothing(boss: Staff) -> None:
    page = ring()
    token = links.token(links.Holder(page.pk, "", boss.pk))
    answer = Client().post(f"/page/{token}/act", b'{"action": "resolve"}', content_type="application/json")
    assert answer.status_code == 404
    page.refresh_from_db()
    assert page.state == "open"
