"""What machines ask a house: is it up, can it work, its figures, the description of its API."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils.html import escape

from guildhall.api import gauges, metrics, reference
from guildhall.api.app import api
from guildhall.api.tests.callers import program
from guildhall.core import beats, health, troubles
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def well(monkeypatch):
    """A house with nothing wrong."""
    monkeypatch.setattr(health, "problems", list)


def ill(monkeypatch, severity):
    found = [
        health.Problem("disk_full", severity, Text("The disk is full.", "磁盘已满。"), "/data on host:77")
    ]
    monkeypatch.setattr(health, "problems", lambda: found)


def test_the_process_is_up_whatever_the_database_does(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Client().get("/healthz").json() == {"status": "up"}
    assert Client().post("/healthz").status_code == 405


def test_a_house_that_is_well_is_ready(well):
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "problems": []})


def test_what_stops_the_house_is_named_and_answered_503(monkeypatch):
    ill(monkeypatch, health.Severity.STOP)
    response = Client().get("/readyz", headers={"Accept-Language": "zh-hans"})
    assert response.status_code == 503
    assert response.json()["problems"][0]["message"] == "磁盘已满。"


def test_a_warning_is_named_and_the_house_is_ready(monkeypatch):
    ill(monkeypatch, health.Severity.WARN)
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json()["problems"][0]["kind"] == "disk_full"


def test_details_are_for_this_machine_and_the_bearer_of_the_token(monkeypatch):
    ill(monkeypatch, health.Severity.STOP)
    assert "detail" in Client().get("/readyz").json()["problems"][0]
    assert "detail" not in Client(REMOTE_ADDR="203.0.113.7").get("/readyz").json()["problems"][0]


def test_figures_are_for_this_machine_only_while_there_is_no_token(well):
    assert Client().get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="::1").get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.7").get("/metrics").status_code == 401
    handed_on = Client(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert handed_on.get("/metrics").status_code == 401


def test_with_a_token_everybody_needs_it(well, monkeypatch):
    object.__setattr__(settings, "metrics_token", "correct-horse-battery")
    try:
        assert Client().get("/metrics").status_code == 401
        for wrong in (
            "Bearer wrong",
            "Bearer correct-horse-batter\u00fd",
            "Basic correct-horse-battery",
            "Bearer ",
        ):
            assert Client().get("/metrics", headers={"Authorization": wrong}).status_code == 401
        right = Client(REMOTE_ADDR="203.0.113.7", headers={"Authorization": "Bearer correct-horse-battery"})
        assert right.get("/metrics").status_code == 200
    finally:
        object.__setattr__(settings, "metrics_token", "")


def test_an_api_token_with_the_scope_reads_figures(well):
    assert program("metrics:read", REMOTE_ADDR="203.0.113.7").get("/metrics").status_code == 200
    assert program("cases:read", REMOTE_ADDR="203.0.113.7").get("/metrics").status_code == 401


def test_the_figures_are_those_of_the_database(well):
    beats.beat("worker-1", {"done": 7})
    Client().get("/healthz")
    text = Client().get("/metrics").content.decode()
    assert "guildhall_database_up 1.0" in text
    assert 'guildhall_effects{state="uncertain"} 0.0' in text
    assert "guildhall_process_count{" in text
    assert 'name="done"' in text


def test_requests_of_this_process_are_counted_when_the_middleware_stands():
    from django.http import HttpResponse
    from django.test import RequestFactory

    count = metrics.CountRequests(lambda request: HttpResponse(status=404))
    count(RequestFactory().generic("BREW", "/pot"))
    text = metrics.exposition()[0].decode()
    assert f'process="{metrics.process_name()}"' in text
    assert 'method="other",process=' in text


def test_a_database_that_is_gone_is_told_as_a_figure(monkeypatch):
    def gone():
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(gauges, "_effects", gone)
    values = {gauge.name: gauge.values for gauge in gauges.read()}
    assert values["guildhall_database_up"] == {(): 0.0}


def test_a_house_without_a_database_still_says_so_to_a_browser_with_a_session(monkeypatch):
    def gone(*_args, **_more):
        raise OperationalError("connection refused")

    client = client_for(Role.OWNER)
    monkeypatch.setattr(SessionStore, "load", gone)
    monkeypatch.setattr(health, "_of_migrations", gone)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "database_gone" in {problem["kind"] for problem in response.json()["problems"]}
    assert client.get("/healthz").status_code == 200
    assert b"guildhall_problems" in client.get("/metrics").content


def test_a_probe_that_knows_only_the_address_is_answered():
    assert Client(SERVER_NAME="10.1.2.3").get("/healthz").status_code == 200
    assert Client(SERVER_NAME="10.1.2.3").get("/api/docs").status_code == 400


def test_a_trouble_of_any_process_is_among_the_problems():
    troubles.report("database_locked", "a test")
    try:
        assert Client().get("/readyz").status_code == 503
    finally:
        troubles.clear("database_locked")


def test_the_description_names_every_operation_with_scope_and_refusals():
    document = Client().get("/api/v1/openapi.json").json()
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert len(operations) >= 15
    for operation in operations:
        assert operation["x-scope"]
        assert operation["summary"]
        assert {"200", "401", "403", "422"} <= set(operation["responses"])
        assert operation["security"]
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_the_reference_shows_every_operation_in_both_languages():
    call_command("check")
    for language in ("en", "zh-hans"):
        page = Client().get("/api/docs", headers={"Accept-Language": language}).content.decode()
        for section in reference.sections(api.document()):
            for operation in section.operations:
                assert operation.path in page
                assert escape(operation.summary.for_language(language)) in page
    assert "<script>" not in page


def test_a_database_that_is_gone_is_answered_503_and_says_nothing_else(monkeypatch):
    from guildhall.api import spaces

    def gone(*_args):
        raise OperationalError("connection to server at 10.0.0.5 failed")

    client = program("messages:read")
    monkeypatch.setattr(spaces, "cut", gone)
    response = client.get("/api/v1/spaces")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert "10.0.0.5" not in response.content.decode()
    assert response["Retry-After"]


def test_what_nobody_foresaw_leaks_nothing(monkeypatch):
    from guildhall.api import spaces

    def broken(*_args):
        raise RuntimeError("secret path /etc/passwd")

    client = program("messages:read")
    monkeypatch.setattr(spaces, "cut", broken)
    response = client.get("/api/v1/spaces")
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "passwd" not in response.content.decode()


def test_every_sentence_of_the_description_has_its_chinese():
    said = set()
    for section in reference.sections(api.document()):
        said.add(section.name)
        for operation in section.operations:
            said |= {operation.summary, operation.description}
            said |= {field.description for field in operation.parameters}
            said |= {field.description for answer in operation.answers for field in answer.fields}
    assert not [text.en for text in said if text.en and text.en == text.zh]
