"""The form of a handover: what its writer types, read into the values that `desk.actions.handover` takes.

Times are typed and shown in the writer's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy

from guildhall.desk import on_hand, scope
from guildhall.desk.actions.handover import Written
from guildhall.desk.handover.parts import Action, Watch
from guildhall.desk.models import Handover, HandoverLine

_BLANK = 2
_MOST = 40
_WHEN = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class NoteForm(forms.Form):
    """The note as a whole: how serious, what is going on, for whom."""

    severity = forms.ChoiceField(
        label=gettext_lazy("How serious it is"),
        choices=Handover.Severity.choices,
        widget=forms.RadioSelect,
    )
    summary = forms.CharField(
        label=gettext_lazy("What is going on"),
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    to_staff = forms.TypedChoiceField(
        label=gettext_lazy("Who takes over"), coerce=int, empty_value=None, required=False
    )
    nothing_to_do = forms.BooleanField(label=gettext_lazy("There is nothing to do."), required=False)
    nothing_to_watch = forms.BooleanField(label=gettext_lazy("There is nothing to watch."), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who = self.fields["to_staff"]
        assert isinstance(who, forms.TypedChoiceField)
        who.choices = [("", lazystr(gettext_lazy("whoever comes first"))), *people]


class ActionForm(forms.Form):
    """One thing to be done."""

    text = forms.CharField(label=gettext_lazy("What"), max_length=300, required=False)
    owner = forms.TypedChoiceField(
        label=gettext_lazy("Done by"), coerce=int, empty_value=None, required=False
    )
    due_at = forms.DateTimeField(label=gettext_lazy("By when"), required=False, widget=_WHEN)
    ticket = forms.CharField(required=False, max_length=26, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who = self.fields["owner"]
        assert isinstance(who, forms.TypedChoiceField)
        who.choices = [("", lazystr(gettext_lazy("whoever takes over"))), *people]

    def action(self) -> Action | None:
        """The line as written; None for an empty one."""
        said = self.cleaned_data
        if not said.get("text", "").strip():
            return None
        return Action(said["text"], said["due_at"], said["owner"], said["ticket"])


class WatchForm(forms.Form):
    """What may happen, and what to do then."""

    when = forms.CharField(label=gettext_lazy("If"), max_length=300, required=False)
    then = forms.CharField(label=gettext_lazy("Then"), max_length=300, required=False)
    ticket = forms.CharField(required=False, max_length=26, widget=forms.HiddenInput)

    def watch(self) -> Watch | None:
        """The line as written; None for an empty one."""
        said = self.cleaned_data
        if not said.get("when", "").strip() and not said.get("then", "").strip():
            return None
        return Watch(said["when"], said["then"], said["ticket"])


class LineForm(forms.Form):
    """One ticket of the note."""

    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=Handover.Severity.choices)
    word = forms.CharField(label=gettext_lazy("A word on it"), max_length=300, required=False)


ActionFormSet = forms.formset_factory(ActionForm, extra=_BLANK, max_num=_MOST)
WatchFormSet = forms.formset_factory(WatchForm, extra=_BLANK, max_num=_MOST)


class NoteForms:
    """All forms of one note together; bound when something was posted."""

    def __init__(self, note: Handover, lines: Sequence[HandoverLine], posted: QueryDict | None) -> None:
        people = receivers(note)
        self.note = NoteForm(posted, people=people, initial=None if posted else _note(note))
        self.actions = ActionFormSet(
            posted,
            prefix="actions",
            form_kwargs={"people": people},
            initial=None if posted else list(_actions(note)),
        )
        self.watches = WatchFormSet(
            posted, prefix="watches", initial=None if posted else list(_watches(note))
        )
        self.lines = {
            line.ticket_id: LineForm(
                posted,
                prefix=f"line-{line.ticket_id}",
                initial=None if posted else {"severity": line.severity, "word": line.note},
            )
            for line in lines
        }

    def is_valid(self) -> bool:
        """Whether everything can be read."""
        known = [form.is_valid() for form in self.lines.values()]
        return all([self.note.is_valid(), self.actions.is_valid(), self.watches.is_valid(), *known])

    def written(self) -> Written:
        """What was typed. Only of a valid form."""
        said = self.note.cleaned_data
        actions = [form.action() for form in self.actions]
        watches = [form.watch() for form in self.watches]
        return Written(
            severity=said["severity"],
            summary=said["summary"],
            actions=tuple(one for one in actions if one is not None),
            watches=tuple(one for one in watches if one is not None),
            lines={
                pk: (form.cleaned_data["severity"], form.cleaned_data["word"])
                for pk, form in self.lines.items()
            },
            nothing_to_do=said["nothing_to_do"],
            nothing_to_watch=said["nothing_to_watch"],
            to_staff=said["to_staff"],
        )


def receivers(note: Handover) -> list[tuple[int, str]]:
    """Who may take a note over: those on duty when the shift ends first, then the other colleagues of its
    side.
    """
    staff = scope.colleagues_of(note.staff).filter(is_active=True).exclude(pk=note.staff_id)
    able = {one.pk: one for one in staff.prefetch_related("grants") if one.may("desk.work")}
    if not scope.is_outsourced(note.staff):
        able = {pk: one for pk, one in able.items() if not scope.is_outsourced(one)}
    there = on_hand.present(note.ends_at)
    ordered = sorted(able.values(), key=lambda one: (one.pk not in there, one.name, one.pk))
    return [(one.pk, f"{one.name} ●" if one.pk in there else one.name) for one in ordered]


def _note(note: Handover) -> dict[str, Any]:
    return {
        "severity": note.severity,
        "summary": note.summary,
        "to_staff": note.to_staff_id,
        "nothing_to_do": note.nothing_to_do,
        "nothing_to_watch": note.nothing_to_watch,
        "revision": note.revision,
    }


def _actions(note: Handover) -> Iterable[dict[str, Any]]:
    for one in note.actions.order_by("due_at", "id"):
        yield {"text": one.text, "owner": one.owner_id, "due_at": one.due_at, "ticket": one.ticket_id or ""}


def _watches(note: Handover) -> Iterable[dict[str, Any]]:
    for one in note.watches:
        yield {"when": one.get("if", ""), "then": one.get("then", ""), "ticket": one.get("ticket", "")}
