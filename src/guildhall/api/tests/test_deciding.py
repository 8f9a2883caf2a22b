"""Deciding over the API: uphold, undo and appeal, each once however often it is sent."""

import json

import pytest
from django.test import Client

from guildhall.api import idempotency
from guildhall.api.models import IdempotentCall
from guildhall.api.tests.callers import program
from guildhall.api.tests.test_reading import a_case
from guildhall.core import clock
from guildhall.core.models import AuditEntry
from guildhall.guard.models import Case
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


def post(client, case_id, verb, body=None, key="", **headers):
    sent = {"Idempotency-Key": key, **headers} if key else headers
    return client.post(
        f"/api/v1/cases/{case_id}/{verb}",
        json.dumps(body if body is not None else {}),
        "application/json",
        headers=sent,
    )


@pytest.fixture
def moderator():
    return program("cases:read", "cases:write", roles=(Role.MODERATOR,))


@pytest.mark.parametrize("verb,state,truth", [("uphold", "upheld", "bad"), ("undo", "undone", "fine")])
def test_a_case_is_decided_and_the_audit_names_the_token(moderator, verb, state, truth):
    case = a_case(enacted=[{"measure": "delete", "duration_s": 0}])
    response = post(moderator, case.pk, verb, {"note": "seen by the bot"})
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["state"], body["truth"], body["note"]) == (state, truth, "seen by the bot")
    assert body["decided_by"] == f"token:{moderator.token_row.pk}"
    assert AuditEntry.objects.filter(verb=f"case.{state}", actor=body["decided_by"]).exists()


def test_whoever_comes_second_is_told_who_decided(moderator):
    case = a_case(enacted=[{"measure": "delete", "duration_s": 0}])
    assert post(moderator, case.pk, "uphold").status_code == 200
    other = program("cases:write", roles=(Role.MANAGER,))
    refused = post(other, case.pk, "undo")
    assert refused.status_code == 409
    assert refused.json()["code"] == "case_decided"
    assert Case.objects.get(pk=case.pk).state == "upheld"


def test_the_same_key_gets_the_same_answer_and_nothing_happens_twice(moderator):
    case = a_case(enacted=[{"measure": "delete", "duration_s": 0}])
    first = post(moderator, case.pk, "uphold", {"note": "x"}, key="abc")
    deeds = AuditEntry.objects.count()
    Case.objects.filter(pk=case.pk).update(note="changed meanwhile")
    again = post(moderator, case.pk, "uphold", {"note": "x"}, key="abc")
    assert again.json() == first.json()
    assert AuditEntry.objects.count() == deeds


def test_the_same_key_with_another_request_is_refused(moderator):
    case, other = a_case("one text here"), a_case("another text here")
    assert post(moderator, case.pk, "uphold", {"note": "x"}, key="abc").status_code == 200
    for refused in (
        post(moderator, case.pk, "uphold", {"note": "y"}, key="abc"),
        post(moderator, case.pk, "undo", {"note": "x"}, key="abc"),
        post(moderator, other.pk, "uphold", {"note": "x"}, key="abc"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert Case.objects.get(pk=other.pk).state == "open"


def test_a_key_of_somebody_else_is_another_key(moderator):
    case, other = a_case("one text here"), a_case("another text here")
    manager = program("cases:write", roles=(Role.MANAGER,))
    assert post(moderator, case.pk, "uphold", key="1").status_code == 200
    assert post(manager, other.pk, "uphold", key="1").status_code == 200


def test_a_refusal_is_not_remembered(moderator):
    missing = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert post(moderator, missing, "uphold", key="abc").status_code == 404
    assert not IdempotentCall.objects.exists()


@pytest.mark.parametrize("key", ["x" * 121, "a\tb"])
def test_an_unusable_key_is_refused_by_name(moderator, key):
    refused = post(moderator, a_case().pk, "uphold", key=key)
    assert (refused.status_code, refused.json()["field"]) == (422, "header.Idempotency-Key")


def test_old_answers_are_forgotten(moderator):
    post(moderator, a_case().pk, "uphold", key="abc")
    assert idempotency.forget_old() == 0
    IdempotentCall.objects.update(at=clock.now() - idempotency.KEPT * 2)
    assert idempotency.forget_old() == 1


def test_an_appeal_is_opened_once_for_the_sender(moderator):
    case = a_case(enacted=[{"measure": "delete", "duration_s": 0}])
    first = post(moderator, case.pk, "appeal", {"text": "我只是发了官方链接"})
    assert first.status_code == 200, first.content
    body = first.json()
    assert (body["kind"], body["statement"], body["parent_id"]) == ("appeal", "我只是发了官方链接", case.pk)
    assert post(moderator, case.pk, "appeal", {"text": "again"}).json()["id"] == body["id"]


def test_there_must_be_something_to_appeal_against(moderator):
    assert post(moderator, a_case().pk, "appeal", {"text": "why?"}).json()["code"] == "nothing_to_appeal"
    refused = post(moderator, a_case("other text").pk, "appeal", {"text": ""})
    assert (refused.status_code, refused.json()["field"]) == (422, "body.text")


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"note": 7}', '{"note": "' + "x" * 2001 + '"}', '{"note": "\\ud800"}']
)
def test_a_body_that_cannot_be_read_changes_nothing(moderator, body):
    case = a_case()
    response = moderator.post(f"/api/v1/cases/{case.pk}/uphold", body, "application/json")
    assert response.status_code in (400, 422), response.content
    assert response.json()["message"]
    assert Case.objects.get(pk=case.pk).state == "open"


def test_reading_does_not_allow_writing():
    case = a_case()
    for client in (
        program("cases:read"),
        program("messages:write"),
        program("cases:write", roles=(Role.MODERATOR,)),
    ):
        status = post(client, case.pk, "undo").status_code
        expected = 200 if "cases:write" in client.token_row.scopes else 403
        assert status == expected


def test_a_session_needs_the_form_token_to_write():
    case = a_case()
    client = client_for(Role.MODERATOR, enforce_csrf_checks=True)
    refused = post(client, case.pk, "uphold")
    assert refused.status_code == 403
    assert Case.objects.get(pk=case.pk).state == "open"
    assert post(Client(), case.pk, "uphold").status_code == 401
