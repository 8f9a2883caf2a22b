"""The signed link under a page: whoever holds it was told of that page by that pager, and may say "I am on
it" without signing in. It lets nobody do anything else, and nothing once the page is over. Programs have a
link of their own, which may also say that it is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from guildhall.core.settings import settings

_SALT, _FOR_PROGRAMS = "guildhall.paging", "guildhall.paging.programs"
_MAX_AGE_S = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Holder:
    """Who was told: `pager` '' for the address they sign in with; `staff` 0 for the house's own service."""

    page: str
    pager: str
    staff: int

    @property
    def actor(self) -> str:
        """How audit rows name them."""
        return f"staff:{self.staff}" if self.staff else f"pager:{self.pager}"


def token(holder: Holder, *, for_programs: bool = False) -> str:
    """What stands in the link."""
    salt = _FOR_PROGRAMS if for_programs else _SALT
    return signing.dumps([holder.page, holder.pager, holder.staff], salt=salt)


def holder_of(given: str, *, for_programs: bool = False) -> Holder | None:
    """Whose link it is; None when we did not sign it, for this use, or it is too old."""
    salt = _FOR_PROGRAMS if for_programs else _SALT
    try:
        page, pager, staff = signing.loads(given, salt=salt, max_age=_MAX_AGE_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Holder(str(page), str(pager), int(staff))


def address(holder: Holder) -> str:
    """The whole link, for people."""
    return settings.public_url + reverse("public:page", args=[token(holder)])


def machine_address(holder: Holder) -> str:
    """The same for programs: a POST acknowledges; with `{"action": "resolve"}` it resolves."""
    return settings.public_url + reverse("public:page-act", args=[token(holder, for_programs=True)])


def console_address(path: str) -> str:
    """A page of the console as others open it; '' for none."""
    return f"{settings.public_url}{path}" if path else ""
