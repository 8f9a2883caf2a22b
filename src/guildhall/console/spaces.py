"""Spaces: where members talk, which policy judges there, what the platform can and cannot do, and web chat
made here.

A verb the platform lacks is shown with the reason and what a person does by hand instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import actions as channel_actions
from guildhall.channels import registry
from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.port import Capability
from guildhall.channels.wecom.assisted import PLATFORM as ASSISTED
from guildhall.console import growth, space_doors, space_gate, space_words, telegram_picture, words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_reach import put_forward
from guildhall.console.house_words import known
from guildhall.console.remembered import remembered
from guildhall.core import clock
from guildhall.core.ids import lowest_id
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.guard import actions as guard_actions
from guildhall.guard import policies
from guildhall.guard import queries as guard_queries
from guildhall.guard.models import Policy as PolicyRow
from guildhall.guard.types import Policy
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.models import LANGUAGES
from guildhall.ui import charts, paging, tables

WEBCHAT = "webchat"
CAP = 9_999
HOUR = timedelta(hours=1)
SPECIAL_SHOWN = 20

SPEC = tables.Spec(
    columns=(
        tables.Column("name", gettext_lazy("Space"), sort=("name",), css="lead"),
        tables.Column("platform", gettext_lazy("Platform")),
        tables.Column("members", gettext_lazy("Members"), css="num"),
        tables.Column("language", gettext_lazy("Language")),
        tables.Column("region", gettext_lazy("Region")),
        tables.Column("policy", gettext_lazy("Policy")),
        tables.Column("messages", gettext_lazy("24 h"), css="num"),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name or short name")),
        tables.Filter("language", gettext_lazy("Language"), choices=tuple(LANGUAGES)),
        tables.Filter(
            "kind",
            gettext_lazy("Kind"),
            choices=(
                ("private", gettext_lazy("private talks with a bot")),
                ("problem", gettext_lazy("with something wrong")),
            ),
        ),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=(("archived", gettext_lazy("archived")), ("all", gettext_lazy("all spaces"))),
        ),
    ),
    default_sort="name",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One space in the list."""

    space: Space
    platform: Text | str
    kind: str | Promise
    members: tables.Count | int | None
    policy: Policy
    messages: tables.Count | int | None
    problem: telegram_picture.Problem | None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Can:
    """One verb of the port, in words, and whether the platform can do it."""

    verb: str
    capability: Capability


class SpaceForm(forms.Form):
    """What a space is called and how it is judged by language and law."""

    name = forms.CharField(
        label=gettext_lazy("Space name"), max_length=200, help_text=gettext_lazy("As members will see it.")
    )
    slug = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=60,
        help_text=gettext_lazy("Part of the address of the chat page: small letters, digits, hyphens."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    region = forms.RegexField(
        r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$",
        label=gettext_lazy("Legal region"),
        required=False,
        help_text=gettext_lazy(
            "Where its audience is, as a code such as SG or AE-DU; empty when mixed or not known."
        ),
    )
    welcome = forms.CharField(
        label=gettext_lazy("Welcome"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    allowed_origins = forms.CharField(
        label=gettext_lazy("Sites that may embed it"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "One address for each line, such as https://example.com; empty: only this installation."
        ),
    )


class PolicyForm(forms.Form):
    """Which policy judges a space."""

    policy = forms.ChoiceField(label=gettext_lazy("Policy"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["policy"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = list(PolicyRow.objects.order_by("slug").values_list("slug", "name"))


@requires("spaces.view")
@require_safe
def space_list(request: HttpRequest) -> HttpResponse:
    """Every space, by name."""
    state = tables.read(SPEC, request.GET)
    table = paging.fetch(_found(state), state, count_cap=CAP)
    counted = growth.last_counts([one.pk for one in table.rows if one.platform == ASSISTED])
    lines = [_line(one, counted.get(one.pk)) for one in table.rows]
    shown = tables.Table(state, lines, table.next_key, table.previous_key, table.count)
    me = known(request)
    may = {"may_edit": me.may("spaces.edit"), "may_connect": me.may("settings.edit")}
    return render(request, "console/spaces/list.html", {"table": shown, **may})


def _line(one: Space, counted: dict[str, Any] | None) -> Line:
    chat = getattr(one, "telegram", None)
    return Line(
        one,
        platform_name(one.platform),
        telegram_picture.KINDS.get(one.kind, one.kind),
        counted["heads"] if counted else members_of(one.pk),
        policies.active_for(one.pk),
        counted["messages"] if counted else last_day(one.pk),
        telegram_picture.problem_of(chat) if chat is not None else None,
        counted is not None,
    )


def _found(state: tables.State) -> QuerySet[Space]:
    found = Space.objects.select_related("telegram")
    match state.value("kind"):
        case "private":
            found = found.filter(kind="private")
        case "problem":
            found = found.filter(telegram__problem_since__isnull=False)
        case _:
            found = found.exclude(kind="private")
    match state.value("state"):
        case "archived":
            found = found.filter(archived_at__isnull=False)
        case "":
            found = found.filter(archived_at__isnull=True)
    if state.value("language"):
        found = found.filter(language=state.value("language"))
    sought = state.value("q")
    if sought:
        found = found.filter(name__icontains=sought) | found.filter(slug__icontains=sought.lower())
    return found


def platform_name(platform: str) -> Text | str:
    """What a platform is called; its own word when no adapter is registered for it any more."""
    return next((adapter.name for adapter in registry.all() if adapter.platform == platform), platform)


def last_day(space_id: str) -> tables.Count:
    """How many messages a space had in 24 hours, counted up to a cap, as of at most a minute ago."""

    def count() -> tables.Count:
        floor = lowest_id(clock.now() - timedelta(days=1))
        return paging.capped_count(Message.objects.filter(space=space_id, pk__gte=floor), CAP)

    return remembered(("space-day", space_id), 60, count)


def members_of(space_id: str) -> tables.Count:
    """How many are in a space as far as we know, counted up to a cap, as of at most a minute ago."""

    def count() -> tables.Count:
        return paging.capped_count(SpaceMember.objects.filter(space=space_id).exclude(state="left"), CAP)

    return remembered(("space-members", space_id), 60, count)


@requires("spaces.view")
@require_safe
def space(request: HttpRequest, slug: str) -> HttpResponse:
    """One space: policy, people, what the platform can do, how to put it on a page."""
    return render(request, "console/spaces/space.html", _picture(request, _space(slug)))


def _picture(request: HttpRequest, one: Space) -> dict[str, Any]:
    me = known(request)
    policy = policies.active_for(one.pk)
    special = (
        SpaceMember.objects.filter(space=one)
        .exclude(state__in=("member", "left"))
        .exclude(until__lte=clock.now())
    )
    rows = activity(one.pk)
    return {
        "space": one,
        "platform": platform_name(one.platform),
        "policy": policy,
        "policy_form": PolicyForm(initial={"policy": guard_queries.policy_of(one.pk)}),
        "members": members_of(one.pk),
        "counted": growth.last_counts([one.pk]).get(one.pk),
        "special": [
            (member, queries.mask_account(member.account, me))
            for member in special.select_related("account").order_by("state", "pk")[:SPECIAL_SHOWN]
        ],
        "day": last_day(one.pk),
        "cases": guard_queries.queue_count(guard_queries.Filters(space_id=one.pk)),
        "capabilities": capabilities(one.platform),
        "drawing": charts.columns(
            rows,
            x="at",
            y="n",
            series="what",
            labels={"at": _("Hour"), "n": _("Messages"), "what": _("What")},
            height=130,
        )
        if any(row["n"] for row in rows)
        else None,
        "may_edit": me.may("spaces.edit"),
        "chat_url": chat_url(one) if one.platform == WEBCHAT else "",
        "embed": embed_code(one) if one.platform == WEBCHAT else "",
        "sees_members": me.may("members.view"),
        "sees_messages": me.may("messages.view"),
        **space_doors.picture(request, one),
        **space_words.picture(request, one),
        **space_gate.card(one),
    }


def activity(space_id: str) -> list[dict[str, Any]]:
    """Messages of a space hour by hour over a day: those that stand and those that were removed."""

    def count() -> list[dict[str, Any]]:
        present = clock.now().replace(minute=0, second=0, microsecond=0)
        rows: list[dict[str, Any]] = []
        for back in range(23, -1, -1):
            at = present - HOUR * back
            within = Message.objects.filter(
                space=space_id, pk__gte=lowest_id(at), pk__lt=lowest_id(at + HOUR)
            )
            found = dict(within.order_by().values_list("visible").annotate(n=Count("pk")))
            rows += [
                {"at": at, "n": found.get(True, 0), "removed": False},
                {"at": at, "n": found.get(False, 0), "removed": True},
            ]
        return rows

    named = {False: _("visible"), True: _("removed")}
    return [
        {"at": row["at"], "n": row["n"], "what": named[row["removed"]]}
        for row in remembered(("space-hours", space_id), 60, count)
    ]


def capabilities(platform: str) -> list[Can]:
    """Every verb with what the platform's adapter declares; those it cannot do first."""
    declared = next((one.capabilities for one in registry.all() if one.platform == platform), {})
    shown = [
        Can(str(words.VERBS[verb]), capability)
        for verb, capability in declared.items()
        if verb in words.VERBS
    ]
    return sorted(shown, key=lambda can: (can.capability.supported, can.verb))


def chat_url(one: Space) -> str:
    """The public address of a web chat space."""
    try:
        return settings.public_url + reverse("public:chat", args=[one.slug])
    except NoReverseMatch:
        return f"{settings.public_url}/chat/{one.slug}/"


def embed_code(one: Space) -> str:
    """The line that puts the chat on somebody's page."""
    return f'<script src="{settings.public_url}/chat/{one.slug}/widget.js" async></script>'


@requires("spaces.edit")
def space_new(request: HttpRequest) -> HttpResponse:
    """Make a web chat space."""
    form = SpaceForm(request.POST or None, initial={"language": request.LANGUAGE_CODE})

    def deed() -> None:
        channel_actions.create_space(platform=WEBCHAT, by=known(request).actor, **_said(form))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("The space is open. Give members its address."))
        return SeeOther(reverse("console:space", args=[form.cleaned_data["slug"]]))
    return render(
        request, "console/spaces/form.html", {"form": form, "space": None}, status=422 if form.errors else 200
    )


@requires("spaces.edit")
def space_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what a space is called and who may embed it."""
    one = _space(slug)
    form = SpaceForm(request.POST or None, initial=_initial(one))
    form.fields["slug"].disabled = True

    def deed() -> None:
        said = _said(form)
        said.pop("slug")
        channel_actions.edit_space(one.pk, by=known(request).actor, **said)

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:space", args=[one.slug]))
    return render(
        request, "console/spaces/form.html", {"form": form, "space": one}, status=422 if form.errors else 200
    )


def _initial(one: Space) -> dict[str, Any]:
    return {
        "name": one.name,
        "slug": one.slug,
        "language": one.language,
        "region": one.region,
        "welcome": one.settings.get("welcome", ""),
        "allowed_origins": "\n".join(one.settings.get("allowed_origins", [])),
    }


def _said(form: SpaceForm) -> dict[str, Any]:
    said = form.cleaned_data
    return {name: said[name] for name in ("name", "slug", "language", "region", "welcome", "allowed_origins")}


@requires("spaces.edit")
@require_POST
def space_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Let another policy judge here; one that punishes more waits for a second pair of eyes."""
    one = _space(slug)
    chosen = request.POST.get("policy", "")
    return put_forward(
        request,
        lambda: guard_actions.assign_policy(one.pk, chosen, known(request).actor),
        _("This policy judges here now."),
        reverse("console:space", args=[one.slug]),
        stay=True,
    )


@requires("spaces.edit")
@require_POST
def space_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Close a space, or open it again; nothing that was said is lost."""
    one = _space(slug)
    by = known(request).actor
    back = reverse("console:space", args=[one.slug])
    if one.archived_at:
        return carry_out(
            request, lambda: channel_actions.unarchive_space(one.pk, by=by), _("Open again."), back
        )
    return carry_out(request, lambda: channel_actions.archive_space(one.pk, by=by), _("Archived."), back)


def _space(slug: str) -> Space:
    one = Space.objects.filter(slug=slug).first()
    if one is None:
        raise Http404
    return one
