"""Charts in the house's colours: one specification that a page draws itself and a post gets as a picture.

Rows are plain dictionaries; their words (series names) are already in the reader's language and their times
are already in the reader's zone, written without one. The shapes come from Altair, once, into
`chart_shapes.json` (see `chart_shapes`): a web process pays for neither its memory nor its import.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
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
    """A line for each series over time. `x`, `y`, `series` are keys of the rows; `labels` is what they are
    called in the tooltip.
    """
    return _filled("line", rows, {"x": x, "y": y, "series": series}, labels, height)


def area(
    rows: Sequence[Row], *, x: str, y: str, series: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """Stacked areas over time."""
    return _filled("area", rows, {"x": x, "y": y, "series": series}, labels, height)


def columns(
    rows: Sequence[Row], *, x: str, y: str, series: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """Stacked columns over time, one for each hour in `x`."""
    return _filled("columns", rows, {"x": x, "y": y, "series": series}, labels, height)


def bars(rows: Sequence[Row], *, x: str, y: str, labels: Mapping[str, str], height: int = 170) -> Chart:
    """Horizontal bars, the longest first: `x` is the amount, `y` the name."""
    return _filled("bars", rows, {"x": x, "y": y}, labels, height)


def intervals(
    rows: Sequence[Row], *, x: str, low: str, high: str, y: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """A point with its interval for each name `y`: `x` is the value, `low` and `high` where it may lie."""
    keys = {"x": x, "low": low, "high": high, "y": y}
    spec = copy.deepcopy(_shapes()["intervals"])
    spec["height"] = height
    spec["data"] = {"values": [{field: row[key] for field, key in keys.items()} for row in rows]}
    for layer in spec["layer"]:
        for tip in layer["encoding"]["tooltip"]:
            tip["title"] = labels.get(keys[tip["field"]], keys[tip["field"]])
    return Chart(spec)


def heat(
    rows: Sequence[Row], *, x: str, y: str, value: str, labels: Mapping[str, str], height: int = 170
) -> Chart:
    """A heat map, such as hour by weekday; the darker the more."""
    return _filled("heat", rows, {"x": x, "y": y, "series": value}, labels, height)


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a waterfall, from `low` to `high` in base units. `kind` gives it its colour (the same kind,
    the same colour); `said`: the amount in words, as the reader reads it.
    """

    name: str
    low: int
    high: int
    said: str
    kind: str


def waterfall(steps: Sequence[Step], *, scale: int, labels: Mapping[str, str], height: int = 0) -> Chart:
    """Steps from one amount to the next, top down. `scale`: decimals of the asset; `labels` names `name` and
    `said` in the tooltip. The drawing divides, so no amount is ever rounded here.
    """
    spec = copy.deepcopy(_shapes()["waterfall"])
    spec["height"] = height or max(60, 34 * len(steps))
    spec["data"] = {
        "values": [
            {"y": one.name, "low": one.low, "high": one.high, "said": one.said, "series": one.kind,
             "end": max(one.low, one.high, 0)}
            for one in steps
        ]
    }  # fmt: skip
    least = min((min(one.low, one.high) for one in steps), default=0)
    most = max((max(one.low, one.high) for one in steps), default=0)
    least = min(least, 0)
    # The words stand to the right of their bar: as many pixels as the longest may take are kept free there.
    words = 16 + 13 * max((len(one.said) for one in steps), default=0) // 2
    widest = {"expr": f"{least} + {max(most - least, 1)} * width / max(width - {words}, 60)"}
    for layer in spec["layer"]:
        layer["encoding"]["x"]["scale"] = {"domainMin": least, "domainMax": widest, "nice": False}
        for tip, key in zip(layer["encoding"]["tooltip"], ("name", "said"), strict=True):
            tip["title"] = labels.get(key, key)
    return in_units(Chart(spec), "x", scale)


def in_units(chart: Chart, channel: str, scale: int) -> Chart:
    """The same chart with one of its axes ("x" or "y") in whole coins: its rows carry base units, of which
    10**scale make one.
    """
    spec = copy.deepcopy(dict(chart.spec))
    layers = spec.get("layer") or [spec]
    fields: list[str] = []
    for layer in layers:
        encoding = layer["encoding"]
        axis = encoding[channel].setdefault("axis", {})
        axis.pop("format", None)
        axis.pop("tickMinStep", None)
        axis["labelExpr"] = f"format(datum.value / {10**scale}, ',.{scale}~f')"
        for tip in encoding["tooltip"]:
            if tip["type"] == "quantitative":
                fields.append(tip["field"])
                tip |= {"field": f"{tip['field']}_said", "type": "nominal"}
                tip.pop("format", None)
    spec["transform"] = [
        {"calculate": f"format(datum.{field} / {10**scale}, ',.{scale}~f')", "as": f"{field}_said"}
        for field in dict.fromkeys(fields)
    ]
    return Chart(spec)


def _filled(
    kind: str, rows: Sequence[Row], keys: Mapping[str, str], labels: Mapping[str, str], height: int
) -> Chart:
    """The shape of that kind with these rows; the shapes know the fields as x, y and series."""
    spec = copy.deepcopy(_shapes()[kind])
    spec["height"] = height
    spec["data"] = {"values": [{field: _plain(row[key]) for field, key in keys.items()} for row in rows]}
    for tip in spec["encoding"]["tooltip"]:
        key = keys[tip["field"]]
        tip["title"] = labels.get(key, key)
    return Chart(spec)


@lru_cache(maxsize=1)
def _shapes() -> dict[str, dict[str, Any]]:
    return dict(json.loads((Path(__file__).parent / "chart_shapes.json").read_text(encoding="utf-8")))


def _plain(value: Any) -> Any:
    """Vega reads a time without a zone as the reader's own, which is what the axis must show."""
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(tzinfo=None, microsecond=0).isoformat()
    return value.isoformat() if isinstance(value, date) else value


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
        "rule": {"color": palette.brand},
        "point": {"color": palette.brand},
        "text": {"color": palette.ink, "font": FONT},
    }


def png(chart: Chart, *, width: int = 720, dark: bool = False, scale: float = 2.0) -> bytes:
    """The chart as a PNG for a chat post; `width` in CSS px, `scale` device px for each."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(chart.themed(DARK if dark else LIGHT, width), scale=scale))


def svg(chart: Chart, *, width: int = 720, dark: bool = False) -> str:
    """The chart as SVG, for a document."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.themed(DARK if dark else LIGHT, width)))
