"""The form a deal is written in, and the way from it to the terms as data and back.

Rates are typed as percentages and volumes in whole coins of the reference asset; what leaves this form are
parts per million and base units, never a float. A reader who prefers it writes the same terms as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guildhall.console.deal_fields import AmountField, RateField, flags, said_amount, said_rate
from guildhall.console.deal_later import CAPS, LaterTerms, initial_later
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

TIERS = 10
SHOWN_TIERS = 3
Terms = dict[str, Any]


class DealForm(LaterTerms):
    """The terms of one version of a deal."""

    valid_from = forms.DateTimeField(
        label=gettext_lazy("In force from (UTC)"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("What was in force until then ends at this moment."),
    )
    valid_to = forms.DateTimeField(
        label=gettext_lazy("Until (UTC, not including)"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Left empty it holds until another version takes over."),
    )
    tier_basis = forms.ChoiceField(
        label=gettext_lazy("The tier follows the volume of"),
        choices=(
            ("current_month", gettext_lazy("the same month, later trades included")),
            ("previous_month", gettext_lazy("the month before")),
        ),
        widget=forms.RadioSelect,
    )
    kickback = RateField(
        label=gettext_lazy("Back to the trader"),
        required=False,
        help_text=gettext_lazy("Share of the pool that goes to the trader, in percent."),
    )
    override_parent = forms.ChoiceField(label=gettext_lazy("Override to"), required=False)
    override_rate = RateField(
        label=gettext_lazy("Share of the pool"), required=False, help_text=gettext_lazy("In percent.")
    )
    override_funded = forms.ChoiceField(
        label=gettext_lazy("Paid by"),
        required=False,
        choices=(("house", gettext_lazy("the house")), ("partner", gettext_lazy("the partner"))),
    )
    exclude_flags = forms.CharField(
        label=gettext_lazy("No commission on trades marked"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy("Marks of the exchange, apart by commas, such as zero_fee, vip3, bonus."),
    )
    term_months = forms.IntegerField(
        label=gettext_lazy("Months an account earns"),
        required=False,
        min_value=0,
        max_value=1_200,
        help_text=gettext_lazy("Counted from the day it was bound. Left empty it earns for life."),
    )
    note = forms.CharField(
        label=gettext_lazy("What changes, and why"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, parents: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, TIERS + 1):
            self.fields[f"tier_{number}_volume"] = AmountField(
                label=gettext_lazy("From a volume of"), required=False
            )
            self.fields[f"tier_{number}_rate"] = RateField(label=gettext_lazy("Share"), required=False)
        field = self.fields["override_parent"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("to nobody")), *parents]

    @property
    def tiers(self) -> list[tuple[Any, Any, bool]]:
        """(volume, rate, shown at once) of every tier's fields, for the page."""
        rows = []
        for number in range(1, TIERS + 1):
            volume, rate = self[f"tier_{number}_volume"], self[f"tier_{number}_rate"]
            filled = bool(volume.value() or rate.value() or volume.errors or rate.errors)
            rows.append((volume, rate, filled or number <= SHOWN_TIERS))
        return rows

    def clean_exclude_flags(self) -> list[str]:
        return flags(self.cleaned_data.get("exclude_flags"))

    def clean_valid_from(self) -> datetime | None:
        return _as_utc(self.cleaned_data.get("valid_from"))

    def clean_valid_to(self) -> datetime | None:
        return _as_utc(self.cleaned_data.get("valid_to"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        begun, ended = said.get("valid_from"), said.get("valid_to")
        if begun and ended and ended <= begun:
            self.add_error("valid_to", _("It must end after it begins."))
        for number in range(1, TIERS + 1):
            volume, rate = said.get(f"tier_{number}_volume"), said.get(f"tier_{number}_rate")
            if volume is not None and rate is None and f"tier_{number}_rate" not in self.errors:
                self.add_error(f"tier_{number}_rate", _("Say which share this tier earns."))
            if volume is None and rate is not None and f"tier_{number}_volume" not in self.errors:
                said[f"tier_{number}_volume"] = 0
        seen: set[int] = set()
        for number in range(1, TIERS + 1):
            volume = said.get(f"tier_{number}_volume")
            if volume in seen:
                self.add_error(f"tier_{number}_volume", _("Two tiers begin at this volume."))
            elif volume is not None:
                seen.add(volume)
        if not _tiers(said) and not self.errors:
            self.add_error("tier_1_rate", _("Write at least one tier; 0 % is one too."))
        if said.get("override_parent") and said.get("override_rate") is None and not self.errors:
            self.add_error("override_rate", _("Say how much of the pool."))
        self.check_later(said)
        return said

    def terms(self) -> Terms:
        """The terms as data, without partner and version. Only for a valid form."""
        said = self.cleaned_data
        parent = said.get("override_parent")
        return {
            "valid_from": _written(said.get("valid_from")),
            "valid_to": _written(said.get("valid_to")),
            "tier_basis": said["tier_basis"],
            "tiers": [{"min_volume": volume, "rate_ppm": rate} for volume, rate in sorted(_tiers(said))],
            "kickback_ppm": said.get("kickback") or 0,
            "override": {
                "parent": parent,
                "ppm": said.get("override_rate") or 0,
                "funded_by": said.get("override_funded") or "house",
            }
            if parent
            else None,
            "exclude_flags": said.get("exclude_flags") or [],
            "term_months": said.get("term_months"),
            **self.later_terms(),
        }


def initial(terms: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows for terms as data."""
    override = terms.get("override") or {}
    shown: dict[str, Any] = {
        "valid_from": _moment(terms.get("valid_from")),
        "valid_to": _moment(terms.get("valid_to")),
        "tier_basis": terms.get("tier_basis", "current_month"),
        "kickback": said_rate(terms["kickback_ppm"]) if terms.get("kickback_ppm") else "",
        "override_parent": override.get("parent", ""),
        "override_rate": said_rate(override["ppm"]) if override else "",
        "override_funded": override.get("funded_by", "house"),
        "exclude_flags": ", ".join(terms.get("exclude_flags") or ()),
        "term_months": terms.get("term_months"),
        **initial_later(terms),
    }
    for number, tier in enumerate(sorted(terms.get("tiers") or (), key=lambda one: one["min_volume"]), 1):
        shown[f"tier_{number}_volume"] = said_amount(tier["min_volume"])
        shown[f"tier_{number}_rate"] = said_rate(tier["rate_ppm"])
    return shown


def fits(terms: Mapping[str, Any]) -> bool:
    """Whether the form can show these terms whole; otherwise they are edited as JSON."""
    return len(terms.get("tiers") or ()) <= TIERS and len(terms.get("caps") or ()) <= CAPS


class SourceForm(forms.Form):
    """The same terms as JSON."""

    source = forms.CharField(
        label=gettext_lazy("Terms as JSON"),
        max_length=50_000,
        strip=False,
        widget=forms.Textarea(attrs={"class": "code-input", "spellcheck": "false", "rows": 26}),
        help_text=gettext_lazy("Volumes in base units (1e-8), shares in parts per million."),
    )
    note = forms.CharField(
        label=gettext_lazy("What changes, and why"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_source(self) -> Terms:
        text = str(self.cleaned_data["source"])
        try:
            terms = json.loads(text, parse_float=_no_float)
        except json.JSONDecodeError as wrong:
            raise forms.ValidationError(
                _("Line %(line)s cannot be read: %(why)s") % {"line": wrong.lineno, "why": wrong.msg}
            ) from wrong
        except BadInput as wrong:
            raise forms.ValidationError(str(wrong.text)) from wrong
        if not isinstance(terms, dict):
            raise forms.ValidationError(_("The terms are one object, between { and }."))
        return {key: value for key, value in terms.items() if key not in ("partner", "version")}

    def terms(self) -> Terms:
        """The terms as data. Only for a valid form."""
        return dict(self.cleaned_data["source"])


def as_source(terms: Mapping[str, Any]) -> str:
    """Terms as a person reads and edits them."""
    return json.dumps(terms, ensure_ascii=False, indent=2)


def _no_float(text: str) -> Any:
    raise BadInput(
        Text(
            f"{text}: amounts and shares are whole numbers here.",
            f"{text}：此处的金额与比例必须为整数。",
        ),
        field="source",
    )


def _tiers(said: Mapping[str, Any]) -> list[tuple[int, int]]:
    found = []
    for number in range(1, TIERS + 1):
        volume, rate = said.get(f"tier_{number}_volume"), said.get(f"tier_{number}_rate")
        if volume is not None and rate is not None:
            found.append((volume, rate))
    return found


def _as_utc(at: datetime | None) -> datetime | None:
    """What was typed is UTC, whatever zone the reader works in: a deal holds for everybody at once."""
    return at.replace(tzinfo=UTC) if at is not None else None


def _written(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
