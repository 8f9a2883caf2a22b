"""Builds the shapes of our charts with Altair and keeps them as JSON: `python -m guildhall.ui.chart_shapes`.

A shape is a Vega-Lite specification without rows, whose fields are always called x, y and series. It changes
only when this file or Altair does; a test says so when the kept ones are stale.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "chart_shapes.json"

# Hours within a day, month and day at midnight: the same digits in every language.
_CLOCK = (
    "hours(datum.value) == 0 && minutes(datum.value) == 0"
    " ? timeFormat(datum.value, '%m-%d') : timeFormat(datum.value, '%H:%M')"
)
_FORMATS = {"temporal": "%m-%d %H:%M", "quantitative": ","}


def build() -> dict[str, dict[str, Any]]:
    """Every kind of chart by name."""
    import altair as alt

    base = alt.Chart(alt.Data(values=[])).properties(width="container", height=170)
    over_time = {
        "line": base.mark_line(strokeWidth=2, interpolate="monotone", point=alt.OverlayMarkDef(size=14)),
        "area": base.mark_area(line={"strokeWidth": 1.5}, fillOpacity=0.35, interpolate="monotone"),
        "columns": base.mark_bar(cornerRadiusEnd=2),
    }
    charts = {kind: _over_time(alt, chart, kind) for kind, chart in over_time.items()}
    charts["bars"] = base.mark_bar(height=14, cornerRadiusEnd=3).encode(
        x=alt.X("x", type="quantitative", title=None, axis=alt.Axis(tickCount=4, format=",d")),
        y=alt.Y("y", type="nominal", title=None, sort="-x", axis=alt.Axis(labelLimit=200)),
        tooltip=_tips(alt, y="nominal", x="quantitative"),
    )
    charts["heat"] = base.mark_rect(cornerRadius=2).encode(
        x=alt.X(
            "x", type="ordinal", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, domain=False)
        ),
        y=alt.Y("y", type="ordinal", title=None, sort=None, axis=alt.Axis(domain=False)),
        color=alt.Color("series", type="quantitative", legend=None),
        tooltip=_tips(alt, x="ordinal", y="ordinal", series="quantitative"),
    )
    charts["intervals"] = _intervals(alt, base)
    charts["waterfall"] = _waterfall(alt, base)
    return {kind: json.loads(json.dumps(chart.to_dict())) for kind, chart in sorted(charts.items())}


def _over_time(alt: Any, chart: Any, kind: str) -> Any:
    per_hour = {"timeUnit": "yearmonthdatehours", "bandPosition": 0.5} if kind == "columns" else {}
    hours = alt.Axis(grid=False, tickCount=8, labelExpr=_CLOCK, labelOverlap=True)
    return chart.encode(
        x=alt.X("x", type="temporal", title=None, axis=hours, **per_hour),
        y=alt.Y("y", type="quantitative", title=None, axis=alt.Axis(tickCount=4, format="~s", tickMinStep=1)),
        color=alt.Color(
            "series",
            type="nominal",
            sort=None,
            legend=alt.Legend(orient="top", title=None, offset=8, symbolType="circle"),
        ),
        tooltip=_tips(alt, x="temporal", series="nominal", y="quantitative"),
    )


def _intervals(alt: Any, base: Any) -> Any:
    """A point with its interval for each name, in the order of the rows; percentages from 0 to 100."""
    name = alt.Y("y", type="nominal", title=None, sort=None, axis=alt.Axis(labelLimit=200))
    percent = alt.Scale(zero=False, nice=True)
    low = alt.X("low", type="quantitative", title=None, scale=percent, axis=alt.Axis(tickCount=5))
    tips = _tips(alt, y="nominal", x="quantitative", low="quantitative", high="quantitative")
    line = base.mark_rule(strokeWidth=4, opacity=0.35).encode(x=low, x2="high", y=name, tooltip=tips)
    point = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=alt.X("x", type="quantitative", title=None, scale=percent), y=name, tooltip=tips
    )
    return alt.layer(line, point).properties(width="container", height=170)


def _waterfall(alt: Any, base: Any) -> Any:
    """Steps from one amount to the next, top down in the order of the rows, each with its words beside it."""
    name = alt.Y("y", type="nominal", title=None, sort=None, axis=alt.Axis(labelLimit=220, domain=False))
    tips = [alt.Tooltip(field, type="nominal", title=field) for field in ("y", "said")]
    axis = alt.Axis(tickCount=4, labelOverlap=True)
    bar = base.mark_bar(height={"band": 0.62}, cornerRadius=2, minBandSize=2).encode(
        x=alt.X("low", type="quantitative", title=None, axis=axis),
        x2="high",
        y=name,
        color=alt.Color("series", type="nominal", sort=None, legend=None),
        tooltip=tips,
    )
    words = base.mark_text(align="left", baseline="middle", dx=6, fontSize=11).encode(
        x=alt.X("end", type="quantitative", title=None, axis=axis), y=name, text="said:N", tooltip=tips
    )
    return alt.layer(bar, words).properties(width="container", height=170)


def _tips(alt: Any, **fields: str) -> list[Any]:
    return [
        alt.Tooltip(field, type=kind, title=field, **({"format": _FORMATS[kind]} if kind in _FORMATS else {}))
        for field, kind in fields.items()
    ]


if __name__ == "__main__":
    KEPT.write_text(json.dumps(build(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
