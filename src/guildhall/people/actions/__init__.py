"""Everything that can happen to people: the only writers of this room.

Staff and their rights stand in `staff`, links and API tokens in `keys`, accounts as messages bring them in
`accounts`, and what is done to a member on purpose in `members`. All of it is written together with its
audit row.
"""

from guildhall.people.actions.accounts import Known, Sighting, resolve_accounts
from guildhall.people.actions.keys import (
    INVITATION_TTL,
    SIGN_IN_TTL,
    NewToken,
    consume_sign_in_link,
    create_token,
    invite,
    make_sign_in_link,
    revoke_token,
)
from guildhall.people.actions.members import (
    erase_member,
    export_member,
    link_accounts,
    link_staff_account,
    set_language,
    set_note,
    set_region,
    set_staff_account,
)
from guildhall.people.actions.staff import (
    add_to_team,
    change_profile,
    create_staff,
    create_team,
    deactivate,
    end_sessions,
    grant_role,
    reactivate,
    remove_from_team,
    reset_second_factor,
    revoke_role,
)

__all__ = [
    "INVITATION_TTL",
    "SIGN_IN_TTL",
    "Known",
    "NewToken",
    "Sighting",
    "add_to_team",
    "change_profile",
    "consume_sign_in_link",
    "create_staff",
    "create_team",
    "create_token",
    "deactivate",
    "end_sessions",
    "erase_member",
    "export_member",
    "grant_role",
    "invite",
    "link_accounts",
    "link_staff_account",
    "make_sign_in_link",
    "reactivate",
    "remove_from_team",
    "reset_second_factor",
    "resolve_accounts",
    "revoke_role",
    "revoke_token",
    "set_language",
    "set_note",
    "set_region",
    "set_staff_account",
]
