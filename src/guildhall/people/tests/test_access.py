"""The doors: pages, API routes with tokens and sessions, and what those who may not pass are told."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from ninja import NinjaAPI

from guildhall.core import clock
from guildhall.core.errors import BadInput, NotAllowed, NotFound
from guildhall.people import actions, tokens
from guildhall.people.access import api_auth, enrolment, public, requires
from guildhall.people.models import ApiToken
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff, sign_in

pytestmark = pytest.mark.django_db
api = NinjaAPI(urls_namespace="people-access-test", docs_url=None, openapi_url=None)


@api.get("/members", auth=api_auth("members:read"))
def members(request: HttpRequest) -> dict[str, str]:
    return {"actor": request.auth.actor}  # type: ignore[attr-defined]


@api.post("/cases", auth=api_auth("cases:write"))
def decide(request: HttpRequest) -> dict[str, str]:
    return {"actor": request.auth.actor}  # type: ignore[attr-defined]


@api.get("/forgotten")
def forgotten(request: HttpRequest) -> dict[str, str]:
    return {"secret": "x"}


@api.get("/open", auth=None)
@public
def open_to_all(request: HttpRequest) -> dict[str, str]:
    return {"hello": "world"}


def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("inside")


def forgotten_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("inside")


urlpatterns = [
    *import_module(django_settings.ROOT_URLCONF).urlpatterns,
    path("t/review/", requires("cases.review")(page)),
    path("t/confirm/", requires("staff.edit", confirm=True)(page)),
    path("t/enrol/", enrolment(page)),
    path("t/open/", public(page)),
    path("t/forgotten/", forgotten_page),
    path("api/t/", api.urls),
]


@pytest.fixture(autouse=True)
def _these_addresses() -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        yield


# --- pages ----------------------------------------------------------------------------------------------------------


def test_a_view_that_forgot_to_say_who_may_open_it_opens_to_nobody() -> None:
    for client in (Client(), client_for(Role.OWNER)):
        assert client.get("/t/forgotten/").status_code == 403
        assert client.get("/api/t/forgotten").status_code == 403


def test_a_visitor_comes_back_to_the_page_they_wanted() -> None:
    answer = Client().get("/t/review/?page=2")
    assert answer.headers["Location"] == "/accounts/login/?next=%2Ft%2Freview%2F%3Fpage%3D2"
    assert Client().post("/t/review/").headers["Location"] == "/accounts/login/"


def test_a_part_of_a_page_asked_by_htmx_leads_the_whole_page_to_sign_in() -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/review/?a=1"}
    answer = Client().get("/t/review/", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Freview%2F%3Fa%3D1"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "your roles do not open this page"), ("zh-hans", "没有权限")]
)
def test_a_role_without_the_permission_gets_a_clean_page_in_its_language(language: str, words: str) -> None:
    client = client_for(Role.ANALYST)
    client.cookies["guildhall_language"] = language
    answer = client.get("/t/review/")
    assert answer.status_code == 403
    assert words in answer.content.decode()
    assert "cases.review" in answer.content.decode()


def test_a_program_gets_json_instead() -> None:
    answer = client_for(Role.ANALYST).get("/t/review/", headers={"Accept": "application/json"})
    assert answer.json()["needs"] == "cases.review"


def test_without_a_second_factor_only_the_enrolment_pages_open() -> None:
    client = sign_in(Client(), make_staff(Role.MODERATOR, mfa=False))
    assert client.get("/t/review/").headers["Location"] == "/accounts/2fa/"
    assert client.get("/t/enrol/").content == b"inside"
    assert client.get("/t/open/").content == b"inside"
    assert client.get("/api/t/members", headers={"Accept": "application/json"}).status_code == 403


def test_a_role_that_needs_no_second_factor_is_not_asked_for_one() -> None:
    client = sign_in(Client(), make_staff(Role.PARTNER, mfa=False))
    assert client.get("/accounts/").status_code == 200


def test_a_sensitive_change_asks_again_and_then_happens() -> None:
    from guildhall.people.testing import PASSWORD

    staff = make_staff(Role.OWNER, password=PASSWORD)
    client = sign_in(Client(), staff)
    assert client.get("/t/confirm/").content == b"inside"
    answer = client.post("/t/confirm/", {"x": "1"})
    assert answer.headers["Location"] == "/accounts/reauthenticate/?next=%2Ft%2Fconfirm%2F"
    resumed = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/t/confirm/"})
    assert resumed.content == b"inside"
    assert client.post("/t/confirm/").content == b"inside"


# --- tokens ---------------------------------------------------------------------------------------------------------


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_token_with_the_scope_gets_in_and_is_named_as_the_actor() -> None:
    staff = make_staff(Role.MODERATOR)
    made = actions.create_token(staff, "bot", ["members:read"], by=staff)
    answer = Client().get("/api/t/members", headers=bearer(made.text))
    assert answer.json() == {"actor": f"token:{made.token.pk}"}
    assert made.text.startswith(made.token.prefix)
    assert made.text not in str(list(ApiToken.objects.values()))


def test_a_token_of_another_scope_is_told_which_one_it_needs_and_nothing_else() -> None:
    staff = make_staff(Role.MODERATOR)
    made = actions.create_token(staff, "bot", ["members:read"], by=staff)
    answer = Client().post("/api/t/cases", headers=bearer(made.text))
    assert answer.status_code == 403
    assert "cases:write" in answer.content.decode()
    assert json.loads(answer.content).keys() == {"detail"}


@pytest.mark.parametrize(
    "text", ["", "x", "gh_", "gh_" + "a" * 43, "gh_" + "a" * 100_000, "gh_\x00", "Basic abc"]
)
def test_a_made_up_token_gets_401_even_beside_a_good_session(text: str) -> None:
    client = client_for(Role.OWNER)
    assert client.get("/api/t/members", headers=bearer(text)).status_code == 401


def test_revoked_expired_and_orphaned_tokens_are_dead_at_once() -> None:
    staff = make_staff(Role.MODERATOR)
    revoked = actions.create_token(staff, "a", ["members:read"], by=staff)
    expired = actions.create_token(
        staff, "b", ["members:read"], by=staff, expires_at=clock.now() + timedelta(hours=1)
    )
    assert Client().get("/api/t/members", headers=bearer(expired.text)).status_code == 200
    assert actions.revoke_token(revoked.token.pk, by=staff)
    assert not actions.revoke_token(revoked.token.pk, by=staff)
    assert Client().get("/api/t/members", headers=bearer(revoked.text)).status_code == 401
    with clock.freeze(clock.now() + timedelta(hours=2)):
        assert Client().get("/api/t/members", headers=bearer(expired.text)).status_code == 401
    with pytest.raises(NotFound):
        actions.revoke_token("nothing", by=staff)


def test_a_token_never_carries_more_than_its_owner_holds_now() -> None:
    staff = make_staff(Role.MODERATOR, Role.ANALYST)
    made = actions.create_token(staff, "bot", ["cases:write", "cases:read"], by=staff)
    assert Client().post("/api/t/cases", headers=bearer(made.text)).status_code == 200
    actions.revoke_role(staff, Role.MODERATOR, by="system:test")
    assert Client().post("/api/t/cases", headers=bearer(made.text)).status_code == 403
    with pytest.raises(NotAllowed):
        actions.create_token(staff, "bot", ["cases:write"], by=staff)
    for scopes, name in (([], "x"), (["no:such"], "x"), (["cases:read"], " ")):
        with pytest.raises(BadInput):
            actions.create_token(staff, name, scopes, by=staff)


def test_using_a_token_writes_at_most_once_in_a_while(django_assert_num_queries: Any) -> None:
    staff = make_staff(Role.MODERATOR)
    made = actions.create_token(staff, "bot", ["members:read"], by=staff)
    assert tokens.principal(made.text)
    with django_assert_num_queries(2):
        assert tokens.principal(made.text)
    assert ApiToken.objects.get().last_used_at is not None


# --- sessions at the API --------------------------------------------------------------------------------------------


def test_a_session_reads_the_api_and_writes_only_with_the_token_of_this_site() -> None:
    staff = make_staff(Role.MODERATOR)
    client = sign_in(Client(enforce_csrf_checks=True), staff)
    assert client.get("/api/t/members").json() == {"actor": f"staff:{staff.pk}"}
    assert client.post("/api/t/cases").status_code == 403
    token = client.get("/accounts/").cookies["guildhall_csrf"].value
    assert client.post("/api/t/cases", headers={"X-CSRFToken": token}).status_code == 200


def test_a_session_without_the_permission_is_told_which() -> None:
    answer = client_for(Role.ANALYST).post("/api/t/cases")
    assert answer.status_code == 403
    assert "cases.review" in answer.content.decode()


def test_the_api_tells_a_visitor_to_sign_in_and_greets_them_where_it_is_open() -> None:
    assert Client().get("/api/t/members").status_code == 401
    assert Client().get("/api/t/open").json() == {"hello": "world"}


def test_a_misspelt_permission_or_scope_stops_the_house_from_starting() -> None:
    with pytest.raises(KeyError):
        requires("cases.reveiw")
    with pytest.raises(KeyError):
        api_auth("members:raed")
