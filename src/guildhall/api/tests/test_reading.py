"""Reading over the API: members, spaces, messages and cases, page by page, names masked for whoever may not
see them.
"""

import pytest
from django.test import Client

from guildhall.api.tests.callers import a_member, a_message, a_space, program
from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.guard.models import Case, VerdictRecord
from guildhall.people.models import ApiToken, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
SCOPES = ["members:read", "messages:read", "messages:write", "cases:read", "cases:write", "metrics:read"]


def a_case(text="Send me your seed phrase", **columns):
    message = a_message(text)
    verdict = VerdictRecord.objects.create(
        message=message,
        message_version=1,
        space=message.space,
        account=message.account,
        policy_slug="default",
        policy_version=1,
        mode="act",
        score=900,
        action="delete",
        reasons=[{"rule": "THEFT-1", "weight": 800, "spans": [[13, 24]], "params": {}}],
        at=clock.now(),
    )
    return Case.objects.create(
        kind="verdict",
        verdict=verdict,
        message=message,
        space=message.space,
        account=message.account,
        score=900,
        action="delete",
        mode="act",
        opened_at=clock.now(),
        **columns,
    )


ROUTES = {
    "/api/v1/members": "members:read",
    "/api/v1/members/01ARZ3NDEKTSV4RRFFQ69G5FAV": "members:read",
    "/api/v1/spaces": "messages:read",
    "/api/v1/spaces/none": "messages:read",
    "/api/v1/messages": "messages:read",
    "/api/v1/messages/01ARZ3NDEKTSV4RRFFQ69G5FAV": "messages:read",
    "/api/v1/cases": "cases:read",
    "/api/v1/cases/01ARZ3NDEKTSV4RRFFQ69G5FAV": "cases:read",
}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_opens_what_its_scope_says_and_nothing_else(path, scope):
    response = program(scope).get(path)
    if ROUTES[path] == scope:
        assert response.status_code in (200, 404)
    else:
        assert response.status_code == 403
        assert response.json()["code"] == "not_allowed"


@pytest.mark.parametrize("path", ROUTES)
def test_without_a_token_nothing_opens(path):
    response = Client().get(path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert set(response.json()) == {"code", "message", "field"}


@pytest.mark.parametrize(
    "header",
    [
        "Bearer gh_forged", "Bearer ", "Bearer", "bearer gh_" + "A" * 43, "Basic b3duZXI6cGFzcw==", "gh_x",
        "Bearer gh_" + "x" * 100_000, "Bearer gh_\u00e9", "Bearer null",
    ],
)  # fmt: skip
def test_a_forged_token_opens_nothing(header):
    response = Client().get("/api/v1/members", headers={"Authorization": header})
    assert response.status_code in (400, 401)
    assert b"owner" not in response.content


def test_a_dead_token_opens_nothing():
    for change in ({"revoked_at": clock.now()}, {"expires_at": clock.now()}):
        client = program("members:read")
        assert client.get("/api/v1/members").status_code == 200
        ApiToken.objects.filter(pk=client.token_row.pk).update(**change)
        assert client.get("/api/v1/members").status_code == 401
    client = program("members:read")
    Staff.objects.filter(pk=client.staff.pk).update(is_active=False)
    assert client.get("/api/v1/members").status_code == 401


def test_a_token_never_reaches_further_than_its_owner_does_now():
    client = program("cases:read", "members:read", roles=(Role.MODERATOR,))
    assert client.get("/api/v1/cases").status_code == 200
    client.staff.grants.all().delete()
    assert client.get("/api/v1/cases").status_code == 403


def test_a_session_of_the_console_may_read_too():
    assert client_for(Role.MODERATOR).get("/api/v1/cases").status_code == 200
    assert client_for(Role.PARTNER).get("/api/v1/cases").status_code == 403


def test_names_are_masked_for_whoever_may_not_see_them():
    account = a_member()
    seen = program("members:read").get(f"/api/v1/members/{account.member_id}").json()
    assert (seen["name"], seen["masked"], seen["accounts"][0]["username"]) == ("Bob Li", False, "bob_li")
    hidden = program("members:read", roles=(Role.ANALYST,)).get(f"/api/v1/members/{account.member_id}")
    assert "ob" not in hidden.json()["name"]
    for secret in ("Bob Li", "bob_li", "1000017"):
        assert secret not in hidden.content.decode()
    message = a_message("hello", account)
    listed = program("messages:read", roles=(Role.ANALYST,)).get("/api/v1/messages").json()["items"][0]
    assert listed["id"] == message.pk
    assert listed["sender"] == "B•••"


def test_pages_follow_each_other_without_gap_or_repetition():
    space = a_space()
    account = a_member()
    ids = [a_message(f"message {n}", account, space).pk for n in range(7)]
    client = program("messages:read")
    seen, cursor = [], ""
    while True:
        page = client.get("/api/v1/messages", {"limit": 3, "cursor": cursor}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_messages_of_one_space_of_one_member_and_removed_ones():
    one, other = a_space("one"), a_space("other")
    account = a_member()
    mine = a_message("mine", account, one)
    a_message("theirs", a_member(external_id="2"), other)
    gone = a_message("gone", account, one, visible=False, removed_at=clock.now(), removed_by="system:guard")
    client = program("messages:read")

    def ids(**query):
        return {item["id"] for item in client.get("/api/v1/messages", query).json()["items"]}

    assert ids(space="one") == {mine.pk, gone.pk}
    assert ids(member_id=account.member_id) == {mine.pk, gone.pk}
    assert ids(removed="true") == {gone.pk}
    refused = client.get("/api/v1/messages", {"space": "nowhere"})
    assert (refused.status_code, refused.json()["field"]) == (422, "query.space")


def test_one_message_with_its_past():
    message = a_message("now", version=2, edited_at=clock.now())
    message.versions.create(version=1, text="before")
    body = program("messages:read").get(f"/api/v1/messages/{message.pk}").json()
    assert body["text"] == "now"
    assert body["versions"] == [{"version": 1, "text": "before", "edited_at": None}]


def test_a_case_says_why_in_both_languages():
    case = a_case()
    body = program("cases:read").get(f"/api/v1/cases/{case.pk}").json()
    assert body["text"] == "Send me your seed phrase"
    (reason,) = body["reasons"]
    assert reason["rule_id"] == "THEFT-1"
    assert reason["spans"] == [[13, 24]]
    assert reason["text"]["en"]
    assert reason["text"]["zh"]
    assert (body["policy"], body["policy_version"]) == ("default", 1)


def test_open_cases_come_most_urgent_first_and_page():
    urgent, calm, middle = (a_case(f"text {p}", priority=p).pk for p in (90, 10, 50))
    a_case("decided", state="upheld")
    client = program("cases:read")
    first = client.get("/api/v1/cases", {"limit": 2}).json()
    assert [item["id"] for item in first["items"]] == [urgent, middle]
    second = client.get("/api/v1/cases", {"limit": 2, "cursor": first["next"]}).json()
    assert [item["id"] for item in second["items"]] == [calm]
    assert second["next"] is None


def test_spaces_are_listed_without_their_settings():
    space = a_space()
    Space.objects.filter(pk=space.pk).update(settings={"token": "secret"})
    client = program("messages:read")
    body = client.get("/api/v1/spaces/demo-en")
    assert body.json()["id"] == space.pk
    assert "secret" not in body.content.decode()
    Space.objects.filter(pk=space.pk).update(archived_at=clock.now())
    assert client.get("/api/v1/spaces").json()["items"] == []
    assert len(client.get("/api/v1/spaces?archived=true").json()["items"]) == 1


@pytest.mark.parametrize(
    "path,field",
    [
        ("/api/v1/messages?limit=0", "query.limit"),
        ("/api/v1/messages?limit=many", "query.limit"),
        ("/api/v1/messages?cursor=x", "query.cursor"),
        ("/api/v1/messages?q=%00", "query.q"),
        ("/api/v1/members?cursor=' OR 1=1", "query.cursor"),
        ("/api/v1/members?q=" + "x" * 201, "query.q"),
        ("/api/v1/cases?state=maybe", "query.state"),
        ("/api/v1/cases?cursor=:::", "query.cursor"),
        ("/api/v1/cases?cursor=%F0%9F%98%80", "query.cursor"),
    ],
)
def test_a_wrong_question_is_refused_by_field(path, field):
    response = program("messages:read", "members:read", "cases:read").get(path)
    assert response.status_code == 422
    assert response.json()["field"] == field
    assert response.json()["code"] == "bad_input"
    assert response.json()["message"]


def test_errors_are_in_the_language_asked_for():
    client = program("members:read")
    response = client.get(
        "/api/v1/members/01ARZ3NDEKTSV4RRFFQ69G5FAV", headers={"Accept-Language": "zh-hans"}
    )
    assert response.json() == {"code": "not_found", "message": "没有此成员。", "field": ""}


def test_a_page_of_messages_costs_a_fixed_number_of_queries(django_assert_max_num_queries):
    for n in range(20):
        a_message(f"message {n}", a_member(external_id=str(n)))
    client = program("messages:read")
    client.get("/api/v1/messages")
    with django_assert_max_num_queries(4):
        client.get("/api/v1/messages")
