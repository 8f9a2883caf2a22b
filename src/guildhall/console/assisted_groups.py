"""WeChat groups by hand: which groups there are, on whose phone, how full they are, what was counted.

WeChat lets no program in, so everything here was entered by somebody and is marked as such.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import actions as channel_actions
from guildhall.channels.models import Space
from guildhall.channels.wecom.assisted import counts, groups
from guildhall.channels.wecom.assisted_models import AssistedEntry, AssistedGroup
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.people.access import requires
from guildhall.people.models import LANGUAGES, Staff
from guildhall.ui import charts, paging, tables
from guildhall.work.models import Task

CAP = 999
ENTRIES_SHOWN = 60
STALE = timedelta(days=7)
"""A head-count older than this is said to be old."""
FULL_PERCENT = 95


def _spec() -> tables.Spec:
    phones = AssistedGroup.objects.exclude(phone="").values_list("phone", flat=True).distinct()
    return tables.Spec(
        columns=(
            tables.Column("name", gettext_lazy("Group"), sort=("space__name",), css="lead"),
            tables.Column("people", gettext_lazy("People in it"), sort=("heads_sorted",), css="num"),
            tables.Column("counted", gettext_lazy("Last counted")),
            tables.Column("phone", gettext_lazy("Phone")),
            tables.Column("caretaker", gettext_lazy("Looked after by")),
            tables.Column("tasks", gettext_lazy("To do"), css="num"),
        ),
        filters=(
            tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name of a group")),
            tables.Filter(
                "who",
                gettext_lazy("Looked after by"),
                choices=(("me", gettext_lazy("me")), ("none", gettext_lazy("nobody"))),
            ),
            tables.Filter(
                "state",
                gettext_lazy("State"),
                choices=(
                    ("full", gettext_lazy("nearly full")),
                    ("stale", gettext_lazy("not counted for a week")),
                    ("archived", gettext_lazy("archived")),
                ),
            ),
            tables.Filter(
                "phone",
                gettext_lazy("Phone"),
                choices=tuple((name, name) for name in sorted(phones)[:100]),
            ),
        ),
        default_sort="name",
        tie="space_id",
    )


class FactsForm(forms.Form):
    """What is known of a group beside its name."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    region = forms.RegexField(
        r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$",
        label=gettext_lazy("Legal region"),
        required=False,
        help_text=gettext_lazy(
            "Where its audience is, as a code such as SG or AE-DU; empty when mixed or not known."
        ),
    )
    tier = forms.CharField(label=gettext_lazy("Tier"), max_length=40, required=False)
    theme = forms.CharField(label=gettext_lazy("Theme"), max_length=40, required=False)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Which phone or WeChat account it lies in, such as “Mei, phone 2”."),
    )
    caretaker = forms.ModelChoiceField(
        Staff.objects.none(),
        label=gettext_lazy("Looked after by"),
        required=False,
        empty_label=lazystr(gettext_lazy("nobody so far")),
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("Most people"), min_value=3, max_value=10_000, initial=groups.DEFAULT_CAPACITY
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["caretaker"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Staff.objects.filter(is_active=True).order_by("name", "email")

    def facts(self) -> dict[str, Any]:
        """What was filled in, as the actions take it."""
        said = dict(self.cleaned_data)
        caretaker = said.pop("caretaker")
        said["caretaker_id"] = caretaker.pk if caretaker is not None else None
        return said


class AddForm(FactsForm):
    """Groups as a list of names."""

    field_order = ("names", "language", "region", "tier", "theme", "phone", "caretaker", "capacity")
    names = forms.CharField(
        label=gettext_lazy("Names of the groups"),
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("One a line, as they are called in WeChat. Fifty at once are fine."),
    )


class EditForm(FactsForm):
    """One group."""

    field_order = ("name", "language", "region", "tier", "theme", "phone", "caretaker", "capacity")
    name = forms.CharField(label=gettext_lazy("Name of the group"), max_length=255)


class EntryForm(forms.Form):
    """What was counted on a day."""

    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    heads = forms.IntegerField(label=gettext_lazy("People in the group"), required=False, min_value=0)
    messages = forms.IntegerField(label=gettext_lazy("Messages (about)"), required=False, min_value=0)
    active = forms.IntegerField(label=gettext_lazy("People who spoke"), required=False, min_value=0)
    joined = forms.IntegerField(label=gettext_lazy("New people"), required=False, min_value=0)
    left = forms.IntegerField(label=gettext_lazy("People who left"), required=False, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in counts.FIELDS:
            self.fields[name].widget.attrs["inputmode"] = "numeric"


@requires("spaces.view")
@require_safe
def group_list(request: HttpRequest) -> HttpResponse:
    """Every group, by name."""
    me = known(request)
    state = tables.read(_spec(), request.GET)
    table = paging.fetch(_found(state, me), state, count_cap=CAP)
    rows = [_row(group) for group in table.rows]
    shown = tables.Table(state, rows, table.next_key, table.previous_key, table.count)
    context = {"table": shown, "may_manage": me.may("tasks.manage"), "may_do": me.may("tasks.do")}
    return render(request, "console/assisted/list.html", context)


def _found(state: tables.State, me: Staff) -> QuerySet[AssistedGroup]:
    todo = Count("space__tasks", filter=Q(space__tasks__state=Task.State.OPEN))
    found = AssistedGroup.objects.select_related("space", "caretaker").annotate(
        todo=todo, heads_sorted=Coalesce(F("heads"), Value(-1), output_field=IntegerField())
    )
    found = found.filter(space__archived_at__isnull=state.value("state") != "archived")
    match state.value("state"):
        case "full":
            found = found.filter(heads__gte=F("capacity") * FULL_PERCENT / 100)
        case "stale":
            old = clock.now() - STALE
            found = found.filter(Q(heads_at__isnull=True) | Q(heads_at__lt=old))
    match state.value("who"):
        case "me":
            found = found.filter(caretaker=me)
        case "none":
            found = found.filter(caretaker=None)
    if state.value("phone"):
        found = found.filter(phone=state.value("phone"))
    if state.value("q"):
        found = found.filter(space__name__icontains=state.value("q"))
    return found


def _row(group: AssistedGroup) -> dict[str, Any]:
    return {
        "group": group,
        "is_full": is_full(group),
        "is_old": group.heads_at is not None and group.heads_at < clock.now() - STALE,
        "todo": getattr(group, "todo", 0),
    }


def is_full(group: AssistedGroup) -> bool:
    """Whether a group takes hardly anybody more."""
    return group.heads is not None and group.heads * 100 >= group.capacity * FULL_PERCENT


@requires("tasks.manage")
def group_add(request: HttpRequest) -> HttpResponse:
    """Write down groups that exist on a phone."""
    form = AddForm(request.POST or None, initial={"language": "zh-hans", "caretaker": known(request).pk})
    made: list[Space] = []

    def deed() -> None:
        said = form.facts()
        names = str(said.pop("names")).splitlines()
        made.extend(groups.add_groups(names, by=known(request).actor, **said))

    if request.method == "POST" and attempt(form, deed):
        said = ngettext("%(n)s group is here.", "%(n)s groups are here.", len(made)) % {"n": len(made)}
        messages.success(request, said)
        return SeeOther(reverse("console:wechat-groups"))
    context = {"form": form, "group": None}
    return render(request, "console/assisted/form.html", context, status=422 if form.errors else 200)


@requires("tasks.manage")
def group_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a group."""
    group = _group(slug)
    space = group.space
    initial = {
        "name": space.name, "language": space.language, "region": space.region, "tier": space.tier,
        "theme": space.theme, "phone": group.phone, "caretaker": group.caretaker_id,
        "capacity": group.capacity,
    }  # fmt: skip
    form = EditForm(request.POST or None, initial=initial)

    def deed() -> None:
        groups.edit_group(group.pk, by=known(request).actor, **form.facts())

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:wechat-group", args=[slug]))
    context = {"form": form, "group": group}
    return render(request, "console/assisted/form.html", context, status=422 if form.errors else 200)


@requires("spaces.view")
@require_safe
def group_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One group: its people over time, what was counted, what is to do."""
    return _page(request, _group(slug), EntryForm(initial={"day": _today()}))


@requires("tasks.do")
@require_POST
def group_count(request: HttpRequest, slug: str) -> HttpResponse:
    """Enter what was counted."""
    group = _group(slug)
    form = EntryForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        numbers = {name: said[name] for name in counts.FIELDS}
        counts.enter(group.pk, said["day"], numbers, by=known(request).actor)

    if attempt(form, deed):
        messages.success(request, _("Entered."))
        return SeeOther(reverse("console:wechat-group", args=[slug]))
    return _page(request, group, form, status=422)


@requires("tasks.manage")
@require_POST
def group_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Close a group here, or open it again."""
    space, by = _group(slug).space, known(request).actor
    back = reverse("console:wechat-group", args=[slug])
    if space.archived_at:
        return carry_out(
            request, lambda: channel_actions.unarchive_space(space.pk, by=by), _("Open again."), back
        )
    return carry_out(request, lambda: channel_actions.archive_space(space.pk, by=by), _("Archived."), back)


def _page(request: HttpRequest, group: AssistedGroup, form: EntryForm, status: int = 200) -> HttpResponse:
    entries = list(AssistedEntry.objects.filter(space_id=group.pk).order_by("-day")[:ENTRIES_SHOWN])
    names = actor_names({entry.by for entry in entries} | ({group.heads_by} if group.heads_by else set()))
    todo = Task.objects.filter(space_id=group.pk, state=Task.State.OPEN).order_by("due_at", "id")[:30]
    me = known(request)
    context = {
        "group": group,
        "space": group.space,
        "form": form,
        "entries": [(entry, names.get(entry.by, "")) for entry in entries],
        "drawing": _course(entries),
        "todo": todo,
        "is_full": is_full(group),
        "is_old": group.heads_at is not None and group.heads_at < clock.now() - STALE,
        "heads_by": names.get(group.heads_by, ""),
        "may_do": me.may("tasks.do"),
        "may_manage": me.may("tasks.manage"),
        "now": clock.now(),
    }
    return render(request, "console/assisted/group.html", context, status=status)


def _course(entries: list[AssistedEntry]) -> charts.Chart | None:
    """People in the group, day by day as they were counted."""
    rows = [
        {"at": datetime.combine(e.day, time(), UTC), "n": e.heads, "what": _("people")}
        for e in reversed(entries)
        if e.heads is not None
    ]
    if len(rows) < 2:
        return None
    labels = {"at": _("Day"), "n": _("People in it"), "what": _("What")}
    return charts.line(rows, x="at", y="n", series="what", labels=labels, height=150)


def _today() -> date:
    return timezone.localtime(clock.now()).date()


def _group(slug: str) -> AssistedGroup:
    return get_object_or_404(AssistedGroup.objects.select_related("space", "caretaker"), space__slug=slug)
