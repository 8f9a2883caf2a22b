"""What becomes of a delivery over days: every try is in the log, a dead endpoint is spared and given up, and
a person can send anything again.
"""

import ast
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import transaction

from guildhall.core import clock, secrets
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.models import AuditEntry
from guildhall.effects import http, webhook_events, webhook_log, webhook_pace, webhook_posting, webhooks
from guildhall.effects.models import Effect, WebhookDelivery, WebhookEndpoint
from guildhall.effects.testing import drain
from guildhall.effects.types import Mode

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
State = WebhookDelivery.State


@pytest.fixture
def at_noon():
    with clock.freeze(NOON) as held:
        yield held


@pytest.fixture
def receiver(monkeypatch):
    """An endpoint that answers what `answers` says (then 200) and keeps what it got."""

    told = SimpleNamespace(got=[], bodies=[], answers=[], always=200)

    def fetch(_client, _method, _url, *, content, headers, most_bytes):
        told.got.append(dict(headers))
        told.bodies.append(content)
        return http.Reply(told.answers.pop(0) if told.answers else told.always, {}, b"")

    monkeypatch.setattr(webhook_posting.http, "fetch", fetch)
    return told


@pytest.fixture
def endpoint(db):
    return webhooks.add_endpoint("https://example.org/hook", ["*"], "staff:1")[0]


def announce(event="ticket.opened", **data):
    with transaction.atomic():
        webhooks.announce(event, data)
    return WebhookDelivery.objects.latest("id")


def pass_time(held, until):
    """Let the clock run from one due time to the next, as a worker would."""
    while clock.now() < until:
        drain()
        queued = Effect.objects.filter(state="queued")
        due = queued.filter(waiting_for="time").order_by("due_at").values_list("due_at", flat=True).first()
        if queued.filter(waiting_for__startswith="bucket:").exists():
            due = min(due or until, clock.now() + timedelta(seconds=5))
        if due is None or due > until:
            break
        held.advance(max(0, (due - clock.now()).total_seconds()) + 0.001)
    held.advance(max(0, (until - clock.now()).total_seconds()))


def test_a_delivery_keeps_every_try_with_its_answer(endpoint, receiver, at_noon):
    receiver.answers = [500, 404]
    delivery = announce(ticket="01A")
    pass_time(at_noon, NOON + timedelta(minutes=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 3)
    assert [one["status"] for one in delivery.tries] == [500, 404, 200]
    assert "500" in delivery.tries[0]["said"]
    assert [got["Guildhall-Attempt"] for got in receiver.got] == ["1", "2", "3"]
    assert {got["Idempotency-Key"] for got in receiver.got} == {delivery.announcement}
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


def test_a_delivery_is_tried_for_more_than_three_days_and_then_given_up(endpoint, receiver, at_noon):
    receiver.always = 503
    delivery = announce()
    pass_time(at_noon, NOON + timedelta(days=4, hours=5))
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    tried_for = delivery.settled_at - NOON
    assert timedelta(days=3, hours=12) < tried_for <= webhook_pace.GIVE_UP_AFTER
    assert len(delivery.tries) == webhook_posting.TRIES_KEPT < delivery.attempts
    assert Effect.objects.get().state == "dead"


def test_a_dead_endpoint_is_spared_and_not_asked_once_for_every_event(endpoint, receiver, at_noon):
    receiver.always = 503
    with transaction.atomic():
        webhooks.announce_many(("ticket.opened", {"n": n}) for n in range(80))
    pass_time(at_noon, NOON + timedelta(minutes=10))
    assert len(receiver.got) < 30
    receiver.always = 200
    pass_time(at_noon, NOON + timedelta(hours=1))
    assert WebhookDelivery.objects.filter(state=State.DELIVERED).count() == 80


def test_an_endpoint_that_fails_for_days_is_given_up_and_says_so(endpoint, receiver, at_noon):
    receiver.always = 500
    for day in range(6):
        announce(day=day)
        pass_time(at_noon, NOON + timedelta(days=day + 1))
    endpoint.refresh_from_db()
    assert not endpoint.enabled
    assert endpoint.disabled_at is not None
    assert AuditEntry.objects.get(verb="webhook.disabled").subject == f"webhook:{endpoint.pk}"
    assert list(webhook_log.in_trouble()) == [endpoint]
    assert not WebhookDelivery.objects.filter(state=State.WAITING).exists()
    webhooks.set_enabled(endpoint.pk, True, "staff:1")
    receiver.always = 200
    assert webhook_log.resend_failed(endpoint.pk, "staff:1") == 6
    drain()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {State.DELIVERED}
    assert list(webhook_log.in_trouble()) == []


def test_a_receiver_that_says_gone_is_told_nothing_more(endpoint, receiver, at_noon):
    receiver.always = 410
    announce()
    drain()
    endpoint.refresh_from_db()
    assert not endpoint.enabled
    with transaction.atomic():
        assert webhooks.announce("ticket.opened", {}) == 0


def test_anything_can_be_sent_again_under_its_own_key(endpoint, receiver, at_noon):
    delivery = announce(ticket="01A")
    drain()
    webhook_log.resend(delivery.pk, "staff:1")
    drain()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.round, delivery.attempts) == (State.DELIVERED, 2, 2)
    assert len({got["Idempotency-Key"] for got in receiver.got}) == 1
    assert len(set(receiver.bodies)) == 1
    assert AuditEntry.objects.get(verb="webhook.resent").data["delivery"] == delivery.pk
    with pytest.raises(NotFound):
        webhook_log.resend("01NONE", "staff:1")


def test_sending_again_while_it_waits_does_not_deliver_twice(endpoint, receiver, at_noon):
    receiver.answers = [500]
    delivery = announce()
    drain()
    webhook_log.resend(delivery.pk, "staff:1")
    drain()
    pass_time(at_noon, NOON + timedelta(days=1))
    assert len(receiver.got) == 2
    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED


def test_what_waits_for_a_paused_endpoint_is_kept_to_be_sent_again(endpoint, receiver, at_noon):
    delivery = announce()
    webhooks.set_enabled(endpoint.pk, False, "staff:1")
    drain()
    delivery.refresh_from_db()
    assert (delivery.state, receiver.got) == (State.FAILED, [])
    for again in (
        lambda: webhook_log.resend(delivery.pk, "staff:1"),
        lambda: webhooks.try_out(endpoint.pk, "staff:1"),
    ):
        with pytest.raises(BadInput):
            again()


def test_a_try_out_goes_to_one_endpoint_whatever_it_wants(endpoint, receiver, at_noon):
    other, _secret = webhooks.add_endpoint("https://example.net/", ["case.*"], "staff:1")
    delivery = webhooks.try_out(other.pk, "staff:1")
    drain()
    assert [got["Guildhall-Event"] for got in receiver.got] == [webhook_events.TEST]
    assert delivery.endpoint_id == other.pk


def test_a_new_secret_signs_beside_the_old_one_for_a_day(endpoint, receiver, at_noon):
    old = secrets.get(endpoint.secret_name)
    new = webhooks.renew_secret(endpoint.pk, "staff:1")
    announce()
    drain()
    at_noon.advance(86_401)
    announce()
    drain()

    def macs(n):
        at, *rest = receiver.got[n]["Guildhall-Signature"].split(",")
        body = at.removeprefix("t=").encode() + b"." + receiver.bodies[n]
        by = {
            hmac.new(s.encode(), body, hashlib.sha256).hexdigest(): name
            for s, name in ((old, "old"), (new, "new"))
        }
        return [by[one.removeprefix("v1=")] for one in rest]

    assert macs(0) == ["new", "old"]
    assert macs(1) == ["new"]


def test_what_lost_its_worker_for_good_is_queued_again(endpoint, receiver, at_noon):
    delivery = announce()
    Effect.objects.update(state="dead")
    assert webhook_log.mend() == 0
    at_noon.advance(3600)
    assert webhook_log.mend() == 1
    drain()
    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED


def test_old_deliveries_leave_the_log_and_waiting_ones_stay(endpoint, receiver, at_noon):
    announce()
    drain()
    receiver.always = 500
    waiting = announce()
    drain()
    assert webhook_log.prune(NOON + timedelta(days=1)) == 1
    assert WebhookDelivery.objects.get() == waiting
    webhooks.remove_endpoint(endpoint.pk, "staff:1")
    assert not WebhookDelivery.objects.exists()


def test_what_an_earlier_release_queued_is_delivered_too(endpoint, receiver, at_noon):
    from guildhall.effects.types import Claimed

    payload = {"endpoint": endpoint.pk, "id": "01OLD", "event": "case.opened", "body": "{}"}
    for _again in range(2):
        done = webhook_posting.post(Claimed(1, webhooks.KIND, payload, 1, Mode.REPEATABLE, "", NOON))
        if done.record is not None:
            done.record()
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.get().announcement == "01OLD"


def test_tries_come_apart_and_grow_to_four_hours():
    waits = [webhook_pace.delay_ms("01A", step) for step in range(1, 12)]
    assert waits[0] <= 1000
    assert all(a < b for a, b in zip(waits[:6], waits[1:7], strict=True))
    assert 0.8 * webhook_pace.CAP_MS <= waits[-1] <= webhook_pace.CAP_MS
    assert webhook_pace.delay_ms("01A", 3) == webhook_pace.delay_ms("01A", 3)
    assert webhook_pace.quiet_ms(4) == 0 < webhook_pace.quiet_ms(5) < webhook_pace.quiet_ms(99)
    with pytest.raises(ValueError, match="from 1"):
        webhook_pace.delay_ms("01A", 0)


def test_every_event_the_house_announces_is_described():
    """A name that is announced and not described would be offered to nobody who subscribes."""
    root = Path(webhooks.__file__).parents[1]
    said = set()
    for path in root.rglob("*.py"):
        if "tests" in path.parts or "announce" not in path.read_text():
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            first = call.args[0]
            if name == "announce" and isinstance(first, ast.Constant) and isinstance(first.value, str):
                said.add(first.value)
    assert said - set(webhook_events.known()) == set()
    with pytest.raises(ValueError, match="family"):
        webhook_events.describe({"nameless": webhook_events.known()[webhook_events.TEST]})


def test_an_endpoint_can_be_subscribed_to_other_events(endpoint):
    webhooks.change_events(endpoint.pk, ["ticket.*"], "staff:1", note="desk")
    row = WebhookEndpoint.objects.get()
    assert (row.events, row.note) == (["ticket.*"], "desk")
    assert row.wants("ticket.opened")
    assert not row.wants("case.opened")
    for name, events in ((endpoint.pk, []), ("01NONE", ["*"])):
        with pytest.raises((BadInput, NotFound)):
            webhooks.change_events(name, events, "staff:1")
