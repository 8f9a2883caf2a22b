"""What the navigation shows. Rooms with pages register items at start; each reader sees what they may open.

A badge is a cheap count; it is asked for at most once in some seconds for the whole process, and a badge that
fails is left out rather than taking the page down with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.db import DatabaseError
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

BADGE_SECONDS = 5.0


class Section(StrEnum):
    """Groups of the navigation, in the order they stand."""

    WORK = "work"
    DESK = "desk"
    KNOWLEDGE = "knowledge"
    GUARD = "guard"
    COMMUNITY = "community"
    BUSINESS = "business"
    HOUSE = "house"


SECTION_LABELS: dict[Section, str | Promise] = {
    Section.WORK: "",
    Section.DESK: _("Desk"),
    Section.KNOWLEDGE: _("Knowledge"),
    Section.GUARD: _("Guard"),
    Section.COMMUNITY: _("Community"),
    Section.BUSINESS: _("Business"),
    Section.HOUSE: _("House"),
}


class Reader(Protocol):
    """Whoever looks at the page: can say what they may do."""

    def may(self, permission: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Item:
    """One link. `badge` returns a count or None; `phone`: it also stands in the bottom bar of a phone."""

    key: str
    label: str | Promise
    url_name: str
    permission: str
    icon: str = "hall"
    badge: Callable[[], int | None] | None = None
    order: int = 100
    phone: bool = False
    badge_label: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as one reader sees it on one page."""

    item: Item
    href: str
    current: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Group:
    label: str | Promise
    items: tuple[Shown, ...]


_items: dict[Section, dict[str, Item]] = {section: {} for section in Section}
_badges: dict[str, tuple[float, int | None]] = {}
_find: tuple[str, str] = ("", "")
_starts: tuple[str, ...] = ()


def add(section: Section | str, item: Item) -> None:
    """Put an item into a section; the same key again replaces it."""
    _items[Section(section)][item.key] = item


def set_find(url_name: str, permission: str) -> None:
    """Name the view behind the search field of the header, which is given `?q=`, and who may use it."""
    global _find
    _find = (url_name, permission)


def find_url(reader: Reader | None) -> str:
    """Where the search field of the header leads; empty when no room has said so or the reader may not."""
    url_name, permission = _find
    if not url_name or reader is None or not hasattr(reader, "may") or not reader.may(permission):
        return ""
    return _href(url_name)


def set_starts(keys: Sequence[str]) -> None:
    """The items people start on after signing in: each the first of these they may open."""
    global _starts
    _starts = tuple(keys)


def start_for(reader: Reader | None) -> str:
    """The first page this reader may open: one of the starts, else the first of the menu, else empty."""
    if reader is None or not hasattr(reader, "may"):
        return ""
    items = {item.key: item for section in _items.values() for item in section.values()}
    in_order = sorted(items.values(), key=lambda item: (item.order, item.key))
    for item in (*(items[key] for key in _starts if key in items), *in_order):
        if reader.may(item.permission) and (href := _href(item.url_name)):
            return href
    return ""


def groups_for(reader: Reader | None, path: str) -> tuple[Group, ...]:
    """The navigation for a reader on a page; the item with the longest fitting address is the current one."""
    if reader is None or not hasattr(reader, "may"):
        return ()
    allowed = {
        section: sorted(
            (i for i in items.values() if reader.may(i.permission)), key=lambda i: (i.order, i.key)
        )
        for section, items in _items.items()
    }
    hrefs = {item.key: href for items in allowed.values() for item in items if (href := _href(item.url_name))}
    current = current_key(hrefs, path)
    return tuple(
        Group(
            SECTION_LABELS[section],
            tuple(
                Shown(item, hrefs[item.key], item.key == current, _count(item))
                for item in items
                if item.key in hrefs
            ),
        )
        for section, items in allowed.items()
        if items
    )


def _href(url_name: str) -> str:
    """Where an item leads; empty when its page is not mounted in this process."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def current_key(hrefs: dict[str, str], path: str) -> str:
    """The key whose address is the longest prefix of `path`; the address `/` fits only itself."""
    fitting = [key for key, href in hrefs.items() if path == href or (href != "/" and path.startswith(href))]
    return max(fitting, key=lambda key: len(hrefs[key]), default="")


def forget_badges() -> None:
    """Count again at the next page: after a decision the number in the navigation must be right at once."""
    _badges.clear()


def _count(item: Item) -> int | None:
    if item.badge is None:
        return None
    known = _badges.get(item.key)
    if known and time.monotonic() - known[0] < BADGE_SECONDS:
        return known[1]
    try:
        count = item.badge()
    except DatabaseError:
        count = None  # the page itself says what is wrong with the database
    _badges[item.key] = (time.monotonic(), count)
    return count
