"""Everything that can happen to an import: begun, confirmed, worked off, cancelled, undone, looked at by the
guard, its file removed.
"""

from guildhall.intake.importing.actions.judging import begin_judging
from guildhall.intake.importing.actions.lifecycle import (
    begin,
    cancel,
    confirm,
    remove_file,
    undo,
    work,
)

__all__ = ["begin", "begin_judging", "cancel", "confirm", "remove_file", "undo", "work"]
