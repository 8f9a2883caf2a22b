"""The API against its own description: whatever is sent, the answer is one that the description promises."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as promised

from guildhall.api.tests.callers import program
from guildhall.api.tests.test_reading import a_case

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
CHECKS = [
    not_a_server_error,
    promised.status_code_conformance,
    promised.content_type_conformance,
    promised.response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture(autouse=True)
def _one_connection():
    """The application answers in this thread; it must not close the connection of the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@pytest.mark.parametrize("negative", [False, True], ids=["fitting", "unfitting"])
def test_every_answer_is_one_the_description_promises(operation, negative):
    client = program("members:read", "messages:read", "cases:read", "cases:write")
    known = a_case()
    mode = schemathesis.GenerationMode.NEGATIVE if negative else schemathesis.GenerationMode.POSITIVE

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        if "case_id" in (case.path_parameters or {}) and not negative:
            case.path_parameters["case_id"] = known.pk
        case.call_and_validate(headers={"Authorization": f"Bearer {client.token}"}, checks=CHECKS)

    ask()
