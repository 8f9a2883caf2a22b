"""Settings, Pagers: how each of us is reached outside the console, tried out with one press; and the house's
own incident services.

Whoever may see alerts sets their own pagers; services of the house, whose pages reach everybody's phones, are
for those who manage paging.
"""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import known
from guildhall.paging import actions
from guildhall.paging.kinds import Means, Severity
from guildhall.paging.models import Pager
from guildhall.people.access import requires
from guildhall.people.models import Staff

_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
_ADDRESSES = {
    Means.EMAIL: gettext_lazy("An e-mail address you read on your phone."),
    Means.NTFY: gettext_lazy(
        "The whole address of a topic only you know, such as https://ntfy.sh/a-long-word."
    ),
    Means.PUSHOVER: gettext_lazy("Leave empty for Pushover itself."),
    Means.WEBHOOK: gettext_lazy("Leave empty for PagerDuty itself."),
}
_SECRETS = {
    Means.NTFY: gettext_lazy("Access token, if the topic wants one."),
    Means.PUSHOVER: gettext_lazy("Application token and user key with a colon between them."),
    Means.WEBHOOK: gettext_lazy("Integration key (routing key)."),
}


class WhenForm(forms.Form):
    """When a pager rings."""

    label = forms.CharField(label=gettext_lazy("What you call it"), max_length=80, required=False)
    least = forms.ChoiceField(
        label=gettext_lazy("Rings for"), choices=Severity.choices, initial=Severity.WARNING
    )
    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), required=False, widget=_TIME)
    quiet_to = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=_TIME,
        help_text=gettext_lazy("What needs somebody now rings all the same; the rest waits until then."),
    )
    zone = forms.CharField(label=gettext_lazy("Time zone"), max_length=60)

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone."))
        return zone

    def said(self) -> dict[str, Any]:
        """The columns of the pager."""
        given = self.cleaned_data
        return {
            "label": given["label"], "least": given["least"], "zone": given["zone"],
            "quiet_from": _minutes(given["quiet_from"]), "quiet_to": _minutes(given["quiet_to"]),
        }  # fmt: skip


class PagerForm(WhenForm):
    """A new pager of one means; `address` of Telegram is one of the reader's talks with our bot."""

    address = forms.CharField(label=gettext_lazy("Where it goes"), max_length=500, required=False)
    secret = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("address", "secret", "label", "least", "quiet_from", "quiet_to", "zone")

    def __init__(self, means: Means, me: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.means = means
        self.fields["zone"].initial = me.zone
        self.fields["address"].help_text = _ADDRESSES.get(means, "")
        self.fields["secret"].help_text = _SECRETS.get(means, "")
        if means is Means.TELEGRAM:
            talks = [(space.pk, space.name) for space in actions.telegram_talks(me)]
            self.fields["address"] = forms.ChoiceField(label=_("Your talk with our bot"), choices=talks)
        if means not in _SECRETS:
            del self.fields["secret"]


@requires("pages.view")
@never_cache
@require_safe
def pager_list(request: HttpRequest) -> HttpResponse:
    """The reader's pagers, and those of the house for who may see them."""
    me = known(request)
    may_manage = me.may("paging.manage")
    context = {
        "tabs": tabs(request, "pagers"),
        "mine": list(Pager.objects.filter(staff=me).order_by("created_at")),
        "house": list(Pager.objects.filter(staff=None).order_by("created_at")) if may_manage else [],
        "me": me,
        "may_manage": may_manage,
        "means": _means(me),
    }
    return render(request, "console/pagers/page.html", context)


@requires("pages.view")
@never_cache
def pager_new(request: HttpRequest, means: str) -> HttpResponse:
    """Add a pager; it is tried out at once."""
    me = known(request)
    kind = next((one for one in _means(me) if one.value == means), None)
    if kind is None:
        raise Http404
    form = PagerForm(kind, me, request.POST if request.method == "POST" else None)
    made: list[Pager] = []

    def deed() -> None:
        given = form.cleaned_data
        owner = None if kind is Means.WEBHOOK else me.pk
        made.append(
            actions.add_pager(
                kind,
                me.actor,
                staff_id=owner,
                address=given["address"],
                secret=given.get("secret", ""),
                **form.said(),
            )
        )

    if request.method == "POST" and attempt(form, deed):
        actions.test_pager(made[0], me.actor)
        messages.success(request, _("A test is on its way: acknowledge it, and this pager counts."))
        return SeeOther(reverse("console:pager", args=[made[0].pk]))
    talks = len(actions.telegram_talks(me)) if kind is Means.TELEGRAM else 1
    context = {"form": form, "kind": kind, "talks": talks}
    return render(request, "console/pagers/new.html", context, status=422 if form.is_bound else 200)


@requires("pages.view")
@never_cache
def pager(request: HttpRequest, pager_id: str) -> HttpResponse:
    """One pager: whether it works, when it rings, and a button to try it."""
    me, row = _mine(request, pager_id)
    initial = {
        "label": row.label, "least": row.least, "zone": row.zone,
        "quiet_from": _clock(row.quiet_from, row), "quiet_to": _clock(row.quiet_to, row),
    }  # fmt: skip
    form = WhenForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        if attempt(form, lambda: actions.change_pager(row, me.actor, **form.said())):
            messages.success(request, _("Saved."))
            return SeeOther(reverse("console:pager", args=[row.pk]))
        return render(request, "console/pagers/pager.html", {"pager": row, "form": form}, status=422)
    return render(request, "console/pagers/pager.html", {"pager": row, "form": form})


@requires("pages.view")
@require_POST
def pager_test(request: HttpRequest, pager_id: str) -> HttpResponse:
    """Ring this pager only."""
    me, row = _mine(request, pager_id)
    said = _("A test is on its way: acknowledge it, and this pager counts.")
    return carry_out(request, lambda: actions.test_pager(row, me.actor), said, _back(row))


@requires("pages.view")
@require_POST
def pager_switch(request: HttpRequest, pager_id: str) -> HttpResponse:
    """Switch a pager off or on."""
    me, row = _mine(request, pager_id)
    said = _("Off.") if row.enabled else _("On.")
    return carry_out(
        request, lambda: actions.change_pager(row, me.actor, enabled=not row.enabled), said, _back(row)
    )


@requires("pages.view")
@require_POST
def pager_remove(request: HttpRequest, pager_id: str) -> HttpResponse:
    """Forget a pager."""
    me, row = _mine(request, pager_id)
    back = reverse("console:pagers")
    return carry_out(request, lambda: actions.remove_pager(row, me.actor), _("Removed."), back)


def _means(me: Staff) -> list[Means]:
    """What the reader may add."""
    return [one for one in Means if one is not Means.WEBHOOK or me.may("paging.manage")]


def _mine(request: HttpRequest, pager_id: str) -> tuple[Staff, Pager]:
    """A pager of the reader, or one of the house for who manages paging. Raises Http404."""
    me = known(request)
    row = Pager.objects.filter(pk=pager_id).first()
    if row is None or (row.staff_id != me.pk and not (row.staff_id is None and me.may("paging.manage"))):
        raise Http404
    return me, row


def _minutes(at: time | None) -> int:
    return at.hour * 60 + at.minute if at is not None else 0


def _clock(minutes: int, row: Pager) -> time | None:
    return time(minutes // 60 % 24, minutes % 60) if row.quiet_from != row.quiet_to else None


def _back(row: Pager) -> str:
    return reverse("console:pager", args=[row.pk])
