"""Addresses of the design system. The doors come from above: this room stands below the one that knows
people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path
from django.views.i18n import set_language

from guildhall.ui import views

View = Callable[..., Any]


def routes(public: Callable[[View], View], staff: Callable[[View], View]) -> tuple[list[URLPattern], str]:
    """The patterns for `include(...)`. `public` and `staff` wrap a view in the door it stands behind."""
    patterns = [
        path("ui/", staff(views.living_page), name="living"),
        path("ui/chart-engine-<str:version>.js", public(views.chart_engine), name="chart-engine"),
        path("i18n/language/", public(set_language), name="language"),
        path("i18n/theme/", public(views.set_theme), name="theme"),
    ]
    return patterns, "ui"
