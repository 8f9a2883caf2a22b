"""What the facts room gives to the engine of effects: shipping what state has staged, measuring, tidying.

Arrow and Delta are loaded only when there is something to do: a house that has no facts stays small.
"""

from __future__ import annotations

from datetime import timedelta

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done

SHIP, MEASURE, COMPACT, TIDY = "facts.ship", "facts.measure", "facts.compact", "facts.tidy"
_LEASE_S = 120
_LATELY = timedelta(hours=3)


def register() -> None:
    """Called once, when Django starts."""
    ship = Text("Ship facts that were staged", "将暂存的事实写入事实表")
    performers.performer(SHIP, lease_s=_LEASE_S, max_attempts=1, describe=ship)(ship_staged)
    schedules.schedule(SHIP, "* * * * *", SHIP, describe=ship)
    look = Text("Measure the tables of facts", "统计事实表")
    performers.performer(MEASURE, lease_s=_LEASE_S, max_attempts=1, describe=look)(measure)
    schedules.schedule(MEASURE, "*/5 * * * *", MEASURE, describe=look)
    merge = Text("Merge small files of facts", "合并事实表的小文件")
    performers.performer(COMPACT, lease_s=_LEASE_S, max_attempts=1, describe=merge)(compact)
    schedules.schedule(COMPACT, "13 * * * *", COMPACT, describe=merge)
    tidy_up = Text("Delete facts past their retention, sweep files", "删除超过保留期的事实并清理文件")
    performers.performer(TIDY, lease_s=_LEASE_S, max_attempts=3, describe=tidy_up)(tidy)
    schedules.schedule(TIDY, "41 3 * * *", TIDY, describe=tidy_up)


def ship_staged(effect: Claimed) -> Done:
    """What was staged until now; the next minute takes what came meanwhile."""
    from guildhall.facts.models import Staged

    if not Staged.objects.exists():
        return Done()
    from guildhall.facts import maintaining

    return Done(maintaining.ship_staged())


def measure(effect: Claimed) -> Done:
    """All tables that changed."""
    from guildhall.facts import queries

    changed = queries.changed()
    if not changed:
        return Done()
    from guildhall.facts import maintaining

    return Done({name: one.rows for name in changed if (one := maintaining.measure(name)) is not None})


def compact(effect: Claimed) -> Done:
    """Tables with many small files, of those that something came to lately."""
    from guildhall.facts import queries

    lately = queries.heard_since(clock.now() - _LATELY)
    if not lately:
        return Done()
    from guildhall.facts import maintaining

    done = {name: maintaining.compact(name) for name in lately}
    return Done({name: count for name, count in done.items() if count})


def tidy(effect: Claimed) -> Done:
    """Retention and sweeping, of all tables."""
    from guildhall.facts import maintaining, registry

    deleted, swept = {}, {}
    for table in registry.tables():
        if months := maintaining.delete_expired(table.name):
            deleted[table.name] = months
        if count := maintaining.sweep(table.name):
            swept[table.name] = count
    maintaining.forget_old()
    return Done({"deleted": deleted, "swept": swept})
