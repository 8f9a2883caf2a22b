"""What may be done about a member from their page: warn, mute, ban, lift, undo, and say whose account it is.

The same actions as a moderator's commands in the chat; what the platform or the rules refuse comes back as an
error that names the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from guildhall.channels.models import SpaceMember
from guildhall.console.house_words import actor_names
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import standing
from guildhall.guard.actions import Hand, Taken, take_measure
from guildhall.guard.models import HandMeasure
from guildhall.guard.types import Measure
from guildhall.people import queries
from guildhall.people.models import Account, Staff

Kind = HandMeasure.Kind
SHOWN = 50
_KINDS = {"warn": Kind.WARN, "restrict": Kind.MUTE, "ban": Kind.BAN}


class StandingForm(forms.Form):
    """Warn, mute, ban or lift it, in one space or in all of them."""

    measure = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=(
            ("warn", gettext_lazy("Warn: a strike on the ladder")),
            ("restrict", gettext_lazy("Restrict: may read, not write")),
            ("ban", gettext_lazy("Ban: out, and may not come back")),
            ("lift", gettext_lazy("Lift what stands")),
        ),
    )
    where = forms.ChoiceField(label=gettext_lazy("Where"))
    hours = forms.IntegerField(
        label=gettext_lazy("For how many hours"),
        min_value=1,
        max_value=8784,
        required=False,
        initial=24,
        help_text=gettext_lazy("Empty: until somebody lifts it. A warning needs none."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}), required=True
    )

    def __init__(self, *args: Any, memberships: list[SpaceMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = self.fields["where"]
        assert isinstance(where, forms.ChoiceField)
        everywhere = [("all", _("every space"))] if len(memberships) > 1 else []
        where.choices = everywhere + [(str(one.pk), one.space.name) for one in memberships]


class WhoseForm(forms.Form):
    """Which colleague speaks through an account."""

    account = forms.ChoiceField(label=gettext_lazy("Account"))
    colleague = forms.ChoiceField(
        label=gettext_lazy("Belongs to"),
        required=False,
        help_text=gettext_lazy(
            "What this account asks for in the chat then counts as asked by that colleague."
        ),
    )

    def __init__(self, *args: Any, accounts: Sequence[tuple[Account, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account, colleague = self.fields["account"], self.fields["colleague"]
        assert isinstance(account, forms.ChoiceField)
        assert isinstance(colleague, forms.ChoiceField)
        account.choices = [(one.pk, f"{one.platform} · {name}") for one, name in accounts]
        working = Staff.objects.filter(is_active=True).order_by("name", "pk")
        colleague.choices = [("", _("nobody here")), *((str(one.pk), str(one)) for one in working)]


@dataclass(frozen=True, slots=True)
class Line:
    """One measure as the page shows it."""

    measure: HandMeasure
    by: str
    undone_by: str


def measures_of(accounts: Sequence[Account], reader: Staff) -> list[Line]:
    """What was done about these accounts by hand, latest first."""
    found = list(
        HandMeasure.objects.filter(account__in=accounts).select_related("space").order_by("-id")[:SHOWN]
    )
    actors = {actor for one in found for actor in (one.by, one.undone_by) if actor}
    names = actor_names(actors)
    chatters = {actor.removeprefix("account:") for actor in actors if actor.startswith("account:")}
    for account in Account.objects.filter(pk__in=chatters):
        names[f"account:{account.pk}"] = queries.mask_account(account, reader)
    return [Line(one, names.get(one.by, ""), names.get(one.undone_by, "")) for one in found]


def carry_out(form: StandingForm, memberships: Sequence[SpaceMember], by: str) -> list[Taken]:
    """Do what the form says, everywhere or nowhere. Raises BadInput, NotAllowed, Unsupported."""
    said = form.cleaned_data
    chosen = [one for one in memberships if said["where"] in ("all", str(one.pk))]
    seconds = int(said["hours"] or 0) * 3600
    wanted = [
        Hand(
            kind,
            one.space_id,
            one.account_id,
            by,
            seconds=seconds if kind in (Kind.MUTE, Kind.BAN) else 0,
            reason=said["reason"],
        )
        for one in chosen
        for kind in _kinds(said["measure"], one)
    ]
    if not wanted:
        raise BadInput(Text("There is nothing to lift.", "没有可解除的限制。"), field="measure")
    with transaction.atomic():
        return [take_measure(one) for one in wanted]


def said_of(done: Sequence[Taken]) -> str:
    """What to tell whoever did it."""
    followed = [one.followed for one in done if one.followed is not None]
    by_hand = [str(one.by_hand) for one in done if one.by_hand is not None]
    if all(one.measure.kind == Kind.WARN for one in done):
        told = _("Warned.")
    else:
        told = _("Asked of the platform. It shows here as soon as it is done.")
    if followed:
        more = ngettext(
            "The ladder asked for %(n)s measure more.",
            "The ladder asked for %(n)s measures more.",
            len(followed),
        )
        told += " " + more % {"n": len(followed)}
    return " ".join([told, *by_hand])


def _kinds(measure: str, one: SpaceMember) -> tuple[HandMeasure.Kind, ...]:
    if measure != "lift":
        return (_KINDS[measure],)
    held = (("restricted", Measure.RESTRICT, Kind.UNMUTE), ("banned", Measure.BAN, Kind.UNBAN))
    return tuple(
        lifting
        for state, called, lifting in held
        if one.state == state or standing.called_for(one.space_id, one.account_id, called) is not None
    )
