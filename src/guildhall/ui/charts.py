"""Charts in the house's colours: one specification that a page draws itself and a post gets as a picture.

Rows are plain dictionaries; their words (series names) are already in the reader's language and their times
are already in the reader's zone, written without one. The shape of a chart is built once with Altair and
kept; a page pays only for its rows. Altair and vl-convert are loaded at the first chart, not at start: they
weigh some 50 MB each.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

Row = Mapping[str, Any]

FONT = "Inter, Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """The tokens a chart needs; the same values as tokens.css (a test compares them)."""

    panel: str
    line: str
    ink: str
    ink_3: str
    brand: str
    gold: str
    blue: str
    red: str
    green: str


LIGHT = Palette(
    "#fffefb", "#e4e1d8", "#1c1e23", "#666b72", "#1b5b57", "#b5700f", "#275a9f", "#a92219", "#26663a"
)
DARK = Palette(
    "#1b1e23", "#2d3138", "#e9e8e4", "#969ba4", "#72c5bc", "#e8ac55", "#93baee", "#f48f85", "#86ca97"
)


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite specification with its rows, without colours; `page()` adds those of both themes."""

    spec: Mapping[str, Any]

    def page(self) -> dict[str, Any]:
        """What the page's script needs: the specification and the configuration for light and for dark."""
        return {"spec": self.spec, "light": config(LIGHT), "dark": config(DARK)}

    def themed(self, palette: Palette = LIGHT, width: int = 720) -> dict[str, Any]:
        """A complete specification for a picture of `width` px."""
        return {**self.spec, "width": width, "background": palette.panel, "config": config(palette)}


def line(
    rows: Sequence[Row], *, x: str, y: str, series: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """A line for each series over time. `labels`: what x, y and series are called, for the tooltip."""
    return _filled(_shape("line", x, y, series, tuple(sorted(labels.items())), height), rows)


def area(
    rows: Sequence[Row], *, x: str, y: str, series: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """Stacked areas over time."""
    return _filled(_shape("area", x, y, series, tuple(sorted(labels.items())), height), rows)


def columns(
    rows: Sequence[Row], *, x: str, y: str, series: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """Stacked columns over time, one for each hour or day in `x`."""
    return _filled(_shape("columns", x, y, series, tuple(sorted(labels.items())), height), rows)


def bars(rows: Sequence[Row], *, x: str, y: str, labels: Mapping[str, str], height: int = 170) -> Chart:
    """Horizontal bars, the longest first: `x` is the amount, `y` the name."""
    return _filled(_shape("bars", x, y, "", tuple(sorted(labels.items())), height), rows)


def heat(
    rows: Sequence[Row], *, x: str, y: str, value: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """A heat map, such as hour by weekday; the darker the more."""
    return _filled(_shape("heat", x, y, value, tuple(sorted(labels.items())), height), rows)


def _filled(shape: Mapping[str, Any], rows: Sequence[Row]) -> Chart:
    spec = copy.deepcopy(dict(shape))
    spec["data"] = {"values": [{key: _plain(value) for key, value in row.items()} for row in rows]}
    return Chart(spec)


def _plain(value: Any) -> Any:
    """Vega reads a time without a zone as the reader's own, which is what the axis must show."""
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(tzinfo=None, microsecond=0).isoformat()
    return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=64)
def _shape(
    kind: str, x: str, y: str, series: str, labels: tuple[tuple[str, str], ...], height: int
) -> dict[str, Any]:
    import altair as alt

    called = dict(labels)
    base = alt.Chart(alt.Data(values=[])).properties(width="container", height=height)
    if kind == "bars":
        chart = base.mark_bar(height=14, cornerRadiusEnd=3).encode(
            x=alt.X(x, type="quantitative", title=None, axis=alt.Axis(tickCount=4, format=",d")),
            y=alt.Y(y, type="nominal", title=None, sort="-x", axis=alt.Axis(labelLimit=200)),
            tooltip=[_tip(alt, y, "nominal", called), _tip(alt, x, "quantitative", called)],
        )
    elif kind == "heat":
        chart = base.mark_rect(cornerRadius=2).encode(
            x=alt.X(
                x, type="ordinal", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, domain=False)
            ),
            y=alt.Y(y, type="ordinal", title=None, sort=None, axis=alt.Axis(domain=False)),
            color=alt.Color(series, type="quantitative", legend=None),
            tooltip=[
                _tip(alt, x, "ordinal", called),
                _tip(alt, y, "ordinal", called),
                _tip(alt, series, "quantitative", called),
            ],
        )
    else:
        chart = _over_time(alt, base, kind, x, y, series, called)
    return dict(chart.to_dict())


def _over_time(alt: Any, base: Any, kind: str, x: str, y: str, series: str, called: Mapping[str, str]) -> Any:
    mark = {
        "line": lambda: base.mark_line(
            strokeWidth=2, interpolate="monotone", point=alt.OverlayMarkDef(size=14)
        ),
        "area": lambda: base.mark_area(line={"strokeWidth": 1.5}, fillOpacity=0.35, interpolate="monotone"),
        "columns": lambda: base.mark_bar(cornerRadiusEnd=2),
    }[kind]()
    return mark.encode(
        x=alt.X(
            x,
            type="temporal",
            title=None,
            axis=alt.Axis(grid=False, tickCount=8, labelExpr=_CLOCK, labelOverlap=True),
            **({"timeUnit": "yearmonthdatehours", "bandPosition": 0.5} if kind == "columns" else {}),
        ),
        y=alt.Y(y, type="quantitative", title=None, axis=alt.Axis(tickCount=4, format="~s", tickMinStep=1)),
        color=alt.Color(
            series,
            type="nominal",
            sort=None,
            legend=alt.Legend(orient="top", title=None, offset=8, symbolType="circle"),
        ),
        tooltip=[
            _tip(alt, x, "temporal", called),
            _tip(alt, series, "nominal", called),
            _tip(alt, y, "quantitative", called),
        ],
    )


# Hours within a day, month and day at midnight: the same digits in every language.
_CLOCK = (
    "hours(datum.value) == 0 && minutes(datum.value) == 0"
    " ? timeFormat(datum.value, '%m-%d') : timeFormat(datum.value, '%H:%M')"
)


def _tip(alt: Any, field: str, kind: str, called: Mapping[str, str]) -> Any:
    shape = {"temporal": "%m-%d %H:%M", "quantitative": ","}.get(kind)
    extra = {"format": shape} if shape else {}
    return alt.Tooltip(field, type=kind, title=called.get(field, field), **extra)


def config(palette: Palette) -> dict[str, Any]:
    """The look of every chart in one theme, as a Vega-Lite configuration."""
    text = {"labelFont": FONT, "labelFontSize": 11, "labelColor": palette.ink_3, "titleFont": FONT}
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **text,
            "gridColor": palette.line,
            "domainColor": palette.line,
            "tickColor": palette.line,
            "ticks": False,
            "labelPadding": 6,
        },
        "axisY": {"domain": False},
        "legend": {**text, "labelColor": palette.ink, "labelFontSize": 12, "symbolSize": 60},
        "range": {
            "category": [palette.brand, palette.gold, palette.blue, palette.red, palette.green],
            "heatmap": [palette.line, palette.brand],
            "ramp": [palette.line, palette.brand],
        },
        "line": {"color": palette.brand},
        "bar": {"color": palette.brand},
        "rect": {"color": palette.brand},
    }


def png(chart: Chart, *, width: int = 720, dark: bool = False, scale: float = 2.0) -> bytes:
    """The chart as a PNG for a chat post; `width` in CSS px, `scale` device px for each."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(chart.themed(DARK if dark else LIGHT, width), scale=scale))


def svg(chart: Chart, *, width: int = 720, dark: bool = False) -> str:
    """The chart as SVG, for a document."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.themed(DARK if dark else LIGHT, width)))
