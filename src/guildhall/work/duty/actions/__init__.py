"""The only writers of duty: shifts and who takes whose place, patterns, swaps, leave, needs, feeds."""

from guildhall.work.duty.actions.by_hand import (
    add_shift,
    cancel_shift,
    change_shift,
    cover,
    restore_shift,
    uncover,
)
from guildhall.work.duty.actions.leave import (
    Off,
    approve_leave,
    ask_leave,
    record_leave,
    refuse_leave,
    withdraw_leave,
)
from guildhall.work.duty.actions.patterns import (
    Draft,
    end_pattern,
    resume_pattern,
    save_pattern,
)
from guildhall.work.duty.actions.setting_up import Needed, add_need, make_feed, remove_need, revoke_feed
from guildhall.work.duty.actions.shifts import NewShift, Put, put_shifts
from guildhall.work.duty.actions.swaps import accept, approve, ask, claim, decline, refuse, withdraw

__all__ = [
    "Draft",
    "Needed",
    "NewShift",
    "Off",
    "Put",
    "accept",
    "add_need",
    "add_shift",
    "approve",
    "approve_leave",
    "ask",
    "ask_leave",
    "cancel_shift",
    "change_shift",
    "claim",
    "cover",
    "decline",
    "end_pattern",
    "make_feed",
    "put_shifts",
    "record_leave",
    "refuse",
    "refuse_leave",
    "remove_need",
    "restore_shift",
    "resume_pattern",
    "revoke_feed",
    "save_pattern",
    "uncover",
    "withdraw",
    "withdraw_leave",
]
