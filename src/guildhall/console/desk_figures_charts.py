"""The charts of the desk's figures. Rows are in the reader's words; days are UTC days, hours the reader's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from guildhall.console.sla_words import DAYS
from guildhall.desk.figures.columns import Columns
from guildhall.desk.figures.reading import Day
from guildhall.desk.figures.summary import Summary
from guildhall.ui import charts
from guildhall.ui.charts import Chart, Row

HOUR_S = 3600


def volume(days: Sequence[Day]) -> Chart:
    """Opened, solved and open at the end, day by day."""
    rows: list[Row] = []
    for one in days:
        for name, value in (
            (_("opened"), one.opened), (_("solved"), one.solved), (_("open at its end"), one.backlog),
        ):  # fmt: skip
            rows.append({"day": f"{one.day}T00:00:00", "n": value, "what": name})
    return charts.line(
        rows, x="day", y="n", series="what", labels={"day": _("Day"), "n": _("Tickets"), "what": _("What")}
    )


def speed(daily: Mapping[date, Summary]) -> Chart:
    """Hours until the first response, median and nine of ten, by the day tickets were opened."""
    rows: list[Row] = []
    for day, one in sorted(daily.items()):
        times = one.times["first"]
        for name, seconds in ((_("median"), times.median), (_("nine of ten"), times.p90)):
            if seconds is not None:
                rows.append({"day": f"{day}T00:00:00", "h": round(100 * seconds / HOUR_S), "what": name})
    labels = {"day": _("Day"), "h": _("Hours"), "what": _("What")}
    return charts.in_units(charts.line(rows, x="day", y="h", series="what", labels=labels), "y", 2)


def kept(daily: Mapping[date, Summary]) -> Chart:
    """Promises kept in per cent, by metric."""
    names = {"first": _("First response"), "next": _("Next response"), "resolution": _("Resolution")}
    rows: list[Row] = []
    for day, one in sorted(daily.items()):
        for metric, name in names.items():
            share = one.kept[metric].percent
            if share is not None:
                rows.append({"day": f"{day}T00:00:00", "share": round(share, 1), "what": name})
    labels = {"day": _("Day"), "share": _("Per cent in time"), "what": _("Clock")}
    return charts.line(rows, x="day", y="share", series="what", labels=labels)


def week(columns: Columns) -> Chart:
    """When tickets come: hour by weekday."""
    zone = timezone.get_current_timezone()
    names = list(DAYS.values())
    counts: Counter[tuple[int, int]] = Counter()
    for at in columns.numbers["opened"]:
        local = datetime.fromtimestamp(at, zone)
        counts[local.weekday(), local.hour] += 1
    rows: list[Row] = [
        {"hour": f"{hour:02}", "day": str(names[day]), "n": counts[day, hour]}
        for day in range(7)
        for hour in range(24)
    ]
    labels = {"hour": _("Hour"), "day": _("Day"), "n": _("Tickets")}
    return charts.heat(rows, x="hour", y="day", value="n", labels=labels)
