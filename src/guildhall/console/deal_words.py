"""A deal in words: its terms row by row as people read them, and what one version changes against another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console.deal_later import CARRY, OF, PER, SHARES
from guildhall.ui import amounts

Terms = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One term of a deal: what it is called and what it says."""

    key: str
    label: str
    said: str


@dataclass(frozen=True, slots=True)
class Change:
    """A term that differs: as it is and as it would be; an empty side has no such term."""

    label: str
    before: str
    after: str


def rows(terms: Terms, name_of: Callable[[str], str] = str) -> list[Row]:
    """Every term that is there. `name_of` says what a partner is called by its id."""
    found = [
        ("valid_from", Row("when", _("In force"), span(terms.get("valid_from"), terms.get("valid_to")))),
        *(("tiers", row) for row in _tiers(terms)),
        ("tier_basis", Row("basis", _("Tier follows"), basis(str(terms.get("tier_basis", ""))))),
        ("kickback_ppm", Row("kickback", _("Back to the trader"), _kickback(terms.get("kickback_ppm")))),
        ("override", Row("override", _("Override"), _override(terms.get("override"), name_of))),
        (
            "exclude_flags",
            Row("flags", _("No commission on"), ", ".join(terms.get("exclude_flags") or ()) or "—"),
        ),
        ("term_months", Row("term", _("An account earns for"), _term(terms.get("term_months")))),
    ]
    return [*(row for term, row in found if term in terms), *_later(terms)]


def changes(before: Terms | None, after: Terms, name_of: Callable[[str], str] = str) -> list[Change]:
    """What `after` says otherwise than `before`, in the order of the terms; all of it when there was none."""
    old = {row.key: row for row in rows(before, name_of)} if before is not None else {}
    new = {row.key: row for row in rows(after, name_of)}
    keys = [*new, *(key for key in old if key not in new)]
    return [
        Change((new.get(key) or old[key]).label, _said(old.get(key)), _said(new.get(key)))
        for key in keys
        if _said(old.get(key)) != _said(new.get(key))
    ]


def in_short(terms: Terms) -> str:
    """A deal in one line: its shares from the lowest tier to the highest, and what else it pays."""
    shares = [one["rate_ppm"] for one in sorted(terms.get("tiers") or (), key=lambda one: one["min_volume"])]
    if not shares:
        return "—"
    low, high = min(shares), max(shares)
    parts = [amounts.percent(low) if low == high else f"{amounts.exact(low, 4)}–{amounts.percent(high)}"]
    if terms.get("kickback_ppm"):
        parts.append(_("%(share)s back") % {"share": amounts.percent(terms["kickback_ppm"])})
    if terms.get("override"):
        parts.append(_("%(share)s override") % {"share": amounts.percent(terms["override"]["ppm"])})
    if terms.get("cpa"):
        cpa = terms["cpa"]
        parts.append(_("%(amount)s an account") % {"amount": f"{amounts.exact(cpa['units'])} {cpa['asset']}"})
    return " · ".join(parts)


def basis(code: str) -> str:
    """Which month's volume chooses the tier."""
    return {
        "current_month": _("the volume of the same month, later trades included"),
        "previous_month": _("the volume of the month before"),
    }.get(code, code)


def span(begun: str | None, ended: str | None) -> str:
    """A half-open span of UTC moments in words."""
    if begun and ended:
        return _("%(begun)s until %(ended)s") % {"begun": moment(begun), "ended": moment(ended)}
    if begun:
        return _("from %(begun)s") % {"begun": moment(begun)}
    if ended:
        return _("until %(ended)s") % {"ended": moment(ended)}
    return _("always")


def moment(text: str) -> str:
    """A moment of a deal: its day, and the clock where it is not midnight; UTC."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at:%Y-%m-%d}" if (at.hour, at.minute, at.second) == (0, 0, 0) else f"{at:%Y-%m-%d %H:%M} UTC"


def _tiers(terms: Terms) -> list[Row]:
    tiers = sorted(terms.get("tiers") or (), key=lambda one: one["min_volume"])
    return [
        Row(
            f"tier {one['min_volume']}",
            _("From volume %(volume)s") % {"volume": amounts.exact(one["min_volume"])},
            _("%(share)s of the fee") % {"share": amounts.percent(one["rate_ppm"])},
        )
        for one in tiers
    ]


def _kickback(rate: int | None) -> str:
    return _("%(share)s of the pool") % {"share": amounts.percent(rate)} if rate else _("nothing")


def _override(override: Mapping[str, Any] | None, name_of: Callable[[str], str]) -> str:
    if not override:
        return _("to nobody")
    said = (
        _("%(share)s of the pool to %(who)s, paid by the partner")
        if override.get("funded_by") == "partner"
        else _("%(share)s of the pool to %(who)s, paid by the house")
    )
    return said % {"share": amounts.percent(override["ppm"]), "who": name_of(str(override["parent"]))}


def _term(months: int | None) -> str:
    if months is None:
        return _("life")
    return ngettext("%(n)s month from its binding", "%(n)s months from its binding", months) % {"n": months}


def _later(terms: Terms) -> list[Row]:
    found = []
    cpa = terms.get("cpa")
    if cpa:
        amount = f"{amounts.exact(cpa['units'])} {cpa['asset']}"
        found.append(Row("cpa", _("For each account that qualifies"), amount))
        found.append(Row("cpa when", _("It qualifies by"), _qualifies(cpa)))
        share = str(dict(SHARES).get(cpa.get("share", "with"), ""))
        found.append(Row("cpa share", _("Commission on the same account"), share))
    of, per = dict(OF), dict(PER)
    for cap in terms.get("caps") or ():
        label = _("At most, for %(whom)s in %(span)s") % {
            "whom": of.get(cap["of"], cap["of"]),
            "span": per.get(cap["per"], cap["per"]),
        }
        found.append(
            Row(f"cap {cap['of']} {cap['per']}", label, f"{amounts.exact(cap['units'])} {cap['asset']}")
        )
    carry = terms.get("carry") or "none"
    if carry != "none":
        found.append(Row("carry", _("A loss"), str(dict(CARRY).get(carry, carry))))
    if terms.get("hold_days"):
        days = terms["hold_days"]
        said = ngettext("after %(n)s day", "after %(n)s days", days) % {"n": days}
        found.append(Row("hold", _("It can be paid"), said))
    if terms.get("hold_flags"):
        found.append(Row("hold flags", _("Held while trades are marked"), ", ".join(terms["hold_flags"])))
    return found


def _qualifies(cpa: Mapping[str, Any]) -> str:
    parts = []
    if cpa.get("min_deposit"):
        amount = f"{amounts.exact(cpa['min_deposit'])} {cpa['deposit_asset']}"
        parts.append(_("deposits of %(amount)s") % {"amount": amount})
    if cpa.get("min_volume"):
        parts.append(_("a volume of %(amount)s") % {"amount": amounts.exact(cpa["min_volume"])})
    if cpa.get("active_days"):
        parts.append(_("trades on %(n)s days") % {"n": cpa["active_days"]})
    days = cpa["within_days"]
    parts.append(ngettext("within %(n)s day", "within %(n)s days", days) % {"n": days})
    return " · ".join(parts)


def _said(row: Row | None) -> str:
    return row.said if row is not None else ""
