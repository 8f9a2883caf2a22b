"""The form of a gate's settings: whom it asks, what, what follows, the trial, and who is not asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.guard import gates_in_force
from guildhall.guard.actions.gates import means
from guildhall.guard.gates import settings as rules
from guildhall.guard.gates import words
from guildhall.guard.gates.settings import Breach, Kind, Settings, Then
from guildhall.guard.models import GateAttempt

_THEN = (
    (Then.KICK.value, _("sent away, may come back")),
    (Then.BAN.value, _("banned for a while")),
    (Then.MUTE.value, _("stays silent until a person looks")),
)
_NAMES = ("spare_invites", "spare_names")
KEYS = {
    "ways": ("asks_joined", "asks_requests", "asks_first"),
    "question": ("challenge", "rules"),
    "limits": ("tries", "minutes", "attempts_a_day"),
    "after": ("on_failure", "on_expiry", "ban_hours", "person_hours"),
    "trial": ("trial_messages", "trial_hours"),
    "kept": ("no_links", "no_media", "no_forwards", "no_mentions", "breach"),
    "spared": ("spare_added", "spare_verified", "spare_invites", "spare_names"),
}
"""Which fields stand together on the page."""


def _number(name: str, label: Any, help_text: Any = "") -> forms.IntegerField:
    least, most = rules.RANGES[name]
    return forms.IntegerField(label=label, min_value=least, max_value=most, help_text=help_text)


def _lines(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=20_000, help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class GateForm(forms.Form):
    """How a gate asks. Fields for ways this kind of space does not have are left out."""

    is_on = forms.BooleanField(label=_("The gate is on"), required=False)
    asks_joined = forms.BooleanField(
        label=_("Who joins is silent until they answer"),
        required=False,
        help_text=_("Asked in private where they have begun a talk with the bot, else in the group."),
    )
    asks_requests = forms.BooleanField(
        label=_("Requests to join are answered in private"),
        required=False,
        help_text=_("For groups and links that let people in by request. Nobody in the group sees anything."),
    )
    asks_first = forms.BooleanField(
        label=_("The first message waits for the answer"),
        required=False,
        help_text=_("It is shown when they have answered; the answer itself is shown to nobody."),
    )
    challenge = forms.ChoiceField(label=_("What is asked"), widget=forms.RadioSelect)
    rules = forms.BooleanField(
        label=_("Then the rules have to be accepted"),
        required=False,
        help_text=_("The rules of the space in the newcomer's language; which wording is kept."),
    )
    tries = _number("tries", _("Tries"))
    minutes = _number("minutes", _("Minutes to answer"))
    attempts_a_day = _number("attempts_a_day", _("Attempts a day for each account"))
    on_failure = forms.ChoiceField(label=_("Who answers wrongly is"), choices=_THEN)
    on_expiry = forms.ChoiceField(label=_("Who does not answer is"), choices=_THEN)
    ban_hours = _number("ban_hours", _("Hours of a ban"))
    person_hours = _number(
        "person_hours",
        _("Hours for a person to decide"),
        _("When somebody asks for one, or cannot be asked."),
    )
    trial_messages = _number("trial_messages", _("Trial: clean messages"), _("0: they are not counted."))
    trial_hours = _number(
        "trial_hours", _("Trial: hours"), _("0: no limit of time. The first of both ends it.")
    )
    no_links = forms.BooleanField(label=_("no links"), required=False)
    no_media = forms.BooleanField(label=_("no pictures and files"), required=False)
    no_forwards = forms.BooleanField(label=_("no forwarded messages"), required=False)
    no_mentions = forms.BooleanField(label=_("no mentions of others"), required=False)
    breach = forms.ChoiceField(
        label=_("What breaks this is"),
        choices=(
            (Breach.REMOVE.value, _("taken down with a friendly word, no strike")),
            (Breach.REVIEW.value, _("left standing and put before a moderator")),
        ),
    )
    spare_added = forms.BooleanField(label=_("People added by an administrator"), required=False)
    spare_verified = forms.BooleanField(label=_("Verified accounts"), required=False)
    spare_invites = _lines(
        _("Names of invite links and campaign codes"), _("One a line. Who comes by one of them is not asked.")
    )
    spare_names = _lines(_("People by @name or number"), _("One a line."))

    def __init__(self, *args: Any, space: Space, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["challenge"]
        assert isinstance(choice, forms.ChoiceField)
        typed = not means.has_buttons(space)
        kinds = (Kind.SUM, Kind.WORD) if typed else tuple(Kind)
        choice.choices = [(kind.value, str(words.KINDS[kind])) for kind in kinds]
        ways = means.ways_of(space)
        for way, name in (
            (GateAttempt.Way.JOINED, "asks_joined"),
            (GateAttempt.Way.REQUEST, "asks_requests"),
            (GateAttempt.Way.FIRST, "asks_first"),
        ):
            if way not in ways:
                del self.fields[name]
        if GateAttempt.Way.JOINED not in ways:
            for name in ("on_failure", "on_expiry", "ban_hours", "spare_added", "spare_invites"):
                del self.fields[name]
        if not gates_in_force.can_verify():
            del self.fields["spare_verified"]

    @classmethod
    def of(cls, settings: Settings, space: Space, *, is_on: bool) -> GateForm:
        """The form that shows these settings."""
        said = rules.to_json(settings)
        for name in _NAMES:
            said[name] = "\n".join(said[name])
        if not means.has_buttons(space) and said["challenge"] not in (Kind.SUM, Kind.WORD):
            said["challenge"] = Kind.WORD.value
        return cls(space=space, initial={**said, "is_on": is_on})

    def settings(self) -> Settings:
        """What was chosen. Raises BadInput; call it on a valid form."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "is_on"}
        for name in _NAMES:
            if name in said:
                said[name] = [line for line in str(said[name]).splitlines() if line.strip()]
        return rules.parse(said)

    def groups(self) -> dict[str, list[forms.BoundField]]:
        """The fields as they stand together, without those left out."""
        return {key: [self[name] for name in names if name in self.fields] for key, names in KEYS.items()}
