"""What a person counted in a group: how many are in it, how much is said, who came and went.

One row a group and day; a later count of the same day fills in and corrects it, and the audit keeps what
stood before. Rooms above hear of a new head-count by `on_counted` (a group that fills up).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeAlias

from django.db import transaction

from guildhall.channels.wecom.assisted_models import AssistedEntry, AssistedGroup
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text

FIELDS = ("heads", "messages", "active", "joined", "left")
MOST_HEADS = 10_000
_MOST = 10_000_000
_OLDEST = timedelta(days=400)

Listener: TypeAlias = "Callable[[AssistedGroup, str], None]"
"""Given the group as it stands after a new head-count, and the actor, inside the transaction."""
_counted: dict[str, Listener] = {}


def on_counted(name: str, listener: Listener) -> None:
    """Have `listener` told of every new head-count."""
    _counted[name] = listener


def enter(space_id: str, day: date, given: Mapping[str, int | None], *, by: str) -> AssistedEntry:
    """Note what was counted on a day. What is not given stays as it was.

    Raises NotFound, BadInput naming the field (`heads`, `messages`, `active`, `joined`, `left`, `day`).
    """
    said = {name: _checked(name, value) for name, value in given.items() if value is not None}
    if not said:
        raise BadInput(Text("Enter at least one number.", "请至少填写一个数字。"), field="heads")
    now = clock.now()
    if not now.date() - _OLDEST <= day <= now.date() + timedelta(days=1):
        raise BadInput(Text("Choose a day of the past year.", "请选择过去一年内的日期。"), field="day")
    with transaction.atomic():
        group = AssistedGroup.objects.select_for_update().filter(pk=space_id).first()
        if group is None:
            raise NotFound(Text("There is no such group.", "不存在该群。"))
        entry = AssistedEntry.objects.filter(space_id=space_id, day=day).first()
        if entry is None:
            entry = AssistedEntry(space_id=space_id, day=day)
        before = {name: getattr(entry, name) for name in said}
        if before == said:
            return entry
        for name, value in said.items():
            setattr(entry, name, value)
        entry.by, entry.at = by, now
        entry.save()
        audit.record(
            by,
            "assisted.counted",
            f"space:{space_id}",
            {"day": day.isoformat(), **said, "before": {k: v for k, v in before.items() if v is not None}},
        )
        if "heads" in said:
            _keep_heads(group, by)
    return entry


def _keep_heads(group: AssistedGroup, by: str) -> None:
    """The group's number is that of its latest counted day."""
    latest = AssistedEntry.objects.filter(space_id=group.pk, heads__isnull=False).order_by("-day").first()
    if latest is None:
        return
    group.heads, group.heads_at, group.heads_by = latest.heads, latest.at, latest.by
    group.save(update_fields=["heads", "heads_at", "heads_by"])
    for name in sorted(_counted):
        _counted[name](group, by)


def _checked(name: str, value: int | None) -> int:
    if name not in FIELDS:
        raise BadInput(Text(f"{name} cannot be counted.", f"{name} 不是可统计的项目。"), field=name)
    most = MOST_HEADS if name == "heads" else _MOST
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise BadInput(
            Text(f"Enter a whole number up to {most:,}.", f"请填写不超过 {most:,} 的整数。"), field=name
        )
    return value
