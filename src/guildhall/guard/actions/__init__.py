"""The only writers of the guard. Each does one thing with its audit and effects in one transaction.

`record_verdicts` is the batch form for intake's hot path and joins the caller's transaction.
"""

from guildhall.guard.actions.appeals import add_statement, open_appeal, report_message
from guildhall.guard.actions.by_hand import Hand, Taken, take_measure, undo_measure
from guildhall.guard.actions.deciding import BulkOutcome, bulk_uphold, dismiss, reopen, train, undo, uphold
from guildhall.guard.actions.listing import (
    add_domain,
    add_domains,
    protect_name,
    remove_domain,
    unprotect_name,
)
from guildhall.guard.actions.people import (
    Occasion,
    Seen,
    Settled,
    clear_suspect,
    confirm_suspect,
    look_at_people,
)
from guildhall.guard.actions.pictures import Showing, decide_picture, note_pictures
from guildhall.guard.actions.policies import (
    APPROVAL,
    Proposed,
    assign_policy,
    begin_space,
    discard_draft,
    edit_draft,
    install_shipped,
    propose_policy,
    save_draft,
)
from guildhall.guard.actions.recording import Judged, record_verdicts
from guildhall.guard.actions.shadowing import start_shadow, stop_shadow

__all__ = [
    "APPROVAL",
    "BulkOutcome",
    "Hand",
    "Judged",
    "Occasion",
    "Proposed",
    "Seen",
    "Settled",
    "Showing",
    "Taken",
    "add_domain",
    "add_domains",
    "add_statement",
    "assign_policy",
    "begin_space",
    "bulk_uphold",
    "clear_suspect",
    "confirm_suspect",
    "decide_picture",
    "discard_draft",
    "dismiss",
    "edit_draft",
    "install_shipped",
    "look_at_people",
    "note_pictures",
    "open_appeal",
    "propose_policy",
    "protect_name",
    "record_verdicts",
    "remove_domain",
    "reopen",
    "report_message",
    "save_draft",
    "start_shadow",
    "stop_shadow",
    "take_measure",
    "train",
    "undo",
    "undo_measure",
    "unprotect_name",
    "uphold",
]
