"""Checklists: what comes back every day, for the house or for each of its groups, and for whom.

Words may be written in one language only; then both readers see the same.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.channels.wecom.assisted import PLATFORM
from guildhall.compliance.acts import LABELS
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.console.tasks_page import tabs
from guildhall.core import clock
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.work import assisted
from guildhall.work.actions import checklists as actions
from guildhall.work.asking import COUNTS, Item, Proofs
from guildhall.work.days import minutes_of, time_of
from guildhall.work.models import Checklist, Task

WEEKDAYS = (
    (0, gettext_lazy("Mon")),
    (1, gettext_lazy("Tue")),
    (2, gettext_lazy("Wed")),
    (3, gettext_lazy("Thu")),
    (4, gettext_lazy("Fri")),
    (5, gettext_lazy("Sat")),
    (6, gettext_lazy("Sun")),
)
_COMMON_ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Taipei", "Asia/Dubai", "UTC")
_BLANK_LINES = 3


class ChecklistForm(forms.Form):
    """When, for which groups and for whom."""

    name_en = forms.CharField(label=gettext_lazy("Name (English)"), max_length=120, required=False)
    name_zh = forms.CharField(label=gettext_lazy("Name (Chinese)"), max_length=120, required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"), coerce=int, choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple
    )
    opens = forms.TimeField(
        label=gettext_lazy("Shown from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    due = forms.TimeField(
        label=gettext_lazy("Do it by"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    staff = forms.ModelChoiceField(
        Staff.objects.none(),
        label=gettext_lazy("Who does it"),
        required=False,
        empty_label=lazystr(gettext_lazy("whoever looks after the group")),
    )
    spaces = forms.ModelMultipleChoiceField(
        Space.objects.none(),
        label=gettext_lazy("For each of these groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: once for the whole house."),
    )

    def __init__(self, *args: Any, zone: str = "UTC", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff, spaces, zones = self.fields["staff"], self.fields["spaces"], self.fields["zone"]
        assert isinstance(staff, forms.ModelChoiceField)
        assert isinstance(spaces, forms.ModelMultipleChoiceField)
        assert isinstance(zones, forms.ChoiceField)
        staff.queryset = Staff.objects.filter(is_active=True).order_by("name", "email")
        spaces.queryset = Space.objects.filter(archived_at__isnull=True, platform=PLATFORM).order_by("name")
        first = dict.fromkeys((zone, *_COMMON_ZONES))
        rest = sorted(available_timezones() - set(first))
        zones.choices = [(name, name) for name in (*first, *rest)]


class ItemForm(forms.Form):
    """One line of a checklist."""

    item_id = forms.CharField(required=False, max_length=26, widget=forms.HiddenInput)
    title_en = forms.CharField(label=gettext_lazy("What (English)"), max_length=200, required=False)
    title_zh = forms.CharField(label=gettext_lazy("What (Chinese)"), max_length=200, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=(("item", gettext_lazy("tick off")), (assisted.HEADCOUNT, gettext_lazy("count the group"))),
    )
    proofs = forms.ChoiceField(
        label=gettext_lazy("Picture"),
        choices=(
            (Proofs.OPTIONAL.value, gettext_lazy("if you like")),
            (Proofs.REQUIRED.value, gettext_lazy("needed")),
            (Proofs.NONE.value, gettext_lazy("none")),
        ),
    )
    act = forms.ChoiceField(
        label=gettext_lazy("What the words are"),
        choices=[(act.value, lazystr(label)) for act, label in LABELS.items()],
        required=False,
        help_text=gettext_lazy("Checked for each group's region; refused words are left out."),
    )
    paste_en = forms.CharField(
        label=gettext_lazy("Words to paste (English)"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    paste_zh = forms.CharField(
        label=gettext_lazy("Words to paste (Chinese)"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def item(self) -> Item | None:
        """The line as written; None for an empty one."""
        said = self.cleaned_data
        title = both(said["title_en"], said["title_zh"])
        if not title.en:
            return None
        counts = said["kind"] == assisted.HEADCOUNT
        return Item(
            said["item_id"] or new_id(),
            title,
            said["kind"],
            paste=both(said["paste_en"], said["paste_zh"]),
            proofs=Proofs(said["proofs"]),
            asks=COUNTS if counts else (),
            act=said["act"] or "service",
        )


ItemFormSet = forms.formset_factory(ItemForm, extra=_BLANK_LINES, max_num=actions.MOST_ITEMS)


def both(english: str, chinese: str) -> Text:
    """Words in both languages; where one is missing the other stands for it."""
    english, chinese = english.strip(), chinese.strip()
    return Text(english or chinese, chinese or english)


@requires("tasks.view")
@require_safe
def checklists(request: HttpRequest) -> HttpResponse:
    """All checklists, with how they fare today."""
    open_now = Count("tasks", filter=Q(tasks__state=Task.State.OPEN))
    found = Checklist.objects.filter(archived_at=None).annotate(open_now=open_now).order_by("id")[:200]
    lines = [
        {
            "one": one,
            "name": str(one.called),
            "days": _days(one),
            "opens": time_of(one.opens).strftime("%H:%M"),
            "due": time_of(one.due).strftime("%H:%M"),
            "groups": one.spaces.count(),
        }
        for one in found
    ]
    context = {
        "lines": lines,
        "tabs": tabs(request, "checklists"),
        "may_manage": known(request).may("tasks.manage"),
    }
    return render(request, "console/tasks/checklists.html", context)


def _days(one: Checklist) -> str:
    if len(one.weekdays) == 7:
        return _("every day")
    if list(one.weekdays) == [0, 1, 2, 3, 4]:
        return _("weekdays")
    return " ".join(str(label) for day, label in WEEKDAYS if day in one.weekdays)


@requires("tasks.manage")
def checklist_new(request: HttpRequest) -> HttpResponse:
    """Write one."""
    me = known(request)
    zone = me.zone if me.zone != "UTC" else "Asia/Shanghai"
    initial = {"weekdays": list(range(7)), "opens": "09:00", "due": "21:00", "zone": zone}
    return _form(request, None, initial, _first_lines(), zone)


@requires("tasks.manage")
def checklist(request: HttpRequest, checklist_id: str) -> HttpResponse:
    """Change one; what is open from it today stays as it was asked."""
    one = get_object_or_404(Checklist, pk=checklist_id, archived_at=None)
    name = Text.from_json(one.name)
    initial = {
        "name_en": name.en,
        "name_zh": "" if name.zh == name.en else name.zh,
        "weekdays": one.weekdays,
        "opens": time_of(one.opens),
        "due": time_of(min(one.due, 24 * 60 - 1)),
        "zone": one.zone,
        "staff": one.assigned_to_id,
        "spaces": list(one.spaces.values_list("pk", flat=True)),
    }
    lines = [_line(Item.from_json(item)) for item in one.items]
    return _form(request, one, initial, lines, one.zone)


def _line(item: Item) -> dict[str, str]:
    return {
        "item_id": item.id,
        "title_en": item.title.en,
        "title_zh": "" if item.title.zh == item.title.en else item.title.zh,
        "kind": item.kind,
        "proofs": item.proofs.value,
        "act": item.act,
        "paste_en": item.paste.en,
        "paste_zh": "" if item.paste.zh == item.paste.en else item.paste.zh,
    }


def _first_lines() -> list[dict[str, str]]:
    """What a new checklist begins with: the three things most groups need."""
    return [
        {"title_en": "Say good morning", "title_zh": "发早安", "kind": "item", "proofs": "optional",
         "paste_en": "Good morning everybody!", "paste_zh": "大家早上好！"},
        {"title_en": "Read what was said, answer questions", "title_zh": "查看消息并回复提问", "kind": "item",
         "proofs": "none"},
        {"title_en": "Count the group", "title_zh": "统计群人数", "kind": assisted.HEADCOUNT,
         "proofs": "optional"},
    ]  # fmt: skip


def _form(
    request: HttpRequest, one: Checklist | None, initial: dict[str, Any], lines: list[Any], zone: str
) -> HttpResponse:
    form = ChecklistForm(request.POST or None, initial=initial, zone=zone)
    items = ItemFormSet(request.POST or None, initial=lines, prefix="items")
    made: list[Checklist] = []

    def deed() -> None:
        plan = _plan(form, [item for item in (each.item() for each in items) if item is not None])
        saved = actions.save_checklist(plan, by=known(request).actor, checklist_id=one.pk if one else "")
        actions.make_tasks_of(saved.pk, clock.now())
        made.append(saved)

    if request.method == "POST" and items.is_valid() and attempt(form, deed):
        messages.success(request, _("Saved. Its tasks of today are open."))
        return SeeOther(reverse("console:checklists"))
    context = {"form": form, "items": items, "one": one, "tabs": tabs(request, "checklists")}
    wrong = request.method == "POST"
    return render(request, "console/tasks/checklist.html", context, status=422 if wrong else 200)


def _plan(form: ChecklistForm, items: list[Item]) -> actions.Plan:
    said = form.cleaned_data
    staff = said["staff"]
    return actions.Plan(
        both(said["name_en"], said["name_zh"]),
        tuple(items),
        tuple(said["weekdays"]),
        minutes_of(said["opens"]),
        minutes_of(said["due"]) or 24 * 60,
        said["zone"],
        tuple(said["spaces"].values_list("pk", flat=True)),
        staff_id=staff.pk if staff is not None else None,
    )


@requires("tasks.manage")
@require_POST
def checklist_pause(request: HttpRequest, checklist_id: str) -> HttpResponse:
    """Ask nothing for a while, or again."""
    one, by = get_object_or_404(Checklist, pk=checklist_id), known(request).actor
    back = reverse("console:checklists")
    if one.paused_at is None:
        return carry_out(request, lambda: actions.pause_checklist(one.pk, by=by), _("Paused."), back)
    return carry_out(request, lambda: actions.resume_checklist(one.pk, by=by), _("At work again."), back)


@requires("tasks.manage")
@require_POST
def checklist_archive(request: HttpRequest, checklist_id: str) -> HttpResponse:
    """Close it for good."""
    by = known(request).actor
    return carry_out(
        request,
        lambda: actions.archive_checklist(checklist_id, by=by),
        _("Closed."),
        reverse("console:checklists"),
    )
