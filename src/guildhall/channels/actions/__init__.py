"""Everything that can happen in channels: the only writers of this room.

What comes in is stored by `recording`, what goes out is asked for in `acting` and done in `performing`;
`standing` belongs to the guard's decisions, `spaces` and `quarantine` to people's, `indexing` to the search
index.
"""

from guildhall.channels.actions.acting import Wanted, plan, request, request_many
from guildhall.channels.actions.indexing import index_pending
from guildhall.channels.actions.quarantine import Unread, discard, quarantine_many, release
from guildhall.channels.actions.recording import (
    record_deletions,
    record_edits,
    record_joins,
    record_leaves,
    record_messages,
)
from guildhall.channels.actions.spaces import (
    archive_space,
    create_space,
    edit_space,
    ensure_spaces,
    unarchive_space,
)
from guildhall.channels.actions.standing import add_strikes, clear_strikes, hide_messages
from guildhall.channels.records import Edited, EditedMessage, NewMessage, Recorded

__all__ = [
    "Edited",
    "EditedMessage",
    "NewMessage",
    "Recorded",
    "Unread",
    "Wanted",
    "add_strikes",
    "archive_space",
    "clear_strikes",
    "create_space",
    "discard",
    "edit_space",
    "ensure_spaces",
    "hide_messages",
    "index_pending",
    "plan",
    "quarantine_many",
    "record_deletions",
    "record_edits",
    "record_joins",
    "record_leaves",
    "record_messages",
    "release",
    "request",
    "request_many",
    "unarchive_space",
]
