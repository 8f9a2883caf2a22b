"""Context processor: what templates need to know about whoever is signed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from guildhall.people import mfa
from guildhall.people.models import Staff

APP_SHELL = "people/app_page.html"
PLAIN_SHELL = "people/plain_page.html"


def who(request: HttpRequest) -> dict[str, Any]:
    """`staff` (None for a visitor), `mfa_grace_until` (when the first owner's grace ends, None for
    everybody else) and `account_shell` (the frame of account pages: without navigation while the second
    factor is still missing).
    """
    staff = getattr(request, "user", None)
    if not isinstance(staff, Staff):
        return {"staff": None, "account_shell": PLAIN_SHELL}
    return {
        "staff": staff,
        "mfa_grace_until": staff.mfa_grace_until if mfa.works_in_grace(staff) else None,
        "account_shell": APP_SHELL if mfa.is_satisfied(staff) else PLAIN_SHELL,
    }
