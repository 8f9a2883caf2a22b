"""Carries webhook deliveries out and notes every try on its delivery.

Whatever is not a 2xx is tried again for four days at the pace of `webhook_pace`; only 410 Gone ends a
subscription at once. An endpoint that keeps failing is spared between tries, so that a dead receiver never
holds the workers up, and is given up when nothing arrived for five days.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from guildhall.core import audit, clock, secrets
from guildhall.core.errors import GuildhallError, NotFound, Permanent, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import http, webhook_events, webhook_pace, webhooks
from guildhall.effects.models import WebhookDelivery, WebhookEndpoint
from guildhall.effects.types import Claimed, Done

ACTOR = "system:effects"
GONE = 410
TRIES_KEPT = 12
_MOST_ANSWER = 64 * 1024
_SAID = 300
_LONGEST_RETRY_S = 4 * 3600.0
State = WebhookDelivery.State


def post(effect: Claimed) -> Done:
    """Perform one round of a delivery. Raises Temporary with the wait until the next try, Permanent when it
    is given up.
    """
    delivery = _delivery(effect)
    if delivery is None:
        raise Permanent(Text("The endpoint was removed.", "该端点已被移除。"))
    endpoint = delivery.endpoint
    if delivery.round != effect.payload.get("round", 1) or delivery.state != State.WAITING:
        return Done({"skipped": "it was sent again or settled"})
    if not endpoint.enabled:
        raise _given_up(delivery, Text("The endpoint was paused.", "该端点已暂停。"))
    now = clock.now()
    if endpoint.quiet_until is not None and endpoint.quiet_until > now and not _is_by_hand(delivery):
        raise _spared(delivery, endpoint.quiet_until, now)
    began = time.monotonic()
    try:
        reply = _send(delivery, now)
    except GuildhallError as error:
        is_final = isinstance(error, Permanent)
        raise _failed(delivery, 0, error.text, _ms_since(began), is_final=is_final) from error
    ms = _ms_since(began)
    if 200 <= reply.status < 300:
        _recovered(endpoint)
        return Done({"status": reply.status}, record=lambda: _delivered(delivery, reply.status, ms))
    said = Text(f"The endpoint answered {reply.status}.", f"端点返回 {reply.status}。")
    wait = _retry_after(reply.headers.get("retry-after", ""))
    raise _failed(delivery, reply.status, said, ms, retry_after=wait)


def _send(delivery: WebhookDelivery, now: datetime) -> http.Reply:
    endpoint, body = delivery.endpoint, delivery.body.encode()
    with http.client(allow_inside=settings.webhooks_inside) as client:
        return http.fetch(
            client,
            "POST",
            endpoint.url,
            content=body,
            most_bytes=_MOST_ANSWER,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": delivery.announcement,
                "Guildhall-Delivery": delivery.pk,
                "Guildhall-Attempt": str(delivery.attempts + 1),
                "Guildhall-Event": delivery.event,
                "Guildhall-Signature": webhooks.sign(
                    secrets.get(endpoint.secret_name), body, int(now.timestamp()), *_old_secret(endpoint, now)
                ),
            },
        )


def _old_secret(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    if endpoint.old_secret_until is None or endpoint.old_secret_until <= now:
        return ()
    try:
        return (secrets.get(endpoint.old_secret_name),)
    except NotFound:
        return ()


def _delivery(effect: Claimed) -> WebhookDelivery | None:
    """The delivery of an effect; one queued by an earlier release gets its row now."""
    known = WebhookDelivery.objects.select_related("endpoint")
    if "delivery" in effect.payload:
        return known.filter(pk=effect.payload["delivery"]).first()
    if not WebhookEndpoint.objects.filter(pk=effect.payload["endpoint"]).exists():
        return None
    with transaction.atomic():
        made, _new = WebhookDelivery.objects.get_or_create(
            endpoint_id=effect.payload["endpoint"],
            announcement=effect.payload["id"],
            defaults={"event": effect.payload["event"], "body": effect.payload["body"]},
        )
    return known.get(pk=made.pk)


def _is_by_hand(delivery: WebhookDelivery) -> bool:
    """Whether a person wants to see now what happens: a try-out, or the first try after sending it again."""
    return delivery.step == 0 and (delivery.round > 1 or delivery.event == webhook_events.TEST)


def _spared(delivery: WebhookDelivery, until: datetime, now: datetime) -> Temporary | Permanent:
    """What is said when it waits without a try: that counts against its days, not against its tries."""
    if now - delivery.queued_at > webhook_pace.GIVE_UP_AFTER:
        return _given_up(delivery, Text("Nothing got through for days.", "连续多日投递失败。"))
    spread = webhook_pace.delay_ms(delivery.pk, 1) / 1000
    WebhookDelivery.objects.filter(pk=delivery.pk).update(next_at=until)
    return Temporary(
        Text("The endpoint fails; it is spared for a while.", "端点持续失败，稍后重试。"),
        retry_after=(until - now).total_seconds() + spread,
    )


def _delivered(delivery: WebhookDelivery, status: int, ms: int) -> None:
    now = clock.now()
    WebhookDelivery.objects.filter(pk=delivery.pk, round=delivery.round).update(
        state=State.DELIVERED,
        attempts=delivery.attempts + 1,
        step=delivery.step + 1,
        tries=_with(delivery, now, status, ms, ""),
        next_at=None,
        settled_at=now,
    )


def _recovered(endpoint: WebhookEndpoint) -> None:
    """Note that an endpoint answers again; nothing is written while all is well."""
    if endpoint.failures or endpoint.failing_since is not None:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            failures=0, failing_since=None, quiet_until=None
        )


def _failed(
    delivery: WebhookDelivery,
    status: int,
    said: Text,
    ms: int,
    *,
    is_final: bool = False,
    retry_after: float | None = None,
) -> Temporary | Permanent:
    """Note a failed try on its delivery and endpoint; returns what the engine is to be told."""
    now, step = clock.now(), delivery.step + 1
    wait = timedelta(milliseconds=webhook_pace.delay_ms(delivery.pk, step))
    if retry_after is not None:
        wait = timedelta(seconds=retry_after)
    over = is_final or status == GONE or now + wait - delivery.queued_at > webhook_pace.GIVE_UP_AFTER
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk=delivery.pk, round=delivery.round).update(
            state=State.FAILED if over else State.WAITING,
            attempts=delivery.attempts + 1,
            step=step,
            tries=_with(delivery, now, status, ms, said.en),
            next_at=None if over else now + wait,
            settled_at=now if over else None,
        )
        _count_failure(delivery.endpoint, now, is_gone=status == GONE)
    if over:
        return Permanent(said)
    return Temporary(said, retry_after=wait.total_seconds())


def _count_failure(endpoint: WebhookEndpoint, now: datetime, *, is_gone: bool) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        failures=F("failures") + 1, failing_since=Coalesce("failing_since", now)
    )
    row = WebhookEndpoint.objects.get(pk=endpoint.pk)
    quiet = webhook_pace.quiet_ms(row.failures)
    if quiet:
        row.quiet_until = now + timedelta(milliseconds=quiet)
        row.save(update_fields=["quiet_until"])
    lasting = row.failing_since is not None and now - row.failing_since >= webhook_pace.DISABLE_AFTER
    if row.enabled and (is_gone or (lasting and row.failures >= webhook_pace.DISABLE_FAILURES)):
        row.enabled, row.disabled_at = False, now
        row.save(update_fields=["enabled", "disabled_at"])
        since = row.failing_since.isoformat() if row.failing_since is not None else ""
        audit.record(
            ACTOR,
            "webhook.disabled",
            f"webhook:{row.pk}",
            {"failures": row.failures, "since": since, "gone": is_gone},
        )


def _given_up(delivery: WebhookDelivery, said: Text) -> Permanent:
    now = clock.now()
    WebhookDelivery.objects.filter(pk=delivery.pk, round=delivery.round).update(
        state=State.FAILED, tries=_with(delivery, now, 0, 0, said.en), next_at=None, settled_at=now
    )
    return Permanent(said)


def _with(
    delivery: WebhookDelivery, at: datetime, status: int, ms: int, said: str
) -> list[dict[str, object]]:
    one = {"at": at.isoformat(), "status": status, "ms": ms, "said": said[:_SAID]}
    return [*delivery.tries, one][-TRIES_KEPT:]


def _ms_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _retry_after(header: str) -> float | None:
    """Seconds from a Retry-After header, if it gives them; a date or nonsense means our own pace."""
    return min(float(header), _LONGEST_RETRY_S) if header.isascii() and header.isdigit() else None
