"""Every address of the house against every role: what the permission table says is what happens."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import pytest
from django.test import Client

from guildhall.people.declared import Door
from guildhall.people.roles import Role
from guildhall.people.testing import Case, client_for, make_staff, matrix_cases, sign_in

pytestmark = pytest.mark.one_database

# Reaching a view counts as let in: what it then thinks of an empty form or a missing row is its own business.
LET_IN = {200, 204, 301, 302, 303, 304, 307, 308, 400, 404, 405, 409, 410, 422, 429, 503}
REFUSED = 403
SIGN_IN = "/accounts/login/"
ENROL = "/accounts/2fa/"
# Signing out and ending sessions are tried elsewhere: here they would take the client away from the cases after them.
_ENDS_SESSIONS = ("accounts/logout/",)


class Answer(NamedTuple):
    """`at_the_door`: a 403 of the permission check itself, not of a view that was reached."""

    status: int
    location: str
    at_the_door: bool


def cases() -> list[Case]:
    return [case for case in matrix_cases() if not case.pattern.startswith(_ENDS_SESSIONS)]


def ask(client: Client, case: Case) -> Answer:
    headers = (
        {"Accept": "application/json"}
        if case.access and case.access.door == Door.API
        else {"Accept": "text/html"}
    )
    response = client.generic(case.method, case.path, headers=headers)
    for _ in getattr(response, "streaming_content", ()):
        break
    status = response.status_code
    at_the_door = status == REFUSED and (
        hasattr(response, "refused_for") or case.access is None or case.access.door == Door.API
    )
    return Answer(status, response.headers.get("Location", ""), at_the_door)


def test_every_address_says_who_may_open_it() -> None:
    undeclared = sorted({case.pattern for case in cases() if case.access is None})
    assert not undeclared, (
        f"these addresses declare no door (requires, public, enrolment, api_auth): {undeclared}"
    )


def witnesses(case: Case) -> set[Role]:
    """A role that may open the address and one that may not, a different pair for each address."""
    chance = zlib.crc32(f"{case.method} {case.pattern}".encode())
    groups = [[role for role in Role if case.allows(role) is allowed] for allowed in (True, False)]
    return {group[chance % len(group)] for group in groups if group}


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_in_exactly_where_the_table_says(role: Role) -> None:
    """One that may and one that may not for each address; `make proof` asks all of them everywhere."""
    assert not wrong_doors(role, [case for case in guarded() if role in witnesses(case)])


@pytest.mark.proof
@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_in_exactly_where_the_table_says_at_every_address(role: Role) -> None:
    assert not wrong_doors(role, guarded())


def guarded() -> list[Case]:
    return [
        case
        for case in cases()
        if case.access is not None and case.access.door not in (Door.PUBLIC, Door.ENROLMENT)
    ]


def wrong_doors(role: Role, asked: list[Case]) -> list[str]:
    """Where somebody of that role got in although the table says no, or was refused although it says yes."""
    client = client_for(role, raise_request_exception=False)
    wrong = []
    for case in asked:
        status, location, at_the_door = ask(client, case)
        led_away = location == ENROL or location.startswith(SIGN_IN)
        got_in = (status in LET_IN or status == REFUSED) and not led_away and not at_the_door
        if got_in != case.allows(role) or (not got_in and not at_the_door):
            needs = case.access.needs if case.access else ""
            wrong.append(f"{role}: {case.method} {case.path} ({needs}): {status} {location}")
    return wrong


@pytest.mark.django_db
def test_a_visitor_is_led_to_the_sign_in_page_or_told_401() -> None:
    client = Client(raise_request_exception=False)
    wrong = []
    for case in cases():
        if case.access is None or case.access.door == Door.PUBLIC:
            continue
        status, location, _ = ask(client, case)
        fine = (
            status == 401 if case.access.door == Door.API else status == 302 and location.startswith(SIGN_IN)
        )
        if not fine:
            wrong.append(f"{case.method} {case.path}: {status} {location}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_without_a_second_factor_nothing_but_setting_one_up_is_reached() -> None:
    client = sign_in(Client(raise_request_exception=False), make_staff(Role.OWNER, mfa=False))
    wrong = []
    for case in cases():
        if case.access is None or case.access.door in (Door.PUBLIC, Door.ENROLMENT):
            continue
        status, location, _ = ask(client, case)
        fine = status == REFUSED if case.access.door == Door.API else status == 302 and location == ENROL
        if not fine:
            wrong.append(f"{case.method} {case.path}: {status} {location}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_no_address_breaks_when_a_visitor_opens_it() -> None:
    client = Client(raise_request_exception=False)
    broken = [f"{case.method} {case.path}" for case in cases() if ask(client, case).status >= 500]
    assert not [line for line in broken if "readyz" not in line]
