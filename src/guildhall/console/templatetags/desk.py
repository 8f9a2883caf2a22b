"""Tags of the inbox: how much time is left, and the words for what a ticket is in."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console import desk_words, words
from guildhall.core import clock

register = template.Library()


@register.simple_tag
def due(at: datetime | None, is_late: bool = False, soon_s: int = desk_words.AT_RISK_S) -> SafeString:
    """How much time is left, kept fresh by the script: green, amber from `soon_s` seconds before, red when
    it is over. Without a time: whether it was broken, or a dash.
    """
    if at is None:
        if is_late:
            return format_html('<span class="due late">{}</span>', _("overdue"))
        return format_html('<span class="due none" title="{}">–</span>', _("No clock runs"))
    left = (at - clock.now()).total_seconds()
    css = "late" if left <= 0 or is_late else "soon" if left < soon_s else "good"
    return format_html(
        '<time class="due {}" datetime="{}" data-due data-soon="{}" title="{}">{}</time>',
        css,
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        soon_s,
        at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        _("%(t)s late") % {"t": length(-left)} if left <= 0 else length(left),
    )


@register.filter
def length(seconds: float) -> str:
    """A stretch of time as short as it can be read: 45 s, 12 min, 3 h 05, 2 d."""
    whole = max(0, int(seconds))
    if whole < 60:
        return _("%(n)s s") % {"n": whole}
    if whole < 3600:
        return _("%(n)s min") % {"n": whole // 60}
    if whole < 86400:
        return _("%(h)s h %(m)s") % {"h": whole // 3600, "m": f"{whole % 3600 // 60:02}"}
    return _("%(n)s d") % {"n": whole // 86400}


@register.simple_tag
def script_words() -> SafeString:
    """The few words the script of the inbox says, with `%` (and `#`) where its numbers go."""
    said = {
        "seconds": _("%(n)s s") % {"n": "%"},
        "minutes": _("%(n)s min") % {"n": "%"},
        "hours": _("%(h)s h %(m)s") % {"h": "%", "m": "#"},
        "days": _("%(n)s d") % {"n": "%"},
        "late": _("%(t)s late") % {"t": "%"},
    }
    return json_script(said, "desk-words")


@register.filter
def status_tag(code: str) -> SafeString:
    """Where a ticket stands."""
    return _tag(words.word(desk_words.STATUSES, code))


@register.filter
def priority_tag(code: str) -> SafeString | str:
    """How urgent it is; nothing for what is normal."""
    return "" if code == "normal" else _tag(words.word(desk_words.PRIORITIES, code))


@register.filter
def way_word(code: str) -> str:
    """How it came."""
    return str(desk_words.WAYS.get(code, code))


@register.filter
def entry_state_tag(code: str) -> SafeString | str:
    """What became of something we said; nothing for what is only recorded."""
    return "" if code == "done" else _tag(words.word(desk_words.ENTRY_STATES, code))


@register.filter
def metric_word(code: str) -> str:
    """What a clock measures."""
    return str(desk_words.METRICS.get(code, code))


@register.filter
def clock_tag(code: str) -> SafeString:
    """What a clock is doing."""
    return _tag(words.word(desk_words.CLOCK_STATES, code))


@register.filter
def filesize(size: int) -> str:
    """Bytes, as people say them."""
    if size < 1024:
        return ngettext("%(n)s byte", "%(n)s bytes", size) % {"n": size}
    return f"{size / 1024:.0f} kB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MB"


def _tag(word: words.Word) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', word[1], word[0])
