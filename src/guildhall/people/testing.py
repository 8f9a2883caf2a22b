"""For tests of every room: staff of any role signed in with a second factor, and the walk over every
address of the house.

`client_for(Role.MODERATOR)` is a Django test client; `matrix_cases()` yields each address with what it
declares, so that one test can hold the whole house to the permission table. Rooms whose addresses need a
real row to answer 200 may put an example into `EXAMPLES`; without one a 404 counts as let in.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from guildhall.core.ids import new_id
from guildhall.people import actions
from guildhall.people.declared import Access, accesses_of
from guildhall.people.models import Staff
from guildhall.people.permissions import SCOPES, TABLE
from guildhall.people.roles import Role

SYSTEM = "system:test"
PASSWORD = "correct horse battery staple"
# Values for the parameters of addresses, by name: EXAMPLES["case_id"] = lambda: a_case().pk
EXAMPLES: dict[str, Callable[[], Any]] = {}
_BY_KIND: dict[str, Callable[[], Any]] = {
    "int": lambda: 999_999,
    "slug": lambda: "no-such-thing",
    "path": lambda: "no/such/thing",
    "uuid": lambda: "00000000-0000-0000-0000-000000000000",
}
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def make_staff(
    *roles: Role | str, email: str = "", name: str = "", mfa: bool = True, password: str = ""
) -> Staff:
    """A staff member with these roles; with an authenticator app unless told otherwise."""
    email = email or f"{'-'.join(roles) or 'nobody'}-{new_id()[-8:].lower()}@example.org"
    staff = actions.create_staff(email, name or email.partition("@")[0], roles, by=SYSTEM)
    if password:
        staff.set_password(password)
        staff.save()
    if mfa:
        give_authenticator(staff)
    return staff


def give_authenticator(staff: Staff) -> str:
    """Set an authenticator app up for `staff`; returns its secret, for `code_of`."""
    secret: str = generate_totp_secret()
    TOTP.activate(staff, secret)
    return secret


def code_of(secret: str, at: float | None = None) -> str:
    """The code an authenticator app with this secret shows now, or at a Unix time."""
    counter = int(time.time() if at is None else at) // 30
    code: str = format_hotp_value(hotp_value(secret, counter))
    return code


def sign_in(client: Client, staff: Staff) -> Client:
    """Give `client` a tracked session of `staff`, without the pages in between."""
    session = SessionStore()
    session[SESSION_KEY] = str(staff.pk)
    session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
    session.create()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key or ""
    UserSession.objects.create(user=staff, ip="127.0.0.1", user_agent="test", session_key=session.session_key)
    return client


def client_for(*roles: Role | str, **options: Any) -> Client:
    """A client signed in as somebody with these roles and a second factor. `client.staff` is who."""
    client = Client(**options)
    client.staff = make_staff(*roles)  # type: ignore[attr-defined]
    return sign_in(client, client.staff)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Case:
    """One address of the house. `access` None: nothing declared. `pattern` is for the test's name."""

    pattern: str
    path: str
    method: str
    access: Access | None

    def allows(self, role: Role) -> bool:
        """Whether the permission table opens this address to a role with a second factor."""
        assert self.access is not None
        if not self.access.needs:
            return True
        return role in TABLE[SCOPES.get(self.access.needs, self.access.needs)]


def matrix_cases() -> Iterator[Case]:
    """Every address of the URL configuration, one case for each method that is asked."""
    for route, pattern in _walk(get_resolver().url_patterns, ""):
        path = "/" + _filled(route)
        accesses = accesses_of(pattern.callback)
        if not accesses:
            yield Case(route, path, "GET", None)
        for access in accesses:
            for method in access.methods or ("GET", "POST"):
                yield Case(route, path, method, access)


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route.rstrip("$"), pattern


def _filled(route: str) -> str:
    """The route with an example in place of each parameter, of `path()` and of `re_path()`."""
    while (start := route.find("(?P<")) >= 0:
        route = route[:start] + "x" + route[_closing(route, start) :]
    route = _PARAMETER.sub(
        lambda found: str((EXAMPLES.get(found[2]) or _BY_KIND.get(found[1], new_id))()), route
    )
    return route.replace("\\", "").replace("?", "")


def _closing(text: str, start: int) -> int:
    """The position after the bracket that closes the one at `start`."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    raise ValueError(f"no closing bracket in {text!r}")


def second_factors(staff: Staff) -> int:
    """How many second factors somebody has, recovery codes aside."""
    return (
        Authenticator.objects.filter(user_id=staff.pk).exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    )
