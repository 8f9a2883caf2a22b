"""Everything that can happen to a ticket: the only writers of tickets, their entries and their ratings.

Opened in `opening`, heard in `hearing`, answered in `replying` (and what becomes of an answer in `leaving`),
worked on in `working`, merged, split and put aside in `joining`, rated in `rating`.
"""

from guildhall.desk.actions.by_hand import open_from_message
from guildhall.desk.actions.fetching import attach
from guildhall.desk.actions.hearing import add_customer_messages, note_deletions, note_edits
from guildhall.desk.actions.joining import mark_spam, merge, not_spam, split
from guildhall.desk.actions.opening import Draft, in_language, open_many
from guildhall.desk.actions.rating import is_ratable, rate
from guildhall.desk.actions.replying import add_answer_from_chat, reply, retry, unsend
from guildhall.desk.actions.working import (
    assign,
    check_owner,
    move_to_vendor,
    note,
    set_category,
    set_fields,
    set_priority,
    set_status,
    set_subject,
    set_team,
    set_tier,
    snooze,
    wake,
)

__all__ = [
    "Draft",
    "add_answer_from_chat",
    "add_customer_messages",
    "assign",
    "attach",
    "check_owner",
    "in_language",
    "is_ratable",
    "mark_spam",
    "merge",
    "move_to_vendor",
    "not_spam",
    "note",
    "note_deletions",
    "note_edits",
    "open_from_message",
    "open_many",
    "rate",
    "reply",
    "retry",
    "set_category",
    "set_fields",
    "set_priority",
    "set_status",
    "set_subject",
    "set_team",
    "set_tier",
    "snooze",
    "split",
    "unsend",
    "wake",
]
