"""Everything that can happen in channels: the only writers of this room.

What comes in is stored by `recording` (messages), `presence` (people), `echoes` (reactions, polls, topics),
`finding` (spaces) and `deliveries`; what goes out is asked for in `acting` and done in `performing`, words
once what they tell of is true (`awaiting`); `standing` belongs to the guard's decisions, `spaces` and
`quarantine` to people's, `indexing` to the search index.
"""

from guildhall.channels.actions.acting import Wanted, plan, request, request_many
from guildhall.channels.actions.awaiting import AFTER, UNLESS, Deed
from guildhall.channels.actions.deliveries import delivery_key, forget_deliveries, note_deliveries
from guildhall.channels.actions.echoes import (
    Polled,
    Reacted,
    ReactedStep,
    TopicSeen,
    record_polls,
    record_reactions,
    record_topics,
    step_reactions,
)
from guildhall.channels.actions.finding import (
    Found,
    SpaceSeen,
    ensure_spaces,
    former_id,
    is_heard_by,
    migrate_space,
    retitle_space,
)
from guildhall.channels.actions.indexing import index_pending
from guildhall.channels.actions.presence import (
    Asked,
    Standing,
    record_join_requests,
    record_joins,
    record_leaves,
    record_standings,
)
from guildhall.channels.actions.quarantine import Unread, discard, quarantine_many, release
from guildhall.channels.actions.recording import record_deletions, record_edits, record_messages
from guildhall.channels.actions.spaces import archive_space, create_space, edit_space, unarchive_space
from guildhall.channels.actions.standing import add_strikes, clear_strikes, hide_messages, note_invite
from guildhall.channels.actions.topics import edit_topic
from guildhall.channels.records import Edited, EditedMessage, NewMessage, Recorded

__all__ = [
    "AFTER",
    "UNLESS",
    "Asked",
    "Deed",
    "Edited",
    "EditedMessage",
    "Found",
    "NewMessage",
    "Polled",
    "Reacted",
    "ReactedStep",
    "Recorded",
    "SpaceSeen",
    "Standing",
    "TopicSeen",
    "Unread",
    "Wanted",
    "add_strikes",
    "archive_space",
    "clear_strikes",
    "create_space",
    "delivery_key",
    "discard",
    "edit_space",
    "edit_topic",
    "ensure_spaces",
    "forget_deliveries",
    "former_id",
    "hide_messages",
    "index_pending",
    "is_heard_by",
    "migrate_space",
    "note_deliveries",
    "note_invite",
    "plan",
    "quarantine_many",
    "record_deletions",
    "record_edits",
    "record_join_requests",
    "record_joins",
    "record_leaves",
    "record_messages",
    "record_polls",
    "record_reactions",
    "record_standings",
    "record_topics",
    "release",
    "request",
    "request_many",
    "retitle_space",
    "step_reactions",
    "unarchive_space",
]
