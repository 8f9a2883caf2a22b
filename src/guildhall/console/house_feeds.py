"""Feeds on the page of lists: lists that others keep, and services asked about newcomers. The house
subscribes to none by itself.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from guildhall.console.house_answers import attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.text import Text
from guildhall.guard.actions import feeding
from guildhall.guard.models import Feed, LookUpList
from guildhall.people.access import requires

_EVERY = (
    (1, gettext_lazy("every hour")),
    (6, gettext_lazy("every 6 hours")),
    (24, gettext_lazy("once a day")),
    (168, gettext_lazy("once a week")),
)
SUGGESTED = (
    "ScamSniffer scam-database",
    "polkadot-js/phishing (all.json)",
    "MetaMask eth-phishing-detect (config.json)",
)
"""Public lists by name; whoever runs the house looks their address up, and decides."""


class FeedForm(forms.Form):
    """A list to subscribe to."""

    prefix = "feed"
    name = forms.CharField(label=gettext_lazy("Name of the feed"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("Web address of the list"),
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "https://"}),
        help_text=gettext_lazy("Of the raw file, not of a page about it."),
    )
    about = forms.ChoiceField(label=gettext_lazy("What it lists"), choices=Feed.About.choices)
    written = forms.ChoiceField(label=gettext_lazy("Format"), choices=Feed.Format.choices)
    every_hours = forms.TypedChoiceField(label=gettext_lazy("Fetched"), choices=_EVERY, coerce=int, initial=6)


class LookUpForm(forms.Form):
    """A service to ask about newcomers."""

    prefix = "lookup"
    name = forms.CharField(label=gettext_lazy("Name of the service"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("Address with {id}"),
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "https://…?user_id={id}"}),
        help_text=gettext_lazy("The id of each newcomer on Telegram is sent there."),
    )
    field = forms.CharField(
        label=gettext_lazy("Field of the answer"),
        max_length=60,
        initial="ok",
        help_text=gettext_lazy("True in the JSON answer when the person is listed."),
    )


def section(feed_form: FeedForm | None = None, look_up_form: LookUpForm | None = None) -> dict[str, Any]:
    """What the page of lists shows of feeds."""
    feeds = list(Feed.objects.order_by("about", "name"))
    for feed in feeds:
        feed.said = Text.from_json(feed.problem) if feed.problem else None  # type: ignore[attr-defined]
    return {
        "feeds": feeds,
        "look_ups": LookUpList.objects.order_by("name"),
        "feed_form": feed_form or FeedForm(),
        "look_up_form": look_up_form or LookUpForm(),
        "suggested": SUGGESTED,
    }


@requires("policies.approve")
@require_POST
def feed_add(request: HttpRequest) -> HttpResponse:
    """Subscribe to a list."""
    from guildhall.console import house_lists

    form = FeedForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        feeding.add_feed(
            said["name"],
            said["url"],
            known(request).actor,
            about=said["about"],
            written=said["written"],
            every_hours=said["every_hours"],
        )

    if attempt(form, deed):
        return carry_out(
            request, lambda: None, _("Subscribed; the list is being fetched."), reverse("console:lists")
        )
    return house_lists.page(request, section(feed_form=form), status=422)


@requires("policies.approve")
@require_POST
def feed_switch(request: HttpRequest, feed_id: str) -> HttpResponse:
    """Pause or resume a feed."""
    active = request.POST.get("active") == "yes"
    said = _("The feed counts again.") if active else _("The feed is paused and blocks nothing.")
    by = known(request).actor
    return carry_out(request, lambda: feeding.set_feed(feed_id, active, by), said, reverse("console:lists"))


@requires("policies.approve")
@require_POST
def feed_fetch(request: HttpRequest, feed_id: str) -> HttpResponse:
    """Fetch a feed now."""
    by = known(request).actor
    said = _("The feed is being fetched.")
    return carry_out(request, lambda: feeding.fetch_now(feed_id, by), said, reverse("console:lists"))


@requires("policies.approve")
@require_POST
def feed_remove(request: HttpRequest, feed_id: str) -> HttpResponse:
    """Unsubscribe from a feed."""
    by = known(request).actor
    said = _("The feed and what it named are forgotten.")
    return carry_out(request, lambda: feeding.remove_feed(feed_id, by), said, reverse("console:lists"))


@requires("policies.approve")
@require_POST
def look_up_add(request: HttpRequest) -> HttpResponse:
    """Ask a service about newcomers."""
    from guildhall.console import house_lists

    form = LookUpForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        feeding.add_look_up(said["name"], said["url"], said["field"], known(request).actor)

    if attempt(form, deed):
        return carry_out(request, lambda: None, _("Newcomers are looked up there."), reverse("console:lists"))
    return house_lists.page(request, section(look_up_form=form), status=422)


@requires("policies.approve")
@require_POST
def look_up_remove(request: HttpRequest, list_id: str) -> HttpResponse:
    """Stop asking a service."""
    by = known(request).actor
    said = _("Nobody is looked up there any more, and its answers are forgotten.")
    return carry_out(request, lambda: feeding.remove_look_up(list_id, by), said, reverse("console:lists"))
