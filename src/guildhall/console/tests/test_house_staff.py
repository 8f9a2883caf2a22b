"""Staff pages: inviting, roles, teams, ways in and out, each only for those who may."""

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core.models import AuditEntry
from guildhall.people.models import SignInLink, Staff, Team
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff, second_factors

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def test_the_list_names_everybody_with_roles_and_finds_by_name():
    make_staff(Role.MODERATOR, name="Lin Wei", email="lin@example.org")
    make_staff(Role.ANALYST, name="Kofi", email="kofi@example.org")
    client = client_for(Role.OWNER)
    page = client.get(url("staff")).content.decode()
    assert "Lin Wei" in page
    assert "Kofi" in page
    found = client.get(url("staff") + "?q=LIN").content.decode()
    assert "Lin Wei" in found
    assert "Kofi" not in found
    assert "Kofi" in client.get(url("staff") + "?role=analyst").content.decode()


def test_an_invited_colleague_can_use_the_link_that_was_shown_once():
    client = confirmed(Role.OWNER)
    response = client.post(
        url("staff-new"),
        {"name": "Ana", "email": "Ana@Example.org", "language": "zh-hans", "roles": ["moderator"]},
    )
    ana = Staff.objects.get(email="ana@example.org")
    link = response.context["link"]
    assert response.status_code == 200
    assert response["Cache-Control"].find("no-store") >= 0
    assert link in response.content.decode()
    assert {grant.role for grant in ana.grants.all()} == {"moderator"}
    assert Client().get(link).status_code == 200


def test_the_same_form_sent_twice_adds_nobody_twice():
    client = confirmed(Role.OWNER)
    form = {"name": "Ana", "email": "ana@example.org", "language": "en", "roles": ["moderator"]}
    client.post(url("staff-new"), form)
    again = client.post(url("staff-new"), form)
    assert "Somebody already signs in with this address." in again.content.decode()
    assert Staff.objects.filter(email="ana@example.org").count() == 1


@pytest.mark.parametrize(
    "changed,words",
    [
        ({"email": "not an address"}, "Enter a valid email address"),
        ({"name": ""}, "This field is required"),
        ({"language": "tlh"}, "Select a valid choice"),
        ({"roles": ["emperor"]}, "Select a valid choice"),
    ],
)
def test_bad_input_is_refused_at_its_field(changed, words):
    form = {"name": "Ana", "email": "ana@example.org", "language": "en", "roles": ["moderator"], **changed}
    assert words in confirmed(Role.OWNER).post(url("staff-new"), form).content.decode()
    assert not Staff.objects.filter(email="ana@example.org").exists()


def test_a_manager_cannot_hand_out_what_stands_above_them():
    client = confirmed(Role.MANAGER)
    form = {"name": "Ana", "email": "ana@example.org", "language": "en", "roles": ["owner"]}
    assert "Select a valid choice" in client.post(url("staff-new"), form).content.decode()
    lin = make_staff(Role.MODERATOR)
    client.post(url("staff-roles", lin.pk), {"roles": ["moderator", "owner", "analyst"]})
    assert {grant.role for grant in lin.grants.all()} == {"moderator", "analyst"}


def test_roles_are_set_to_those_that_are_ticked():
    lin = make_staff(Role.MODERATOR, Role.ANALYST)
    response = confirmed(Role.OWNER).post(
        url("staff-roles", lin.pk), {"roles": ["moderator", "content_editor"]}, follow=True
    )
    assert said(response) == "The roles were changed."
    assert {grant.role for grant in lin.grants.all()} == {"moderator", "content_editor"}


def test_the_last_owner_stays():
    client = confirmed(Role.OWNER)
    owner = client.staff
    refused = client.post(url("staff-roles", owner.pk), {"roles": []}, follow=True)
    assert "last owner" in said(refused)
    assert owner.grants.filter(role="owner").exists()
    assert "last owner" in said(client.post(url("staff-deactivate", owner.pk), follow=True))


def test_a_deactivated_colleague_is_out_and_may_come_back():
    lin = client_for(Role.MODERATOR)
    owner = confirmed(Role.OWNER)
    assert lin.get(url("effects")).status_code == 200
    owner.post(url("staff-deactivate", lin.staff.pk))
    assert lin.get(url("effects")).status_code == 302
    assert "Deactivated" in owner.get(url("staff-member", lin.staff.pk)).content.decode()
    owner.post(url("staff-reactivate", lin.staff.pk))
    assert Staff.objects.get(pk=lin.staff.pk).is_active


def test_signing_somebody_out_ends_every_session_but_ones_own():
    lin = client_for(Role.MODERATOR)
    owner = confirmed(Role.OWNER)
    owner.post(url("staff-sessions-end", lin.staff.pk))
    assert lin.get(url("effects")).status_code == 302
    owner.post(url("staff-sessions-end", owner.staff.pk))
    assert owner.get(url("staff")).status_code == 200


def test_a_lost_second_factor_is_reset():
    lin = make_staff(Role.MODERATOR)
    confirmed(Role.OWNER).post(url("staff-factor-reset", lin.pk))
    assert second_factors(lin) == 0


def test_a_fresh_way_in_is_shown_once():
    lin = make_staff(Role.MODERATOR)
    client = confirmed(Role.OWNER)
    response = client.post(url("staff-link", lin.pk))
    assert "/sign-in/" in response.context["link"]
    assert SignInLink.objects.filter(staff=lin).count() == 1
    assert client.get(url("staff-link", lin.pk)).status_code == 405


def test_teams_are_founded_joined_and_left():
    client = confirmed(Role.OWNER)
    lin = make_staff(Role.MODERATOR, name="Lin Wei")
    client.post(url("team-new"), {"name": "Night shift"})
    team = Team.objects.get()
    client.post(url("staff-teams", lin.pk), {"teams": [str(team.pk)]})
    assert list(lin.teams.all()) == [team]
    assert "Lin Wei" in client.get(url("teams")).content.decode()
    client.post(url("staff-teams", lin.pk), {"teams": ["nonsense"]})
    assert not lin.teams.exists()
    assert client.post(url("team-new"), {"name": ""}).status_code == 422
    assert "already" in client.post(url("team-new"), {"name": "Night shift"}).content.decode()


def test_what_changes_rights_asks_for_the_password_again():
    lin = make_staff(Role.MODERATOR)
    client = client_for(Role.OWNER)
    for name in ("staff-roles", "staff-deactivate", "staff-link", "staff-factor-reset"):
        response = client.post(url(name, lin.pk), {"roles": []})
        assert response.status_code == 302
        assert "reauthenticate" in response["Location"]
    assert lin.grants.exists()


@pytest.mark.parametrize(
    "name", ["staff-roles", "staff-deactivate", "staff-link", "staff-teams", "staff-sessions-end"]
)
def test_a_forged_form_changes_nothing(name):
    lin = make_staff(Role.MODERATOR)
    client = confirmed(Role.OWNER, enforce_csrf_checks=True)
    assert client.post(url(name, lin.pk), {"roles": ["owner"]}).status_code == 403
    assert {grant.role for grant in lin.grants.all()} == {"moderator"}


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ANALYST, Role.PARTNER])
def test_others_see_neither_staff_nor_change_it(role):
    lin = make_staff(Role.SUPPORT_AGENT)
    client = confirmed(role)
    assert client.get(url("staff")).status_code == 403
    assert client.get(url("staff-member", lin.pk)).status_code == 403
    assert client.post(url("staff-roles", lin.pk), {"roles": ["owner"]}).status_code == 403
    assert {grant.role for grant in lin.grants.all()} == {"support_agent"}


def test_whoever_is_not_there_is_not_found():
    assert confirmed(Role.OWNER).get(url("staff-member", 999_999)).status_code == 404
    assert confirmed(Role.OWNER).post(url("staff-deactivate", 999_999)).status_code == 404


def test_every_change_is_in_the_audit():
    lin = make_staff(Role.MODERATOR)
    client = confirmed(Role.OWNER)
    client.post(url("staff-roles", lin.pk), {"roles": ["analyst"]})
    done = set(AuditEntry.objects.filter(actor=client.staff.actor).values_list("verb", flat=True))
    assert {"staff.role_granted", "staff.role_revoked"} <= done
