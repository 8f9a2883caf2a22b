"""What the pages about broadcasts call things, with the colour each of them means."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from guildhall.broadcast import audience as whom
from guildhall.broadcast import timing
from guildhall.broadcast.models import Broadcast, Delivery, Run
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.compliance import regions
from guildhall.core.text import Text

Word = tuple[str | Promise, str]
Row = tuple[str, str]

STATES: dict[str, Word] = {
    Broadcast.State.DRAFT: (gettext_lazy("draft"), ""),
    Broadcast.State.WAITING: (gettext_lazy("waits for approval"), "amber"),
    Broadcast.State.ARMED: (gettext_lazy("scheduled"), "blue"),
    Broadcast.State.ENDED: (gettext_lazy("sent"), "green"),
    Broadcast.State.DISCARDED: (gettext_lazy("put away"), ""),
}
RUNS: dict[str, Word] = {
    Run.State.PLANNED: (gettext_lazy("being planned"), "blue"),
    Run.State.RUNNING: (gettext_lazy("going out"), "blue"),
    Run.State.PAUSED: (gettext_lazy("paused"), "amber"),
    Run.State.STOPPED: (gettext_lazy("stopped"), "red"),
    Run.State.FINISHED: (gettext_lazy("finished"), "green"),
    Run.State.MISSED: (gettext_lazy("missed its time"), "red"),
    Run.State.BLOCKED: (gettext_lazy("needs approval again"), "amber"),
}
DELIVERIES: dict[str, Word] = {
    Delivery.State.PLANNED: (gettext_lazy("not yet sent"), ""),
    Delivery.State.HELD: (gettext_lazy("held back"), "amber"),
    Delivery.State.QUEUED: (gettext_lazy("on its way"), "blue"),
    Delivery.State.WAITING: (gettext_lazy("waits for a person"), "amber"),
    Delivery.State.SENT: (gettext_lazy("sent"), "green"),
    Delivery.State.FAILED: (gettext_lazy("failed"), "red"),
    Delivery.State.UNCERTAIN: (gettext_lazy("uncertain"), "amber"),
    Delivery.State.CANCELLED: (gettext_lazy("cancelled"), ""),
}
AFTERWARDS: dict[str, Word] = {
    Delivery.After.CORRECTING: (gettext_lazy("being corrected"), "blue"),
    Delivery.After.CORRECTED: (gettext_lazy("corrected"), "green"),
    Delivery.After.REMOVING: (gettext_lazy("being taken back"), "blue"),
    Delivery.After.REMOVED: (gettext_lazy("taken back"), ""),
    Delivery.After.CANNOT: (gettext_lazy("cannot be changed there"), "amber"),
}
_BY_HAND: Word = (gettext_lazy("waits for people"), "amber")
SPOKEN = {"en": "English", "zh-hans": "简体中文", "zh-hant": "繁體中文"}
"""Each language by its own name."""
HELD_BY: dict[str, str | Promise] = {
    "compliance": gettext_lazy("compliance"),
    "wording": gettext_lazy("wording"),
    "platform": gettext_lazy("platform"),
}
WEEKDAYS: tuple[tuple[str, str | Promise], ...] = (
    ("1", gettext_lazy("Mon")), ("2", gettext_lazy("Tue")), ("3", gettext_lazy("Wed")),
    ("4", gettext_lazy("Thu")), ("5", gettext_lazy("Fri")), ("6", gettext_lazy("Sat")),
    ("0", gettext_lazy("Sun")),
)  # fmt: skip


def run_word(run: Run, waiting: int) -> Word:
    """A sending in one word; one that left us is not finished while somebody still has to post or confirm."""
    return _BY_HAND if run.state == Run.State.FINISHED and waiting else RUNS[run.state]


def broadcast_word(state: str, waiting: int) -> Word:
    """A broadcast in one word, in the same way."""
    return _BY_HAND if state == Broadcast.State.ENDED and waiting else STATES[state]


def platform(name: str) -> str:
    """What a platform is called; its own word when no adapter is registered for it."""
    return next((str(one.name) for one in registry.all() if one.platform == name), name)


def language(code: str) -> str:
    return SPOKEN.get(code, code or "—")


def region(code: str) -> str:
    return str(regions.name(code))


def places(audience: whom.Audience) -> list[Row]:
    """An audience in words, one row a condition."""
    rows: list[Row] = []
    if audience.to == whom.MEMBERS:
        rows.append((_("Sent to"), _("members, in their private talks")))
    else:
        rows.append((_("Sent to"), _("all spaces") if audience.everyone else _("spaces")))
    listed = (
        (_("Platform"), audience.platforms, platform),
        (_("Language"), audience.languages, language),
        (_("Region"), audience.regions, region),
        (_("Tier"), audience.tiers, str),
        (_("Theme"), audience.themes, str),
    )
    rows += [(label, ", ".join(name(one) for one in values)) for label, values, name in listed if values]
    for label, ids in (
        (_("Also"), audience.include), (_("Not"), audience.exclude), (_("Members of"), audience.within),
    ):  # fmt: skip
        if ids:
            rows.append((label, _names(ids)))
    if audience.seen_days:
        rows.append((_("Seen within"), _("%(n)s days") % {"n": audience.seen_days}))
    return rows


def _names(ids: tuple[str, ...]) -> str:
    names = list(Space.objects.filter(pk__in=ids).order_by("name").values_list("name", flat=True)[:6])
    more = len(ids) - len(names)
    return ", ".join(names) + (_(" and %(n)s more") % {"n": more} if more > 0 else "")


def times(schedule: timing.Schedule) -> str:
    """A schedule in words."""
    clock = _("by each audience's own clock") if schedule.each_zone else schedule.zone
    if schedule.kind == timing.NOW:
        return _("at once")
    if schedule.kind == timing.ONCE and schedule.at is not None:
        return f"{schedule.at:%Y-%m-%d %H:%M}, {clock}"
    until = _(", through %(day)s") % {"day": schedule.until.isoformat()} if schedule.until else ""
    return f"{_recurring(schedule.cron)}, {clock}{until}"


def _recurring(cron: str) -> str:
    minute, hour, day, month, weekday = cron.split()
    if month != "*" or not (minute.isdecimal() and hour.isdecimal()):
        return _("by the rule %(cron)s") % {"cron": cron}
    at = f"{int(hour):02}:{int(minute):02}"
    if day == "*" and weekday == "*":
        return _("every day at %(at)s") % {"at": at}
    if day == "*":
        named = dict(WEEKDAYS)
        numbers = ["1", "2", "3", "4", "5"] if weekday == "1-5" else weekday.split(",")
        joint = "、" if (get_language() or "").startswith("zh") else ", "
        return _("%(days)s at %(at)s") % {
            "days": joint.join(str(named.get(one, one)) for one in numbers), "at": at,
        }  # fmt: skip
    if weekday == "*" and day.isdecimal():
        return _("on day %(day)s of each month at %(at)s") % {"day": day, "at": at}
    return _("by the rule %(cron)s") % {"cron": cron}


def said(why: dict[str, str]) -> str:
    """A stored sentence in the reader's language."""
    return str(Text.from_json(why)) if why else ""
