"""An audit of its own for each test that asks for one: other rooms write into it when the database is made."""

import pytest
from django.db import connection, transaction

from guildhall.core import audit_guard


@pytest.fixture
def empty_audit(request: pytest.FixtureRequest) -> None:
    """No entries and no seals."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None:
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    audit_guard.remove(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditentry")
        cursor.execute("DELETE FROM core_auditseal")
    audit_guard.install(connection)
