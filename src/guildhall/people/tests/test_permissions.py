"""The table of permissions and the ranks of roles, as rules."""

from __future__ import annotations

import pytest

from guildhall.people import permissions
from guildhall.people.permissions import SCOPES, TABLE, allows, parse, scopes_of
from guildhall.people.roles import NAMES, RANKS, Role, may_grant

PLANNED = [
    "today.view",
    "cases.view",
    "cases.review",
    "messages.view",
    "messages.remove",
    "members.view",
    "members.restrict",
    "members.identity",
    "members.erase",
    "spaces.view",
    "spaces.edit",
    "policies.view",
    "policies.propose",
    "policies.approve",
    "approvals.view",
    "approvals.decide",
    "effects.view",
    "effects.decide",
    "audit.view",
    "staff.view",
    "staff.edit",
    "settings.view",
    "settings.edit",
    "compliance.view",
    "compliance.override",
    "tokens.manage",
]


def test_every_permission_the_rooms_ask_for_is_in_the_table() -> None:
    assert set(PLANNED) <= set(TABLE)


def test_every_permission_is_held_by_somebody() -> None:
    assert [name for name, roles in TABLE.items() if not roles] == []


def test_every_role_has_a_name_in_both_languages_and_a_rank() -> None:
    assert set(NAMES) == set(RANKS) == set(Role)
    assert all(name.en and name.zh for name in NAMES.values())


def test_a_misspelt_permission_is_an_error_and_never_a_yes() -> None:
    with pytest.raises(KeyError):
        allows([Role.OWNER], "cases.reveiw")


@pytest.mark.parametrize(
    "matrix",
    [
        permissions.MATRIX.replace("|par|", "|", 1),
        permissions.MATRIX.replace("| x |", "| y |", 1),
        permissions.MATRIX + "today.view | x | x | x | x | x | x | x | x | x | x |   | twice",
    ],
)
def test_a_table_that_cannot_be_read_is_refused(matrix: str) -> None:
    with pytest.raises(ValueError, match="permission table"):
        parse(matrix)


def test_vendor_agents_and_partners_never_see_identities_or_rights() -> None:
    for role in (Role.VENDOR_AGENT, Role.PARTNER):
        for name in (
            "members.identity",
            "members.export",
            "staff.view",
            "audit.view",
            "tokens.manage",
            "settings.view",
        ):
            assert not allows([role], name)


def test_a_partner_reaches_their_own_account_and_nothing_else() -> None:
    assert permissions.of_roles([Role.PARTNER]) == {"account.view"}


def test_several_roles_add_up() -> None:
    assert permissions.of_roles([Role.ANALYST, Role.CONTENT_EDITOR]) == permissions.of_roles(
        [Role.ANALYST]
    ) | permissions.of_roles([Role.CONTENT_EDITOR])


def test_every_scope_stands_for_a_permission_and_vendor_agents_cannot_write_with_one() -> None:
    assert set(SCOPES.values()) <= set(TABLE)
    assert scopes_of([Role.PARTNER]) == frozenset()
    assert "messages:write" not in scopes_of([Role.VENDOR_AGENT])


def test_nobody_grants_what_stands_at_or_above_their_own_rank_except_an_owner() -> None:
    assert may_grant([Role.OWNER], Role.OWNER)
    for role in Role:
        assert not may_grant([], role)
        assert not may_grant([Role.MODERATOR], Role.OWNER)
        if role is not Role.OWNER:
            assert not may_grant([role], role)
    assert may_grant([Role.MANAGER], Role.MODERATOR)
    assert not may_grant([Role.MANAGER], Role.COMPLIANCE_OFFICER)
