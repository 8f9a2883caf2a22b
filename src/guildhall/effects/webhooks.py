"""Webhooks: an event announced inside a transaction becomes one effect for each endpoint that subscribed to
it.

Requests are signed with HMAC-SHA256 over time and body, and every attempt of one announcement carries the
same Idempotency-Key. Bodies hold ids and figures, not messages: what an endpoint may see it asks for
through the API.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as randomness
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction

from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, NotFound, Permanent, Temporary
from guildhall.core.ids import new_id
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import actions, fields, http
from guildhall.effects.models import WebhookEndpoint
from guildhall.effects.types import Claimed, Done, NewEffect

KIND = "webhook.post"
BUCKET = "webhook:"
_MOST_ANSWER = 64 * 1024
_LONGEST_RETRY_S = 3600.0
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
    if not connection.in_atomic_block:
        raise RuntimeError("events are announced inside the transaction that causes them")
    for listener in _listeners.values():
        listener(event, payload)
    endpoints = [e for e in WebhookEndpoint.objects.filter(enabled=True).order_by("pk") if e.wants(event)]
    if not endpoints:
        return 0
    announcement = new_id()
    body = fields.dumps(
        {"id": announcement, "event": event, "at": clock.now().isoformat(), "data": dict(payload)}
    )
    return actions.enqueue_many(
        NewEffect(
            KIND,
            {"endpoint": endpoint.pk, "id": announcement, "event": event, "body": body},
            buckets=(f"{BUCKET}{endpoint.pk}",),
            cause=f"event:{event}",
        )
        for endpoint in endpoints
    )


def add_endpoint(url: str, events: Sequence[str], by: str, *, note: str = "") -> tuple[WebhookEndpoint, str]:
    """Subscribe an address; returns the endpoint and its signing secret, which is shown this once.

    Raises BadInput for an address that is not http(s) or carries a password, or for an empty list of
    events.
    """
    check_url(url)
    if not events or any(not name or len(name) > 80 for name in events):
        raise BadInput(Text("Choose at least one event.", "请至少选择一个事件。"), field="events")
    secret = randomness.token_urlsafe(32)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(url=url, events=list(events), note=note[:200])
        secrets.put(endpoint.secret_name, secret)
        audit.record(by, "webhook.added", f"webhook:{endpoint.pk}", {"events": list(events)})
    return endpoint, secret


def set_enabled(endpoint_id: str, enabled: bool, by: str) -> None:
    """Pause or resume an endpoint. What is queued for a paused one ends as dead. Raises NotFound."""
    with transaction.atomic():
        if not WebhookEndpoint.objects.filter(pk=endpoint_id).update(enabled=enabled):
            raise NotFound(Text("There is no such endpoint.", "不存在该 Webhook 端点。"))
        audit.record(by, "webhook.resumed" if enabled else "webhook.paused", f"webhook:{endpoint_id}")


def remove_endpoint(endpoint_id: str, by: str) -> None:
    """Forget an endpoint and its signing secret. What is queued for it ends as dead. Raises NotFound."""
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
        if endpoint is None:
            raise NotFound(Text("There is no such endpoint.", "不存在该 Webhook 端点。"))
        secrets.delete(endpoint.secret_name, by)
        endpoint.delete()
        audit.record(by, "webhook.removed", f"webhook:{endpoint_id}")


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


def sign(secret: str, body: bytes, at: int) -> str:
    """The value of `Guildhall-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
    mac = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def post(effect: Claimed) -> Done:
    """Perform one `webhook.post`: 2xx is done; 408, 425, 429 and 5xx are tried again; other answers are
    final.
    """
    endpoint = WebhookEndpoint.objects.filter(pk=effect.payload["endpoint"]).first()
    if endpoint is None or not endpoint.enabled:
        raise Permanent(Text("The endpoint was removed or paused.", "该端点已被移除或暂停。"))
    body = str(effect.payload["body"]).encode()
    with http.client(allow_inside=settings.webhooks_inside) as client:
        reply = http.fetch(
            client,
            "POST",
            endpoint.url,
            content=body,
            most_bytes=_MOST_ANSWER,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": effect.payload["id"],
                "Guildhall-Event": effect.payload["event"],
                "Guildhall-Signature": sign(
                    secrets.get(endpoint.secret_name), body, int(clock.now().timestamp())
                ),
            },
        )
    return _judge(reply)


def _judge(reply: http.Reply) -> Done:
    if 200 <= reply.status < 300:
        return Done({"status": reply.status})
    said = Text(f"The endpoint answered {reply.status}.", f"端点返回 {reply.status}。")
    if reply.status in (408, 425, 429) or reply.status >= 500:
        raise Temporary(said, retry_after=_retry_after(reply.headers.get("retry-after", "")))
    raise Permanent(said)


def _retry_after(header: str) -> float | None:
    """Seconds from a Retry-After header, if it gives them; a date or nonsense means our own pace."""
    return min(float(header), _LONGEST_RETRY_S) if header.isascii() and header.isdigit() else None
