"""What the desk aims at: shares, in per cent, that figures should reach. Shown beside them, and on Today."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk.figures.summary import Share, Summary
from guildhall.desk.models import FigureTarget

FIRST, NEXT, RESOLUTION, GOOD, AT_ONCE = FIGURES = (
    "first_kept",
    "next_kept",
    "resolution_kept",
    "good",
    "at_once",
)
USUAL = {FIRST: 90, NEXT: 90, RESOLUTION: 90, GOOD: 85, AT_ONCE: 60}
"""Until somebody sets others."""


def targets() -> dict[str, int]:
    """Every figure's target in per cent."""
    return {**USUAL, **dict(FigureTarget.objects.values_list("figure", "percent"))}


def share(summary: Summary, figure: str) -> Share:
    """The share a target speaks of."""
    if figure == GOOD:
        return summary.good
    if figure == AT_ONCE:
        return summary.at_once
    return summary.kept.get(figure.removesuffix("_kept"), Share())


def set_targets(wanted: Mapping[str, int], *, by: str) -> None:
    """Aim at something else. Raises BadInput for what is no share or no figure."""
    for figure, percent in wanted.items():
        if figure not in FIGURES or not 1 <= percent <= 100:
            raise BadInput(
                Text("A target is a share from 1 to 100 %.", "目标须为 1% 至 100%。"), field=figure
            )
    with transaction.atomic():
        for figure, percent in wanted.items():
            FigureTarget.objects.update_or_create(
                figure=figure, defaults={"percent": percent, "changed_by": by, "changed_at": clock.now()}
            )
        audit.record(by, "desk.targets_set", "desk:figures", dict(wanted))
