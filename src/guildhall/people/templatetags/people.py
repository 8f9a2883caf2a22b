"""Template filters of the people room."""

from __future__ import annotations

import re

from django import template
from django.forms import BoundField
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

register = template.Library()

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(user_agent: str) -> str:
    """`Chrome on Linux` from a User-Agent header; the first word of one nobody knows."""
    name = next((known for sign, known in _BROWSERS if sign in user_agent), "")
    system = next((known for sign, known in _SYSTEMS if sign in user_agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    words = re.findall(r"[\w.-]+", user_agent)
    return name or system or (words[0][:40] if words else _("Unknown browser"))


@register.filter
def plain_help(bound: BoundField) -> BoundField:
    """The same field as our forms show it: help in plain words (allauth and Django put links and lists into
    theirs), and no placeholder that only repeats the label.
    """
    bound.field.widget.attrs.pop("placeholder", None)
    words = [line.strip() for line in strip_tags(str(bound.help_text).replace("</li>", "\n")).splitlines()]
    bound.help_text = "" if bound.name == "password" else " ".join(word for word in words if word)
    return bound
