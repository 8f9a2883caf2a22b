"""The first owner: who opens the door of a house where nobody lives yet.

`guildhall up` asks for the link at every start; once somebody owns the house it makes a fresh one-time link
for that first account only while it has never chosen a way to sign in of its own.
"""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction

from guildhall.core import clock
from guildhall.core.settings import settings
from guildhall.people.actions.keys import make_sign_in_link
from guildhall.people.actions.staff import create_staff
from guildhall.people.models import Staff
from guildhall.people.roles import Role

FIRST_OWNER_EMAIL = "owner@localhost"
# How long the first owner may work before a second factor is insisted on.
GRACE = timedelta(hours=24)
LINK_TTL = timedelta(hours=12)
SYSTEM = "system:bootstrap"


def first_owner_link() -> str | None:
    """A one-time address that signs the first owner in, making that owner when there is no staff at all.

    None when the house has an owner who can sign in by themselves, with a password, a passkey or another
    owner's help.
    """
    with transaction.atomic():
        if not Staff.objects.exists():
            owner = create_staff(
                FIRST_OWNER_EMAIL,
                "Owner",
                [Role.OWNER],
                by=SYSTEM,
                language=settings.language,
                zone=settings.time_zone,
            )
            Staff.objects.filter(pk=owner.pk).update(mfa_grace_until=clock.now() + GRACE)
    staff = Staff.objects.filter(email=FIRST_OWNER_EMAIL, is_active=True).first()
    if (
        staff is None
        or staff.has_usable_password()
        or Authenticator.objects.filter(user_id=staff.pk).exists()
    ):
        return None
    return make_sign_in_link(staff, LINK_TTL, by=SYSTEM)
