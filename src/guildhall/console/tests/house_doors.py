"""Staff at the doors of the house pages: signed in, and having confirmed just now that they are still
themselves.
"""

import time
from typing import Any

from django.test import Client

from guildhall.people.testing import client_for


def confirmed(*roles: Any, **options: Any) -> Client:
    """A client of somebody with these roles who has just given their password again."""
    client = client_for(*roles, **options)
    session = client.session
    staff = client.staff  # type: ignore[attr-defined]
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "email": staff.email, "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(staff.pk)
    session.save()
    return client


def said(response: Any) -> str:
    """The toasts of the page that a form led to."""
    return " ".join(str(message) for message in response.context["messages"])
