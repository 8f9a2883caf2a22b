"""Lines that stand above every page of the console: rooms register what draws theirs, and most draw nothing.

A line is for what concerns the whole house while it lasts. One that cannot be drawn because the database is
in trouble is left out: the page itself says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

Draw = Callable[[HttpRequest], "SafeString | str"]
_drawn: dict[str, Draw] = {}


def add(key: str, draw: Draw) -> None:
    """Have `draw` asked on every page; it returns safe markup or ''. The same key again replaces it."""
    _drawn[key] = draw


def lines(request: HttpRequest) -> SafeString:
    """All lines for a request, in the order their rooms came."""
    out = []
    for draw in _drawn.values():
        try:
            out.append(draw(request))
        except DatabaseError:
            continue
    return format_html_join("", "{}", ((line,) for line in out))
