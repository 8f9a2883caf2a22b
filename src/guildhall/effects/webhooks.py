"""Webhooks: an event announced inside a transaction becomes one delivery for each endpoint that subscribed to
it.

Requests are signed with HMAC-SHA256 over time and body, and every attempt of one announcement carries the
same Idempotency-Key. Bodies hold ids and figures, not messages: what an endpoint may see it asks for
through the API. `webhook_posting` carries deliveries out, for days if need be; `webhook_log` shows and
repeats them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as randomness
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction

from guildhall.core import audit, bulk, clock, reading, secrets
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects import actions, fields, webhook_events
from guildhall.effects.models import WebhookDelivery, WebhookEndpoint
from guildhall.effects.types import NewEffect

KIND = "webhook.post"
BUCKET = "webhook:"
OLD_SECRET_FOR = timedelta(hours=24)
_COLUMNS = (
    "id",
    "endpoint",
    "announcement",
    "event",
    "body",
    "tries",
    "announced_at",
    "queued_at",
    "next_at",
)
Listener = Callable[[str, Mapping[str, Any]], None]
_listeners: dict[str, Listener] = {}


def on_announce(listener: Listener) -> None:
    """Have a room of ours hear every event as it is announced, inside the transaction that causes it."""
    _listeners[f"{listener.__module__}.{listener.__qualname__}"] = listener


def announce(event: str, payload: Mapping[str, Any]) -> int:
    """Queue `event` for every endpoint that subscribed; returns to how many. Inside the caller's
    transaction.

    event: a dotted name as in `case.opened`. payload: JSON; ids rather than personal data.
    """
    return announce_many([(event, payload)])


def announce_many(events: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
    """As `announce`, for a whole batch in one look at the endpoints and one round trip; returns how many
    deliveries were queued.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("events are announced inside the transaction that causes them")
    given = list(events)
    for event, payload in given:
        for listener in _listeners.values():
            listener(event, payload)
    endpoints = reading.objects(WebhookEndpoint, "enabled ORDER BY id") if given else []
    told = []
    for event, payload in given:
        wanting = [endpoint for endpoint in endpoints if endpoint.wants(event)]
        if wanting:
            announcement, body = _announcement(event, payload)
            told += [(endpoint, announcement, event, body) for endpoint in wanting]
    return _queue(told)


def _announcement(event: str, payload: Mapping[str, Any]) -> tuple[str, str]:
    """A fresh id and the body that carries it."""
    announcement = new_id()
    told = {"id": announcement, "event": event, "at": clock.now().isoformat(), "data": dict(payload)}
    return announcement, fields.dumps(told)


def _queue(told: Sequence[tuple[WebhookEndpoint, str, str, str]]) -> int:
    """Write deliveries (endpoint, announcement, event, body) and the effects that carry them out."""
    if not told:
        return 0
    now = clock.now()
    ids = [new_id() for _one in told]
    bulk.insert(
        WebhookDelivery,
        _COLUMNS,
        [
            (id_, endpoint.pk, announcement, event, body, "[]", now, now, now)
            for id_, (endpoint, announcement, event, body) in zip(ids, told, strict=True)
        ],
    )
    return actions.enqueue_many(
        effect_of(id_, endpoint.pk, 1, event)
        for id_, (endpoint, _announced, event, _body) in zip(ids, told, strict=True)
    )


def effect_of(delivery_id: str, endpoint_id: str, round_: int, event: str) -> NewEffect:
    """The effect that carries out one round of a delivery."""
    return NewEffect(
        KIND,
        {"delivery": delivery_id, "round": round_},
        buckets=(f"{BUCKET}{endpoint_id}",),
        cause=f"event:{event}",
    )


def add_endpoint(url: str, events: Sequence[str], by: str, *, note: str = "") -> tuple[WebhookEndpoint, str]:
    """Subscribe an address; returns the endpoint and its signing secret, which is shown this once.

    Raises BadInput for an address that is not http(s) or carries a password, or for an empty list of
    events.
    """
    check_url(url)
    _check_events(events)
    secret = randomness.token_urlsafe(32)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(url=url, events=list(events), note=note[:200])
        secrets.put(endpoint.secret_name, secret)
        audit.record(by, "webhook.added", f"webhook:{endpoint.pk}", {"events": list(events)})
    return endpoint, secret


def set_enabled(endpoint_id: str, enabled: bool, by: str) -> None:
    """Pause or resume an endpoint. What is queued for a paused one is given up and can be sent again.
    Raises NotFound.
    """
    with transaction.atomic():
        fresh = {"disabled_at": None, "failing_since": None, "failures": 0, "quiet_until": None}
        changed = {"enabled": enabled} | (fresh if enabled else {})
        if not WebhookEndpoint.objects.filter(pk=endpoint_id).update(**changed):
            raise no_endpoint()
        audit.record(by, "webhook.resumed" if enabled else "webhook.paused", f"webhook:{endpoint_id}")


def remove_endpoint(endpoint_id: str, by: str) -> None:
    """Forget an endpoint, its signing secret and its log. What is queued for it ends as dead. Raises
    NotFound.
    """
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
        if endpoint is None:
            raise no_endpoint()
        secrets.delete(endpoint.secret_name, by)
        secrets.delete(endpoint.old_secret_name, by)
        endpoint.delete()
        audit.record(by, "webhook.removed", f"webhook:{endpoint_id}")


def change_events(endpoint_id: str, events: Sequence[str], by: str, *, note: str | None = None) -> None:
    """Subscribe an endpoint to other events from now on. Raises NotFound, BadInput."""
    _check_events(events)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
        if endpoint is None:
            raise no_endpoint()
        before, endpoint.events = endpoint.events, list(events)
        if note is not None:
            endpoint.note = note[:200]
        endpoint.save(update_fields=["events", "note"])
        audit.record(
            by, "webhook.changed", f"webhook:{endpoint_id}", {"events": list(events), "before": before}
        )


def renew_secret(endpoint_id: str, by: str) -> str:
    """Give an endpoint a new signing secret, which is shown this once. For a day requests are signed with
    both, so that the receiver can change over. Raises NotFound.
    """
    secret = randomness.token_urlsafe(32)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
        if endpoint is None:
            raise no_endpoint()
        secrets.put(endpoint.old_secret_name, secrets.get(endpoint.secret_name), by)
        secrets.put(endpoint.secret_name, secret, by)
        endpoint.old_secret_until = clock.now() + OLD_SECRET_FOR
        endpoint.save(update_fields=["old_secret_until"])
        audit.record(by, "webhook.secret_renewed", f"webhook:{endpoint_id}")
    return secret


def try_out(endpoint_id: str, by: str) -> WebhookDelivery:
    """Send an endpoint the event `webhook.test`, whatever it subscribed to. Raises NotFound, or
    BadInput for a paused one.
    """
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
        if endpoint is None:
            raise no_endpoint()
        if not endpoint.enabled:
            raise BadInput(Text("The endpoint is paused. Resume it first.", "该端点已暂停，请先恢复。"))
        announcement, body = _announcement(webhook_events.TEST, {"endpoint": endpoint.pk})
        _queue([(endpoint, announcement, webhook_events.TEST, body)])
        audit.record(by, "webhook.tried", f"webhook:{endpoint.pk}")
        return WebhookDelivery.objects.get(endpoint=endpoint, announcement=announcement)


def no_endpoint() -> NotFound:
    """What is raised for an endpoint that is not there."""
    return NotFound(Text("There is no such endpoint.", "不存在该 Webhook 端点。"))


def _check_events(events: Sequence[str]) -> None:
    if not events or any(not name or len(name) > 80 for name in events):
        raise BadInput(Text("Choose at least one event.", "请至少选择一个事件。"), field="events")


def check_url(url: str) -> None:
    """Raise BadInput unless `url` is an absolute http(s) address without user name or fragment."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.username or parts.password or parts.fragment or len(url) > 500:
        raise BadInput(
            Text(
                "An address begins with https:// or http:// and holds no user name or fragment.",
                "网址须以 https:// 或 http:// 开头，且不能包含用户名或片段。",
            ),
            field="url",
        )


def sign(secret: str, body: bytes, at: int, *others: str) -> str:
    """The value of `Guildhall-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, with a further
    `v1` for each other secret that is still good.
    """
    told = str(at).encode() + b"." + body
    macs = (hmac.new(one.encode(), told, hashlib.sha256).hexdigest() for one in (secret, *others))
    return ",".join([f"t={at}", *(f"v1={mac}" for mac in macs)])
