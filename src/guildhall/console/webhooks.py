"""Settings, Webhooks: who is told of what, what became of every delivery, and sending it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.effects import webhook_events, webhook_log, webhooks
from guildhall.effects.models import WebhookDelivery, WebhookEndpoint
from guildhall.people.access import requires
from guildhall.ui import paging, tables

State = WebhookDelivery.State
STATES = {
    State.WAITING: (gettext_lazy("on its way"), "blue"),
    State.DELIVERED: (gettext_lazy("delivered"), "green"),
    State.FAILED: (gettext_lazy("given up"), "red"),
}
LATELY = timedelta(hours=24)


class EventsForm(forms.Form):
    """Which events an endpoint is told of."""

    families = forms.MultipleChoiceField(
        label=gettext_lazy("Events about"), required=False, widget=forms.CheckboxSelectMultiple
    )
    events = forms.CharField(
        label=gettext_lazy("Single events"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Names apart by spaces; case.* means all about cases, * means everything."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["families"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(f"{name}.*", f"{name}.*") for name in webhook_events.families()]

    def chosen(self) -> list[str]:
        """The patterns, each once."""
        said = self.cleaned_data
        return list(dict.fromkeys([*said["families"], *said["events"].split()]))


class WebhookForm(EventsForm):
    """A new receiver of announcements."""

    url = forms.CharField(label=gettext_lazy("Web address"), max_length=500, widget=forms.URLInput)
    field_order = ("url", "families", "events", "note")

    def clean_url(self) -> str:
        """The same address twice is nearly always a form sent twice."""
        url = str(self.cleaned_data["url"]).strip()
        if WebhookEndpoint.objects.filter(url=url, enabled=True).exists():
            raise forms.ValidationError(_("This address is subscribed already."))
        return url


def spec() -> tables.Spec:
    """The log of deliveries."""
    return tables.Spec(
        columns=(
            tables.Column("event", gettext_lazy("Event"), css="lead"),
            tables.Column("state", gettext_lazy("State")),
            tables.Column("answer", gettext_lazy("Last answer")),
            tables.Column("attempts", gettext_lazy("Tries"), css="num"),
            tables.Column("at", gettext_lazy("Announced"), sort=("id",)),
        ),
        filters=(
            tables.Filter(
                "state", gettext_lazy("State"), "choice", tuple((s.value, w) for s, (w, _c) in STATES.items())
            ),
            tables.Filter(
                "event", gettext_lazy("Event"), "choice", tuple((n, n) for n in webhook_events.known())
            ),
        ),
        default_sort="-at",
        tie="",
    )


@requires("settings.view")
@never_cache
@require_safe
def webhook_list(request: HttpRequest) -> HttpResponse:
    """Who is told of what."""
    return _list(request, WebhookForm())


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def webhook_new(request: HttpRequest) -> HttpResponse:
    """Subscribe an address; its signing secret is shown once."""
    form = WebhookForm(request.POST)
    made: list[tuple[WebhookEndpoint, str]] = []

    def deed() -> None:
        said = form.cleaned_data
        made.append(
            webhooks.add_endpoint(said["url"], form.chosen(), known(request).actor, note=said["note"])
        )

    if attempt(form, deed):
        endpoint, secret = made[0]
        return _shown_once(request, secret, endpoint)
    return _list(request, form, status=422)


@requires("settings.view")
@never_cache
@require_safe
def webhook(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """One endpoint: how it does, and its log."""
    return _page(request, _endpoint(endpoint_id))


@requires("settings.edit", confirm=True)
@require_POST
def webhook_events_set(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Subscribe it to other events."""
    endpoint, form = _endpoint(endpoint_id), EventsForm(request.POST)
    by = known(request).actor

    def deed() -> None:
        webhooks.change_events(endpoint_id, form.chosen(), by, note=form.cleaned_data["note"])

    if attempt(form, deed):
        return SeeOther(_address(endpoint_id))
    return _page(request, endpoint, form, status=422)


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def webhook_secret(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Give it a new signing secret, shown once; the one before is good for a day."""
    endpoint = _endpoint(endpoint_id)
    return _shown_once(request, webhooks.renew_secret(endpoint_id, known(request).actor), endpoint)


@requires("settings.edit", confirm=True)
@require_POST
def webhook_switch(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Pause or resume an endpoint."""
    enabled = request.POST.get("enabled") == "yes"
    said = _("Resumed.") if enabled else _("Paused. What is queued for it can be sent again later.")
    by = known(request).actor
    return carry_out(
        request, lambda: webhooks.set_enabled(endpoint_id, enabled, by), said, _address(endpoint_id)
    )


@requires("settings.edit", confirm=True)
@require_POST
def webhook_remove(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Forget an endpoint."""
    by = known(request).actor
    return carry_out(
        request,
        lambda: webhooks.remove_endpoint(endpoint_id, by),
        _("Removed. It is told of nothing any more."),
        reverse("console:webhooks"),
    )


@requires("effects.decide")
@require_POST
def webhook_test(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Send it a try-out."""
    by = known(request).actor
    said = _("A test is on its way; its answer stands in the log in a moment.")
    return carry_out(request, lambda: webhooks.try_out(endpoint_id, by), said, _address(endpoint_id))


@requires("effects.decide")
@require_POST
def webhook_resend_failed(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Send again what was given up."""
    by, done = known(request).actor, [0]

    def deed() -> None:
        done[0] = webhook_log.resend_failed(endpoint_id, by)

    return carry_out(request, deed, _Said(done), _address(endpoint_id))


@requires("settings.view")
@never_cache
@require_safe
def webhook_delivery(request: HttpRequest, endpoint_id: str, delivery_id: str) -> HttpResponse:
    """One delivery: what was said, and every try of it."""
    row = get_object_or_404(
        WebhookDelivery.objects.select_related("endpoint"), pk=delivery_id, endpoint_id=endpoint_id
    )
    label, colour = STATES[State(row.state)]
    context = {
        "delivery": row,
        "endpoint": row.endpoint,
        "label": label,
        "colour": colour,
        "body": orjson.loads(row.body),
        "tries": [{**one, "at": datetime.fromisoformat(one["at"])} for one in reversed(row.tries)],
        "described": webhook_events.known().get(row.event),
        "may_resend": known(request).may("effects.decide") and row.endpoint.enabled,
    }
    return render(request, "console/webhooks/delivery.html", context)


@requires("effects.decide")
@require_POST
def webhook_resend(request: HttpRequest, endpoint_id: str, delivery_id: str) -> HttpResponse:
    """Send one delivery again."""
    by = known(request).actor
    back = reverse("console:webhook-delivery", args=[endpoint_id, delivery_id])
    said = _("It is sent again.")
    return carry_out(request, lambda: webhook_log.resend(delivery_id, by), said, back)


class _Said:
    """What is said after sending again, once it is known how many."""

    def __init__(self, done: list[int]) -> None:
        self._done = done

    def __str__(self) -> str:
        number = self._done[0]
        return ngettext("%(n)s delivery is sent again.", "%(n)s deliveries are sent again.", number) % {
            "n": number
        }


def _list(request: HttpRequest, form: WebhookForm, status: int = 200) -> HttpResponse:
    endpoints = list(WebhookEndpoint.objects.order_by("-id")[:200])
    counted = webhook_log.counts([one.pk for one in endpoints], clock.now() - LATELY)
    context = {
        "tabs": tabs(request, "webhooks"),
        "rows": [{"endpoint": one, "counts": counted[one.pk]} for one in endpoints],
        "form": form,
        "may_edit": known(request).may("settings.edit"),
        "known": webhook_events.known().items(),
    }
    return render(request, "console/webhooks/list.html", context, status=status)


def _page(
    request: HttpRequest, endpoint: WebhookEndpoint, form: EventsForm | None = None, status: int = 200
) -> HttpResponse:
    state = tables.read(spec(), request.GET)
    found = webhook_log.deliveries(endpoint.pk, state=state.value("state"), event=state.value("event"))
    shown = paging.fetch(found.order_by().defer("body"), state)
    rows = [
        {"delivery": one, "label": STATES[State(one.state)][0], "colour": STATES[State(one.state)][1]}
        for one in shown.rows
    ]
    me = known(request)
    families = {f"{name}.*" for name in webhook_events.families()}
    initial = {
        "families": [one for one in endpoint.events if one in families],
        "events": " ".join(one for one in endpoint.events if one not in families),
        "note": endpoint.note,
    }
    context = {
        "endpoint": endpoint,
        "table": tables.Table(state, rows, shown.next_key, shown.previous_key),
        "counts": webhook_log.counts([endpoint.pk], clock.now() - LATELY)[endpoint.pk],
        "form": form or EventsForm(initial=initial),
        "may_edit": me.may("settings.edit"),
        "may_decide": me.may("effects.decide"),
    }
    return render(request, "console/webhooks/endpoint.html", context, status=status)


def _shown_once(request: HttpRequest, secret: str, endpoint: WebhookEndpoint) -> HttpResponse:
    context = {"secret": secret, "name": endpoint.url, "back": _address(endpoint.pk), "what": "webhook"}
    return render(request, "console/house/shown_once.html", context)


def _endpoint(endpoint_id: str) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if found is None:
        raise Http404
    return found


def _address(endpoint_id: str) -> str:
    return reverse("console:webhook", args=[endpoint_id])
