"""Feeds of exchanges: how each one is, what came last, and setting one up.

The secret of a feed that signs is shown once. What a feed brings stands on the page of each batch.
"""

from __future__ import annotations

from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.console import feeds_words as words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.errors import GuildhallError
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.exchange import files, queries
from guildhall.exchange.actions import feeds
from guildhall.exchange.models import Batch, Feed
from guildhall.people.access import requires
from guildhall.ui import paging, tables

SPEC = tables.Spec(
    columns=(
        tables.Column("batch", gettext_lazy("Batch"), css="lead"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("good", gettext_lazy("Good rows"), css="num"),
        tables.Column("bad", gettext_lazy("Rows not taken"), css="num"),
        tables.Column("new", gettext_lazy("New"), css="num desk"),
        tables.Column("at", gettext_lazy("When"), sort=("id",)),
    ),
    filters=(
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=tuple((str(code), word) for code, (word, _colour) in words.BATCHES.items()),
        ),
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Key or file name")),
    ),
    default_sort="-at",
    tie="",
    page_size=25,
)
_WAYS = [(way.value, way.label) for way in Feed.Way]


class FeedForm(forms.Form):
    """A feed, as it is set up and changed."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    venue = forms.CharField(
        label=gettext_lazy("Exchange"), max_length=40, help_text=gettext_lazy("A short name, such as okx.")
    )
    way = forms.ChoiceField(label=gettext_lazy("How rows come"), choices=_WAYS)
    table = forms.ChoiceField(label=gettext_lazy("What they are"))
    quiet_hours = forms.IntegerField(
        label=gettext_lazy("Hours of silence that are normal"), min_value=0, max_value=8760, initial=24,
        help_text=gettext_lazy("After that it is called silent here and on Today; 0 for never."),
    )  # fmt: skip
    mapping = forms.CharField(
        label=gettext_lazy("Mapping of its columns"), required=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("JSON; empty when the columns have our names."),
    )  # fmt: skip
    url = forms.CharField(
        label=gettext_lazy("Address of the bucket"), required=False, max_length=400,
        widget=forms.TextInput(attrs={"placeholder": "s3://bucket/folder"}),
    )  # fmt: skip
    endpoint = forms.CharField(
        label=gettext_lazy("Endpoint"), required=False, max_length=200,
        help_text=gettext_lazy("Only for storage that is not Amazon's."),
    )  # fmt: skip
    region = forms.CharField(label=gettext_lazy("Region"), required=False, max_length=60)
    access_key = forms.CharField(label=gettext_lazy("Access key"), required=False, max_length=200)
    bucket_secret = forms.CharField(
        label=gettext_lazy("Secret key"), required=False, max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, feed: Feed | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [(name, str(label)) for name, label in words.TABLES.items()]  # type: ignore[attr-defined]
        if feed is not None:
            del self.fields["venue"], self.fields["way"]

    def clean_mapping(self) -> dict[str, Any]:
        text = self.cleaned_data["mapping"].strip()
        try:
            said = orjson.loads(text) if text else {}
        except orjson.JSONDecodeError as error:
            raise forms.ValidationError(_("This is not JSON: %(why)s") % {"why": error}) from error
        if not isinstance(said, dict):
            raise forms.ValidationError(_("A mapping is a JSON object."))
        return said

    def options(self) -> dict[str, Any]:
        """What stands in the options of the feed."""
        said = self.cleaned_data
        found = {name: said[name] for name in ("url", "endpoint", "region", "access_key") if said[name]}
        return {"quiet_hours": said["quiet_hours"], **found}


@requires("feeds.view")
@require_safe
def exchange_feeds(request: HttpRequest) -> HttpResponse:
    """Every feed and how it is."""
    found = queries.healths()
    context = {
        "lines": [
            {"one": one, "health": words.HEALTH[one.state], "table": words.TABLES.get(one.feed.table, "")}
            for one in found
        ],
        "troubled": sum(one.needs_somebody for one in found),
        "waiting": Batch.objects.filter(state=Batch.State.MAPPING).select_related("feed").order_by("-at")[:5],
        "may_manage": known(request).may("feeds.manage"),
    }
    return render(request, "console/feeds/list.html", context)


@requires("feeds.manage")
@require_http_methods(["GET", "POST"])
@never_cache
def exchange_feed_new(request: HttpRequest) -> HttpResponse:
    """Set a feed up; the secret of one that signs is shown once."""
    form = FeedForm(request.POST or None)
    made: list[tuple[Feed, str]] = []

    def deed() -> None:
        said = form.cleaned_data
        made.append(
            feeds.create_feed(
                name=said["name"],
                venue=said["venue"],
                way=said["way"],
                table=said["table"],
                mapping=said["mapping"],
                options=form.options(),
                bucket_secret=said["bucket_secret"],
                by=known(request).actor,
            )  # fmt: skip
        )

    if request.method == "POST" and attempt(form, deed):
        feed, secret = made[0]
        if secret:
            return _shown_once(request, feed, secret)
        messages.success(request, _("The feed is set up."))
        return SeeOther(_page(feed.pk))
    return _form(request, form, None)


@requires("feeds.view")
@require_safe
def exchange_feed(request: HttpRequest, feed_id: str) -> HttpResponse:
    """One feed: how it is, how to reach it, its batches."""
    feed = get_object_or_404(Feed, pk=feed_id)
    health = queries.health_of(feed)
    state = tables.read(SPEC, request.GET)
    found = Batch.objects.filter(feed=feed)
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    if state.value("q"):
        said = state.value("q")
        found = found.filter(key__icontains=said) | found.filter(file_name__icontains=said)
    table = paging.fetch(found, state)
    rows = [{"one": one, "state": words.BATCHES[Batch.State(one.state)]} for one in table.rows]
    context = {
        "feed": feed,
        "health": health,
        "word": words.HEALTH[health.state],
        "what": words.TABLES.get(feed.table, feed.table),
        "problem": Text.from_json(feed.problem) if feed.problem else "",
        "quiet": queries.quiet_hours(feed),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "door": f"{settings.public_url}/api/v1/feeds/{feed.slug}/batches",
        "inbox": files.inbox(feed.slug) if feed.way == Feed.Way.FOLDER else "",
        "mapping": orjson.dumps(feed.mapping, option=orjson.OPT_INDENT_2).decode() if feed.mapping else "",
        "refused": feed.seen.exclude(problem={}).order_by("-id")[:5],
        "may_manage": known(request).may("feeds.manage"),
    }
    return render(request, "console/feeds/feed.html", context)


@requires("feeds.manage")
@require_http_methods(["GET", "POST"])
def exchange_feed_edit(request: HttpRequest, feed_id: str) -> HttpResponse:
    """Change how a feed is read."""
    feed = get_object_or_404(Feed, pk=feed_id)
    mapping = orjson.dumps(feed.mapping, option=orjson.OPT_INDENT_2).decode() if feed.mapping else ""
    initial = {
        "name": feed.name, "table": feed.table, "quiet_hours": queries.quiet_hours(feed), "mapping": mapping,
        **{name: feed.options.get(name, "") for name in ("url", "endpoint", "region", "access_key")},
    }  # fmt: skip
    form = FeedForm(request.POST or None, initial=initial, feed=feed)

    def deed() -> None:
        said = form.cleaned_data
        feeds.edit_feed(
            feed_id, name=said["name"], table=said["table"], mapping=said["mapping"], options=form.options(),
            bucket_secret=said["bucket_secret"], by=known(request).actor,
        )  # fmt: skip

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved. It holds for what comes from now on."))
        return SeeOther(_page(feed_id))
    return _form(request, form, feed)


@requires("feeds.manage")
@require_POST
def exchange_feed_state(request: HttpRequest, feed_id: str) -> HttpResponse:
    """Pause a feed or let it go on."""
    wanted = Feed.State.PAUSED if request.POST.get("state") == "paused" else Feed.State.ON
    said = _("The feed is paused.") if wanted == Feed.State.PAUSED else _("The feed goes on.")
    by = known(request).actor
    return carry_out(request, lambda: feeds.set_state(feed_id, wanted, by), said, _page(feed_id))


@requires("feeds.manage", confirm=True)
@require_POST
@never_cache
def exchange_feed_secret(request: HttpRequest, feed_id: str) -> HttpResponse:
    """Give a feed another secret; it is shown once."""
    feed = get_object_or_404(Feed, pk=feed_id)
    try:
        return _shown_once(request, feed, feeds.rotate_secret(feed_id, known(request).actor))
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(_page(feed_id))


def _shown_once(request: HttpRequest, feed: Feed, secret: str) -> HttpResponse:
    context = {"feed": feed, "secret": secret, "back": _page(feed.pk)}
    return render(request, "console/feeds/secret.html", context)


def _form(request: HttpRequest, form: FeedForm, feed: Feed | None) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "console/feeds/edit.html", {"form": form, "feed": feed}, status=status)


def _page(feed_id: str) -> str:
    return reverse("console:exchange-feed", args=[feed_id])
