"""Tags for amounts of money and rates (`{% load money %}`), from whole base units and parts per million."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from guildhall.ui import amounts

register = template.Library()


@register.simple_tag
def money(units: int | None, asset: str = "", scale: int = amounts.SCALE, full: bool = False) -> SafeString:
    """An amount: short with the exact one in its tooltip, or `full` to its last unit; a dash for none."""
    if units is None:
        return SafeString("—")
    exact = amounts.exact(units, scale)
    shown = exact if full else amounts.short(units, scale)
    return format_html(
        '<span class="money{}" title="{} {}">{}{}</span>',
        " is-minus" if units < 0 else "",
        exact,
        asset,
        shown,
        format_html(" <small>{}</small>", asset) if asset else "",
    )


@register.filter
def ppm(rate: int | None) -> str:
    """A rate in parts per million as a percentage; a dash for none."""
    return "—" if rate is None else amounts.percent(rate)
