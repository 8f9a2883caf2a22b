"""What the effects engine runs for imports: reading a file, working it off stretch by stretch, undoing, and
removing old files.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.intake.importing.actions import erasing, judging, lifecycle

TIDY = "intake.imports.tidy"


def register() -> None:
    """Fill the registries; called when Django is ready."""
    performers.performer(lifecycle.STEP, lease_s=30, describe=Text("Work off an import", "执行一项导入"))(
        lifecycle.perform
    )
    performers.performer(
        judging.KIND, lease_s=60, describe=Text("Look at what an import brought", "检查导入的内容")
    )(judging.perform)
    performers.performer(TIDY, describe=Text("Remove files of old imports", "清理旧导入文件"))(lifecycle.tidy)
    erasing.register()
    schedules.schedule(
        TIDY, "41 3 * * *", TIDY, describe=Text("Removal of files of old imports", "定期清理旧导入文件")
    )
