"""The only writers of the partners room: one verb for each thing that can happen.

`partners` are people and their codes, `deals` versions of terms, `binding` who brought whom, `runs` and
`posting` settlements and what they post, `whatif` deals tried on the past.
"""

from guildhall.partners.actions.arriving import bind_registrations
from guildhall.partners.actions.binding import (
    BindReport,
    NewBinding,
    Refused,
    bind,
    bind_many,
    end_binding,
    propose_rebind,
)
from guildhall.partners.actions.deals import discard_draft, propose_deal, save_draft, withdraw_deal
from guildhall.partners.actions.partners import (
    add_code,
    change_partner,
    create_partner,
    not_own_account,
    own_account,
    remove_code,
)
from guildhall.partners.actions.reviews import hold_account, release_account
from guildhall.partners.actions.runs import retry_run, start_run, stop_run
from guildhall.partners.actions.whatif import start_what_if

__all__ = [
    "BindReport",
    "NewBinding",
    "Refused",
    "add_code",
    "bind",
    "bind_many",
    "bind_registrations",
    "change_partner",
    "create_partner",
    "discard_draft",
    "end_binding",
    "hold_account",
    "not_own_account",
    "own_account",
    "propose_deal",
    "propose_rebind",
    "release_account",
    "remove_code",
    "retry_run",
    "save_draft",
    "start_run",
    "start_what_if",
    "stop_run",
    "withdraw_deal",
]
