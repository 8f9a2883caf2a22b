"""The only writers of the guard. Each does one thing with its audit and effects in one transaction.

`record_verdicts` is the batch form for intake's hot path and joins the caller's transaction.
"""

from guildhall.guard.actions.appeals import add_statement, open_appeal, report_message
from guildhall.guard.actions.arriving import Came, note_arrivals
from guildhall.guard.actions.by_hand import Hand, Taken, take_measure, undo_measure
from guildhall.guard.actions.campaigns import clear_campaign, confirm_campaign, undo_campaign
from guildhall.guard.actions.deciding import BulkOutcome, bulk_uphold, dismiss, reopen, train, undo, uphold
from guildhall.guard.actions.listing import (
    add_domain,
    add_domains,
    protect_name,
    remove_domain,
    unprotect_name,
)
from guildhall.guard.actions.overriding import propose_override
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
from guildhall.guard.actions.raid_steps import release_newcomer, take_step, undo_step
from guildhall.guard.actions.raids import declare_raid, end_raid, extend_raid
from guildhall.guard.actions.recording import Judged, record_verdicts
from guildhall.guard.actions.shadowing import start_shadow, stop_shadow
from guildhall.guard.actions.surges import note_invites, note_reactions, undo_surge, uphold_surge
from guildhall.guard.actions.tracing import Trace, record_traces

__all__ = [
    "APPROVAL",
    "BulkOutcome",
    "Came",
    "Hand",
    "Judged",
    "Occasion",
    "Proposed",
    "Seen",
    "Settled",
    "Showing",
    "Taken",
    "Trace",
    "add_domain",
    "add_domains",
    "add_statement",
    "assign_policy",
    "begin_space",
    "bulk_uphold",
    "clear_campaign",
    "clear_suspect",
    "confirm_campaign",
    "confirm_suspect",
    "decide_picture",
    "declare_raid",
    "discard_draft",
    "dismiss",
    "edit_draft",
    "end_raid",
    "extend_raid",
    "install_shipped",
    "look_at_people",
    "note_arrivals",
    "note_invites",
    "note_pictures",
    "note_reactions",
    "open_appeal",
    "propose_override",
    "propose_policy",
    "protect_name",
    "record_traces",
    "record_verdicts",
    "release_newcomer",
    "remove_domain",
    "reopen",
    "report_message",
    "save_draft",
    "start_shadow",
    "stop_shadow",
    "take_measure",
    "take_step",
    "train",
    "undo",
    "undo_campaign",
    "undo_measure",
    "undo_step",
    "undo_surge",
    "unprotect_name",
    "uphold",
    "uphold_surge",
]
