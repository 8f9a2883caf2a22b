"""What can happen to staff: who may do it to whom, and what stops at once."""

from __future__ import annotations

import pytest
from django.test import Client

from guildhall.core.errors import BadInput, Conflict, NotAllowed
from guildhall.core.models import AuditEntry
from guildhall.people import actions, queries
from guildhall.people.models import RoleGrant, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import PASSWORD, client_for, make_staff, second_factors, sign_in

pytestmark = pytest.mark.django_db
SYSTEM = "system:test"


@pytest.fixture
def owner() -> Staff:
    return make_staff(Role.OWNER)


def test_hiring_is_audited_without_name_or_address(owner: Staff) -> None:
    staff = actions.create_staff("Mei@Example.ORG ", "Mei Lin", [Role.MODERATOR], by=owner)
    entry = AuditEntry.objects.get(verb="staff.created", subject=f"staff:{staff.pk}")
    assert staff.email == "mei@example.org"
    assert entry.actor == f"staff:{owner.pk}"
    assert entry.data == {"roles": ["moderator"]}


def test_an_address_is_taken_whatever_its_case(owner: Staff) -> None:
    actions.create_staff("mei@example.org", "Mei", [], by=owner)
    with pytest.raises(Conflict):
        actions.create_staff("MEI@example.org", "Other", [], by=owner)


@pytest.mark.parametrize(
    ("field", "change"),
    [("email", {"email": "nobody"}), ("name", {"name": " "}), ("language", {"language": "xx"}),
     ("zone", {"zone": "Mars/Base"}), ("zone", {"zone": "../../etc/passwd"}), ("roles", {"roles": ["king"]})],
)  # fmt: skip
def test_bad_input_names_its_field(owner: Staff, field: str, change: dict[str, object]) -> None:
    wanted: dict[str, object] = {"email": "a@example.org", "name": "A", "roles": []} | change
    with pytest.raises(BadInput) as wrong:
        actions.create_staff(by=owner, **wanted)  # type: ignore[arg-type]
    assert wrong.value.field == field


def test_nobody_grants_above_themselves_nor_touches_those_above() -> None:
    manager, compliance, moderator = (
        make_staff(Role.MANAGER),
        make_staff(Role.COMPLIANCE_OFFICER),
        make_staff(Role.MODERATOR),
    )
    for attempt in (
        lambda: actions.grant_role(moderator, Role.OWNER, by=manager),
        lambda: actions.grant_role(manager, Role.OWNER, by=manager),
        lambda: actions.create_staff("x@example.org", "X", [Role.MANAGER], by=manager),
        lambda: actions.deactivate(compliance, by=manager),
        lambda: actions.make_sign_in_link(compliance, by=manager),
        lambda: actions.reset_second_factor(compliance, by=manager),
        lambda: actions.create_token(compliance, "t", ["members:read"], by=manager),
        lambda: actions.grant_role(moderator, Role.ANALYST, by="token:01H"),
        lambda: actions.grant_role(moderator, Role.ANALYST, by="member:01H"),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert actions.grant_role(moderator, Role.SUPPORT_AGENT, by=manager)
    assert moderator.roles == {Role.MODERATOR, Role.SUPPORT_AGENT}


def test_the_last_owner_stays(owner: Staff) -> None:
    with pytest.raises(Conflict):
        actions.revoke_role(owner, Role.OWNER, by=owner)
    with pytest.raises(Conflict):
        actions.deactivate(owner, by=SYSTEM)
    other = make_staff(Role.OWNER)
    actions.deactivate(other, by=owner)
    with pytest.raises(Conflict):
        actions.revoke_role(owner, Role.OWNER, by=owner)
    actions.reactivate(other, by=owner)
    assert actions.revoke_role(owner, Role.OWNER, by=owner)
    assert list(RoleGrant.objects.filter(role=Role.OWNER).values_list("staff_id", flat=True)) == [other.pk]


def test_a_role_taken_away_is_gone_with_the_next_request(owner: Staff) -> None:
    client = client_for(Role.MODERATOR)
    assert client.get("/accounts/").status_code == 200
    actions.revoke_role(client.staff, Role.MODERATOR, by=owner)  # type: ignore[attr-defined]
    assert client.get("/accounts/").status_code == 403


def test_deactivating_ends_sessions_tokens_and_links_at_once(owner: Staff) -> None:
    client = client_for(Role.MODERATOR)
    staff = client.staff  # type: ignore[attr-defined]
    token = actions.create_token(staff, "bot", ["cases:read"], by=staff)
    link = actions.make_sign_in_link(staff, by=owner)
    actions.deactivate(staff, by=owner)
    assert client.get("/accounts/").headers["Location"].startswith("/accounts/login/")
    from guildhall.people import tokens

    assert tokens.principal(token.text) is None
    assert Client().get(link).status_code == 410
    with pytest.raises(NotAllowed):
        actions.make_sign_in_link(staff, by=owner)


def test_a_reset_second_factor_must_be_set_up_again(owner: Staff) -> None:
    staff = make_staff(Role.MODERATOR, password=PASSWORD)
    client = sign_in(Client(), staff)
    assert actions.reset_second_factor(staff, by=owner) == 1
    assert second_factors(staff) == 0
    assert client.get("/accounts/").status_code == 302
    again = sign_in(Client(), staff)
    assert again.get("/accounts/").headers["Location"] == "/accounts/2fa/"


def test_teams_gather_staff(owner: Staff) -> None:
    staff = make_staff(Role.VENDOR_AGENT)
    team = actions.create_team("Vendor A", by=owner)
    actions.add_to_team(team, staff, by=owner, is_lead=True)
    row = next(row for row in queries.staff_list() if row.staff == staff)
    assert row.teams == ("Vendor A",)
    assert row.has_second_factor
    assert actions.remove_from_team(team, staff, by=owner)
    assert not actions.remove_from_team(team, staff, by=owner)
    with pytest.raises(Conflict):
        actions.create_team("Vendor A", by=owner)
    assert actions.create_team("外包团队", by=owner).slug.startswith("team-")


def test_staff_and_marked_accounts_are_protected_names(owner: Staff) -> None:
    make_staff(Role.MODERATOR, name="Support Lucy")
    assert "Support Lucy" in queries.staff_names()


def test_the_staff_list_costs_the_same_few_queries_for_any_number(
    owner: Staff, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    for _ in range(5):
        make_staff(Role.SUPPORT_AGENT)
    with django_assert_max_num_queries(5):
        assert len(queries.staff_list()) == 6
