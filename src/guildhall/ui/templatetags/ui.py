"""The components a page is made of, as tags. `/ui/` shows each of them with its code.

A tag only shapes what it is given; it never reads the database.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django import template
from django.conf import settings as django_settings
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import dateformat, timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guildhall.core import clock
from guildhall.ui import banners, differences, marked, navigation, vega
from guildhall.ui.charts import Chart

register = template.Library()
_numbers = itertools.count(1)

# How a language calls itself in the switch.
OWN_NAMES = {"en": "English", "zh-hans": "中文简体", "zh-hant": "中文繁體"}
# How a language is written in <html lang>, which also picks the Chinese glyphs.
HTML_LANG = {"en": "en", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}


# --- the frame ----------------------------------------------------------------------------------------------


@register.simple_tag
def html_lang() -> str:
    return HTML_LANG.get(get_language() or "en", "en")


@register.simple_tag
def languages() -> list[dict[str, Any]]:
    """The languages of the installation, each by its own name."""
    now = get_language()
    return [
        {
            "code": code,
            "name": OWN_NAMES.get(code, name),
            "lang": HTML_LANG.get(code, code),
            "current": code == now,
        }
        for code, name in django_settings.LANGUAGES
    ]


@register.simple_tag
def chart_engine() -> str:
    """The address of the script that draws charts."""
    try:
        return reverse("ui:chart-engine", args=[vega.engine_version()])
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def navigation_groups(context: Context) -> tuple[navigation.Group, ...]:
    """The navigation as this reader may see it."""
    request = context.get("request")
    return navigation.groups_for(getattr(request, "user", None), request.path if request else "/")


@register.filter
def on_phone(groups: Iterable[navigation.Group]) -> list[navigation.Shown]:
    """The few items of the bottom bar."""
    return [shown for group in groups for shown in group.items if shown.item.phone][:4]


@register.simple_tag(takes_context=True)
def find_address(context: Context) -> str:
    """Where the search field leads; empty for a reader who may not search the house."""
    return navigation.find_url(getattr(context.get("request"), "user", None))


@register.simple_tag(takes_context=True)
def start_address(context: Context) -> str:
    """The page this reader starts on; the front door for somebody who is not signed in."""
    return navigation.start_for(getattr(context.get("request"), "user", None)) or "/"


@register.simple_tag
def page_words(**words: str) -> SafeString:
    """The few sentences the script says, in the reader's language."""
    return json_script(words, "ui-words")


# --- small things -------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A drawing from the sprite: decoration, or with `label` a picture that says something."""
    href = f"{static('ui/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag
def tag(text: object, colour: str = "") -> SafeString:
    """A word with a colour that means something: red, amber, green, blue, or grey when empty."""
    return format_html('<span class="tag {}">{}</span>', colour, text)


@register.simple_tag
def when(at: datetime | None, style: str = "relative") -> SafeString | str:
    """A moment in the reader's zone, with UTC in the tooltip. Styles: relative (kept fresh), short, full."""
    if at is None:
        return "—"
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC"{}>{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        mark_safe(" data-relative") if style == "relative" else "",
        moment(at, full=style == "full"),
    )


def moment(at: datetime, *, full: bool = False) -> str:
    """A moment in the reader's zone, as short as it can be without being unclear; `full` to the second."""
    local, today = timezone.localtime(at), timezone.localtime(clock.now())
    if full:
        return local.strftime("%Y-%m-%d %H:%M:%S")
    chinese = (get_language() or "").startswith("zh")
    if local.date() == today.date():
        return local.strftime("%H:%M")
    if local.year == today.year:
        return dateformat.format(local, "n月j日 H:i" if chinese else "j M H:i")
    return dateformat.format(local, "Y年n月j日" if chinese else "j M Y")


@register.filter
def number(value: object) -> str:
    """A number with its thousands apart; a dash for nothing."""
    if value is None or value == "":
        return "—"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


@register.filter
def duration(seconds: float | None) -> str:
    """A length of time in its largest sensible unit."""
    if seconds is None:
        return "—"
    for size, words in ((86400, _("%(n)s d")), (3600, _("%(n)s h")), (60, _("%(n)s min"))):
        if seconds >= size:
            return words % {"n": int(seconds // size)}
    return _("%(n)s s") % {"n": int(max(0, seconds))}


@register.simple_tag(takes_context=True)
def house_lines(context: Context) -> SafeString | str:
    """Lines above the page that concern the whole house (see `ui.banners`)."""
    request = context.get("request")
    return banners.lines(request) if request is not None else ""


@register.simple_tag
def copy_button(text: object, label: str = "") -> SafeString:
    """A button that copies `text`."""
    return format_html(
        '<button type="button" class="icon-btn" data-copy="{}" title="{}" aria-label="{}">{}</button>',
        text,
        label or _("Copy"),
        label or _("Copy"),
        icon("copy"),
    )


@register.simple_tag
def weight(value: int, most: int = 1000, label: str = "") -> SafeString:
    """A bar for how much something weighs, out of `most`. Drawn, because browsers disagree about <meter>."""
    share = max(0, min(100, round(100 * value / most))) if most else 0
    return format_html(
        '<svg class="bar" role="img" aria-label="{}: {} / {}" viewBox="0 0 100 6" preserveAspectRatio="none">'
        '<rect class="bar-all" width="100" height="6"/><rect class="bar-part" width="{}" height="6"/></svg>',
        label or _("Weight"),
        value,
        most,
        share,
    )


@register.simple_tag
def text_marked(text: str, spans: Iterable[tuple[int, int]] = (), limit: int = 0) -> SafeString:
    """Somebody's words, safe, with evidence marked and hidden characters made visible."""
    return marked.render(text, spans, limit)


@register.simple_tag
def spark(values: Sequence[float]) -> SafeString | str:
    """A line the size of a word: the course of a figure."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    points = [
        (round(84 * n / (len(values) - 1), 1), round(28 - 26 * (value - low) / span, 1))
        for n, value in enumerate(values)
    ]
    return format_html(
        '<svg class="spark" viewBox="0 0 84 30" aria-hidden="true"><polyline points="{}"/>'
        '<circle cx="{}" cy="{}" r="2"/></svg>',
        " ".join(f"{x},{y}" for x, y in points),
        *points[-1],
    )


# --- blocks -------------------------------------------------------------------------------------------------


@register.simple_block_tag
def card(
    content: SafeString, title: object = "", more: object = "", more_href: str = "", css: str = ""
) -> SafeString:
    """A panel. `more` stands at the right of the title, as a link when `more_href` is given."""
    head: SafeString | str = ""
    if title:
        right: SafeString | str = ""
        if more:
            shape = '<a class="more" href="{1}">{0}</a>' if more_href else '<span class="more">{0}</span>'
            right = format_html(shape, more, more_href)
        head = format_html('<header class="card-head"><h2>{}</h2>{}</header>', title, right)
    return format_html('<section class="card {}">{}{}</section>', css, head, content)


@register.simple_block_tag
def dialog(content: SafeString, key: str, title: object, css: str = "") -> SafeString:
    """A native dialog, opened by any button with `data-dialog="<key>"`."""
    return format_html(
        '<dialog class="dialog {}" id="{}" aria-labelledby="{}-title">'
        '<div class="dialog-head"><h2 id="{}-title">{}</h2>'
        '<button type="button" class="icon-btn" data-close aria-label="{}">{}</button></div>{}</dialog>',
        css,
        key,
        key,
        key,
        title,
        _("Close"),
        icon("close"),
        content,
    )


@register.inclusion_tag("ui/parts/confirm.html", takes_context=True)
def confirm(
    context: Context,
    action: str,
    button: object,
    title: object,
    effect: object,
    yes: object = "",
    css: str = "btn danger",
    icon_name: str = "",
    key: str = "",
    ask: object = "",
    ask_required: bool = False,
    type_word: str = "",
    fields: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A button that asks before it posts to `action`. `effect` says what will happen, in full.

    `ask`: label of a reason field (posted as `reason`); `type_word`: a word to type before it goes (posted as
    `confirm`); `fields`: hidden values; `key`: the keyboard shortcut.
    """
    number = next(_numbers)
    return {
        "id": f"confirm-{number}",
        "csrf_token": context.get("csrf_token"),
        "action": action,
        "button": button,
        "title": title,
        "effect": effect,
        "yes": yes or button,
        "css": css,
        "icon_name": icon_name,
        "key": key,
        "ask": ask,
        "ask_required": ask_required,
        "type_word": type_word,
        "fields": dict(fields or {}),
    }


@register.inclusion_tag("ui/parts/empty.html")
def empty(
    title: object, text: object = "", action: object = "", href: str = "", icon_name: str = "empty"
) -> dict[str, Any]:
    """What stands where nothing is: why, and what to do next."""
    return {"title": title, "text": text, "action": action, "href": href, "icon_name": icon_name}


@register.inclusion_tag("ui/parts/kpi.html")
def kpi(
    label: object, value: object, note: object = "", href: str = "", values: Sequence[float] = ()
) -> dict[str, Any]:
    """A figure that is a link to the rows behind it. `values`: its course, drawn small."""
    return {"label": label, "value": value, "note": note, "href": href, "values": values}


@register.inclusion_tag("ui/parts/progress.html")
def progress(label: object, value: int | None = None, most: int = 100, note: object = "") -> dict[str, Any]:
    """How far something long has come; without `value` only that it goes on."""
    return {"label": label, "value": value, "most": most, "note": note}


@register.inclusion_tag("ui/parts/tabs.html")
def tabs(items: Iterable[Mapping[str, Any]], label: object = "") -> dict[str, Any]:
    """Tabs that are links: each item has `label`, `href`, `current` and maybe `count`."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/parts/crumbs.html")
def crumbs(*parts: object) -> dict[str, Any]:
    """Where this page stands: label, address, label, address, ..., label."""
    pairs = [(parts[n], parts[n + 1] if n + 1 < len(parts) else "") for n in range(0, len(parts), 2)]
    return {"pairs": pairs}


@register.inclusion_tag("ui/parts/diff.html")
def diff(old: str, new: str) -> dict[str, Any]:
    """What changed from `old` to `new`, line by line."""
    return {"lines": differences.lines(old, new)}


@register.simple_tag
def chart(drawing: Chart, description: object, caption: object = "") -> SafeString:
    """A chart. `description` tells in one sentence what a sighted reader would see."""
    key = f"chart-{next(_numbers)}"
    return format_html(
        '<figure class="chart" data-spec="{}" role="img" aria-label="{}"><div class="chart-box"></div>'
        '<p class="chart-fail" hidden>{}</p>{}{}</figure>',
        key,
        description,
        _("The chart could not be drawn; reload the page to try again."),
        format_html("<figcaption>{}</figcaption>", caption) if caption else "",
        json_script(drawing.page(), key),
    )


# --- forms --------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField, label: object = "", help_text: object = "") -> dict[str, Any]:
    """A form field with its label, help and errors, tied together for a screen reader."""
    widget = bound.field.widget
    group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    described = [f"{bound.auto_id}-help"] if (help_text or bound.help_text) else []
    described += [f"{bound.auto_id}-error"] if bound.errors else []
    attrs: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "widget": bound.as_widget(attrs=attrs),
        "label": label or bound.label,
        "help_text": help_text or bound.help_text,
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": group,
        "is_optional": not bound.field.required and not isinstance(widget, CheckboxInput),
    }


@register.inclusion_tag("ui/parts/errors.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """All errors of a form at its top, each a link to its field."""
    return {
        "general": form.non_field_errors(),
        "fields": [(bound, error) for bound in form.visible_fields() for error in bound.errors],
        "any": bool(form.errors),
    }


# --- tables -------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/parts/table.html", takes_context=True)
def table(
    context: Context, shown: Any, row_template: str, caption: object, empty_title: object = "", **more: Any
) -> dict[str, Any]:
    """A table: head that sorts, rows by `row_template` (which sees `row` and the page's context), pager."""
    return {
        **{str(name): value for name, value in context.flatten().items()},
        **more,
        "table": shown,
        "row_template": row_template,
        "caption": caption,
        "empty_title": empty_title,
    }


@register.inclusion_tag("ui/parts/filters.html")
def table_filters(shown: Any) -> dict[str, Any]:
    """The filters of a table; choosing one loads the page with it in the address."""
    return {"table": shown}


@register.inclusion_tag("ui/parts/pager.html")
def pager(shown: Any) -> dict[str, Any]:
    """Newer and older, and how many there are."""
    return {"table": shown}


@register.filter
def as_json(value: Any) -> str:
    """Pretty JSON for showing a payload."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str)
