"""One line of Today, as every room that asks for a decision writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Need:
    """One line. `colour`: red broken or overdue, amber doubtful, blue a decision, grey the rest."""

    kind: str | Promise
    colour: str
    title: str
    note: str
    href: str
    button: str
    since: datetime | None = None


def page(name: str, *args: str) -> str:
    """The address of a page of this room; the front page when it is not mounted."""
    try:
        return reverse(f"console:{name}", args=args)
    except NoReverseMatch:
        return reverse("console:today")
