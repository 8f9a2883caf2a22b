"""The log of webhook deliveries: what was announced to whom, every try of it, and sending it again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, QuerySet

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.effects import actions, webhooks
from guildhall.effects.models import WebhookDelivery, WebhookEndpoint

State = WebhookDelivery.State
AGAIN_AT_ONCE = 1_000
LOST_AFTER = timedelta(minutes=30)
FAILING_FOR = timedelta(hours=1)
_PRUNED_AT_ONCE = 500


def deliveries(endpoint_id: str, *, state: str = "", event: str = "") -> QuerySet[WebhookDelivery]:
    """Deliveries of an endpoint, to be paged by id, newest first."""
    found = WebhookDelivery.objects.filter(endpoint_id=endpoint_id)
    if state:
        found = found.filter(state=state)
    if event:
        found = found.filter(event=event)
    return found.order_by("-id")


def counts(endpoint_ids: list[str], since: datetime) -> dict[str, dict[str, int]]:
    """How many deliveries announced since then stand where, by endpoint and state."""
    rows = WebhookDelivery.objects.filter(endpoint_id__in=endpoint_ids, announced_at__gte=since)
    found: dict[str, dict[str, int]] = {id_: {} for id_ in endpoint_ids}
    for endpoint_id, state, number in rows.values_list("endpoint_id", "state").annotate(n=Count("id")):
        found[endpoint_id][state] = number
    return found


def in_trouble(now: datetime | None = None) -> QuerySet[WebhookEndpoint]:
    """Endpoints the house gave up by itself, and those at which nothing has arrived for an hour."""
    before = (now or clock.now()) - FAILING_FOR
    given_up = WebhookEndpoint.objects.filter(enabled=False, disabled_at__isnull=False)
    return (given_up | WebhookEndpoint.objects.filter(enabled=True, failing_since__lt=before)).order_by("pk")


def resend(delivery_id: str, by: str) -> None:
    """Send a delivery again, now, under the same Idempotency-Key; four days of tries begin anew.

    Raises NotFound; BadInput while the endpoint is paused.
    """
    with transaction.atomic():
        delivery = (
            WebhookDelivery.objects.select_for_update(of=("self",))
            .select_related("endpoint")
            .filter(pk=delivery_id)
            .first()
        )
        if delivery is None:
            raise NotFound(Text("There is no such delivery.", "不存在该投递记录。"))
        _check_enabled(delivery.endpoint)
        _again([delivery])
        audit.record(
            by,
            "webhook.resent",
            f"webhook:{delivery.endpoint_id}",
            {"deliveries": 1, "delivery": delivery.pk},
        )


def resend_failed(endpoint_id: str, by: str) -> int:
    """Send the oldest deliveries that were given up again, at most `AGAIN_AT_ONCE`; returns how many.

    Raises NotFound; BadInput while the endpoint is paused.
    """
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
        if endpoint is None:
            raise webhooks.no_endpoint()
        _check_enabled(endpoint)
        failed = WebhookDelivery.objects.select_for_update().filter(endpoint=endpoint, state=State.FAILED)
        found = list(failed.order_by("id")[:AGAIN_AT_ONCE])
        if found:
            _again(found)
            audit.record(by, "webhook.resent", f"webhook:{endpoint_id}", {"deliveries": len(found)})
    return len(found)


def prune(before: datetime) -> int:
    """Remove deliveries that were announced before then and are settled; returns how many."""
    removed = 0
    while True:
        old = WebhookDelivery.objects.filter(announced_at__lt=before).exclude(state=State.WAITING)
        ids = list(old.order_by("announced_at").values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
        with transaction.atomic():
            removed += WebhookDelivery.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < _PRUNED_AT_ONCE:
            return removed


def mend() -> int:
    """Queue again what waits long beyond its time, because its effect was given up when workers died; returns
    how many. Should the effect only be late, it finds a newer round and does nothing.
    """
    with transaction.atomic():
        late = WebhookDelivery.objects.select_for_update().filter(
            state=State.WAITING, next_at__lt=clock.now() - LOST_AFTER
        )
        found = list(late.order_by("next_at")[:AGAIN_AT_ONCE])
        for delivery in found:
            delivery.round += 1
            delivery.next_at = clock.now()
        WebhookDelivery.objects.bulk_update(found, ["round", "next_at"], batch_size=100)
        actions.enqueue_many(webhooks.effect_of(d.pk, d.endpoint_id, d.round, d.event) for d in found)
    return len(found)


def _again(found: list[WebhookDelivery]) -> None:
    now = clock.now()
    for delivery in found:
        delivery.state, delivery.step = State.WAITING, 0
        delivery.round += 1
        delivery.queued_at = delivery.next_at = now
        delivery.settled_at = None
    WebhookDelivery.objects.bulk_update(
        found, ["state", "step", "round", "queued_at", "next_at", "settled_at"], batch_size=100
    )
    actions.enqueue_many(webhooks.effect_of(d.pk, d.endpoint_id, d.round, d.event) for d in found)


def _check_enabled(endpoint: WebhookEndpoint) -> None:
    if not endpoint.enabled:
        raise BadInput(Text("The endpoint is paused. Resume it first.", "该端点已暂停，请先恢复。"))
