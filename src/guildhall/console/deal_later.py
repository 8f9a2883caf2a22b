"""The part of the form of a deal that belongs to the later steps of settlement: a fixed amount for each
account that qualifies, caps, losses carried over, and how long an amount is held before it can be paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guildhall.console.deal_fields import AmountField, flags, said_amount

CAPS = 3
MOST_DAYS = 3_660
OF: tuple[tuple[str, Any], ...] = (
    ("partner", gettext_lazy("the partner")),
    ("account", gettext_lazy("each account")),
    ("trade", gettext_lazy("each trade")),
)
PER: tuple[tuple[str, Any], ...] = (
    ("month", gettext_lazy("a month")),
    ("day", gettext_lazy("a day")),
    ("lifetime", gettext_lazy("its whole time")),
    ("trade", gettext_lazy("a trade")),
)
SHARES: tuple[tuple[str, Any], ...] = (
    ("with", gettext_lazy("is paid beside it")),
    ("after_recovered", gettext_lazy("is paid once it exceeds the amount")),
    ("none", gettext_lazy("is not paid")),
)
CARRY: tuple[tuple[str, Any], ...] = (
    ("none", gettext_lazy("the house bears it")),
    ("month", gettext_lazy("is set off within its month")),
    ("forward", gettext_lazy("is carried into the months after")),
)


class LaterTerms(forms.Form):
    """Fields of the later steps; all may stay empty."""

    cpa_amount = AmountField(
        label=gettext_lazy("For each account that qualifies"),
        required=False,
        help_text=gettext_lazy("A fixed amount, once for each account. Left empty there is none."),
    )
    cpa_asset = forms.CharField(label=gettext_lazy("Asset"), required=False, max_length=30)
    cpa_within = forms.IntegerField(
        label=gettext_lazy("Within days of its binding"), required=False, min_value=1, max_value=MOST_DAYS
    )
    cpa_deposit = AmountField(label=gettext_lazy("It must deposit"), required=False)
    cpa_deposit_asset = forms.CharField(label=gettext_lazy("Asset"), required=False, max_length=30)
    cpa_volume = AmountField(label=gettext_lazy("It must trade a volume of"), required=False)
    cpa_active = forms.IntegerField(
        label=gettext_lazy("On days"), required=False, min_value=0, max_value=MOST_DAYS
    )
    cpa_share = forms.ChoiceField(
        label=gettext_lazy("Commission on the same account"), required=False, choices=SHARES
    )
    carry = forms.ChoiceField(
        label=gettext_lazy("A loss"),
        required=False,
        choices=CARRY,
        help_text=gettext_lazy("When what is taken back exceeds what was earned."),
    )
    hold_days = forms.IntegerField(
        label=gettext_lazy("Days until it can be paid"),
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
        help_text=gettext_lazy("Left empty it can be paid once the day is settled."),
    )
    hold_flags = forms.CharField(
        label=gettext_lazy("Held while trades are marked"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy("A person releases what is held. Apart by commas."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, CAPS + 1):
            self.fields[f"cap_{number}_amount"] = AmountField(label=gettext_lazy("At most"), required=False)
            self.fields[f"cap_{number}_asset"] = forms.CharField(
                label=gettext_lazy("Asset"), required=False, max_length=30
            )
            self.fields[f"cap_{number}_of"] = forms.ChoiceField(
                label=gettext_lazy("For"), required=False, choices=OF
            )
            self.fields[f"cap_{number}_per"] = forms.ChoiceField(
                label=gettext_lazy("In"), required=False, choices=PER
            )

    @property
    def caps(self) -> list[tuple[Any, Any, Any, Any]]:
        """(amount, asset, of, per) of every cap's fields, for the page."""
        return [
            (
                self[f"cap_{n}_amount"], self[f"cap_{n}_asset"], self[f"cap_{n}_of"], self[f"cap_{n}_per"],
            )
            for n in range(1, CAPS + 1)
        ]  # fmt: skip

    @property
    def has_later(self) -> bool:
        """Whether anything of this part is filled in, or wrong."""
        names = ["cpa_amount", "hold_days", "hold_flags", *(f"cap_{n}_amount" for n in range(1, CAPS + 1))]
        return any(self[name].value() for name in names) or self["carry"].value() not in (None, "", "none")

    def clean_hold_flags(self) -> list[str]:
        return flags(self.cleaned_data.get("hold_flags"))

    def check_later(self, said: Mapping[str, Any]) -> None:
        """What of this part does not fit together, said at its field."""
        if said.get("cpa_amount") is not None:
            for name in ("cpa_asset", "cpa_within"):
                if not said.get(name):
                    self._miss(name)
            if said.get("cpa_deposit") and not said.get("cpa_deposit_asset"):
                self._miss("cpa_deposit_asset")
            if said["cpa_amount"] == 0:
                self.add_error("cpa_amount", _("Leave it empty when there is none."))
        for number in range(1, CAPS + 1):
            if said.get(f"cap_{number}_amount") is None:
                continue
            if not said.get(f"cap_{number}_asset"):
                self._miss(f"cap_{number}_asset")
            of, per = said.get(f"cap_{number}_of"), said.get(f"cap_{number}_per")
            if (of == "trade") != (per == "trade"):
                self.add_error(f"cap_{number}_per", _("A cap of a trade is per trade."))

    def later_terms(self) -> dict[str, Any]:
        """The terms of the later steps that are set, as data."""
        said = self.cleaned_data
        found: dict[str, Any] = {}
        if said.get("cpa_amount"):
            found["cpa"] = {
                "units": said["cpa_amount"],
                "asset": said["cpa_asset"].strip().upper(),
                "within_days": said["cpa_within"],
                "min_deposit": said.get("cpa_deposit") or 0,
                "deposit_asset": (said.get("cpa_deposit_asset") or "").strip().upper(),
                "min_volume": said.get("cpa_volume") or 0,
                "active_days": said.get("cpa_active") or 0,
                "share": said.get("cpa_share") or "with",
            }
        caps = [
            {
                "units": said[f"cap_{n}_amount"],
                "asset": said[f"cap_{n}_asset"].strip().upper(),
                "of": said[f"cap_{n}_of"] or "partner",
                "per": said[f"cap_{n}_per"] or "month",
            }
            for n in range(1, CAPS + 1)
            if said.get(f"cap_{n}_amount") is not None
        ]
        if caps:
            found["caps"] = caps
        if said.get("carry") and said["carry"] != "none":
            found["carry"] = said["carry"]
        if said.get("hold_days"):
            found["hold_days"] = said["hold_days"]
        if said.get("hold_flags"):
            found["hold_flags"] = said["hold_flags"]
        return found

    def _miss(self, name: str) -> None:
        if name not in self.errors:
            self.add_error(name, _("Say it here as well."))


def initial_later(terms: Mapping[str, Any]) -> dict[str, Any]:
    """What this part of the form shows for terms as data."""
    cpa = terms.get("cpa") or {}
    shown: dict[str, Any] = {
        "carry": terms.get("carry") or "none",
        "hold_days": terms.get("hold_days") or "",
        "hold_flags": ", ".join(terms.get("hold_flags") or ()),
    }
    if cpa:
        shown |= {
            "cpa_amount": said_amount(cpa["units"]),
            "cpa_asset": cpa["asset"],
            "cpa_within": cpa["within_days"],
            "cpa_deposit": said_amount(cpa["min_deposit"]) if cpa.get("min_deposit") else "",
            "cpa_deposit_asset": cpa.get("deposit_asset", ""),
            "cpa_volume": said_amount(cpa["min_volume"]) if cpa.get("min_volume") else "",
            "cpa_active": cpa.get("active_days") or "",
            "cpa_share": cpa.get("share", "with"),
        }
    for number, cap in enumerate(terms.get("caps") or (), 1):
        shown |= {
            f"cap_{number}_amount": said_amount(cap["units"]),
            f"cap_{number}_asset": cap["asset"],
            f"cap_{number}_of": cap["of"],
            f"cap_{number}_per": cap["per"],
        }
    return shown
