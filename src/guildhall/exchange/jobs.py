"""What the exchange room gives to the engine of effects: batches are read and shipped, folders and
buckets looked at, old files removed.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.exchange.actions import batches, erasing, watching
from guildhall.exchange.venues import jobs as venue_jobs

TIDY = "exchange.tidy"


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(
        batches.WORK, lease_s=60, describe=Text("Bring a batch of an exchange in", "导入交易所批次")
    )(_work)
    performers.performer(
        watching.LOOK, lease_s=120, describe=Text("Look for new files of exchanges", "检查交易所新文件")
    )(watching.perform)
    performers.performer(TIDY, lease_s=60, describe=Text("Remove files of old batches", "清理旧批次文件"))(
        batches.tidy
    )
    schedules.schedule(
        watching.LOOK, "* * * * *", watching.LOOK,
        describe=Text("Watched folders and buckets of exchanges", "监视交易所文件夹与存储桶"),
    )  # fmt: skip
    schedules.schedule(
        TIDY, "23 4 * * *", TIDY, describe=Text("Removal of files of old batches", "定期清理旧批次文件")
    )
    venue_jobs.register()  # before the room forgets which accounts were whose
    erasing.register()


def _work(effect: Claimed) -> Done | None:
    # Arrow and DuckDB cost 60 MB; most processes never read a batch.
    from guildhall.exchange.actions import working

    return working.perform(effect)
