"""What allauth does is told to the audit: sign-ins, passwords, second factors. Names and addresses never
are.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver

from guildhall.core import audit
from guildhall.core.log import get_logger
from guildhall.people.models import Staff

log = get_logger(__name__)


def _record(staff: Any, verb: str, data: dict[str, Any] | None = None) -> None:
    if not isinstance(staff, Staff):
        return
    with transaction.atomic():
        audit.record(staff.actor, verb, staff.actor, data)


@receiver(user_logged_in, dispatch_uid="people.signed_in")
def _signed_in(request: Any, user: Any, **kwargs: Any) -> None:
    records = request.session.get("account_authentication_methods", []) if request is not None else []
    _record(user, "staff.signed_in", {"methods": [str(record.get("method")) for record in records]})


@receiver(user_logged_out, dispatch_uid="people.signed_out")
def _signed_out(user: Any, **kwargs: Any) -> None:
    _record(user, "staff.signed_out")


@receiver([password_changed, password_set, password_reset], dispatch_uid="people.password")
def _password(user: Any, **kwargs: Any) -> None:
    _record(user, "staff.password_set")


@receiver(authenticator_added, dispatch_uid="people.factor_added")
def _factor_added(request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    _record(user, "staff.second_factor_added", {"type": str(authenticator.type)})
    if request is not None and authenticator.type != Authenticator.Type.RECOVERY_CODES:
        # Setting a factor up proved it: the recovery codes come next without asking for it again.
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )


@receiver(authenticator_removed, dispatch_uid="people.factor_removed")
def _factor_removed(user: Any, authenticator: Any, **kwargs: Any) -> None:
    _record(user, "staff.second_factor_removed", {"type": str(authenticator.type)})


@receiver(authenticator_reset, dispatch_uid="people.factor_reset")
def _factor_reset(user: Any, authenticator: Any, **kwargs: Any) -> None:
    _record(user, "staff.recovery_codes_made")
