"""Everything that can happen to an import: begun, confirmed, worked off, cancelled, undone, its file
removed.
"""

from guildhall.intake.importing.actions.lifecycle import (
    begin,
    cancel,
    confirm,
    remove_file,
    undo,
    work,
)

__all__ = ["begin", "cancel", "confirm", "remove_file", "undo", "work"]
