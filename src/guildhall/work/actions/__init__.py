"""The only writers of the work room. Other rooms ask for something to be done with `open_task`."""

from guildhall.work.actions.tasks import (
    NewTask,
    add_proof,
    assign,
    cancel,
    cancel_about,
    complete,
    miss,
    open_task,
    remove_proof,
    reopen,
    skip,
)

__all__ = [
    "NewTask",
    "add_proof",
    "assign",
    "cancel",
    "cancel_about",
    "complete",
    "miss",
    "open_task",
    "remove_proof",
    "reopen",
    "skip",
]
