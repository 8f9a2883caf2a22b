"""What this room has done in the background: once a day, what nobody can use any more is thrown away."""

from __future__ import annotations

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules, webhook_events
from guildhall.effects.types import Claimed, Done
from guildhall.people.models import SignInLink

TIDY = "people.tidy"
# Used links are kept for a while: who was let in when is worth looking up.
KEEP_LINKS = timedelta(days=90)
_CHUNK = 500


def register() -> None:
    """Fill the registries; called when Django is ready."""
    describe = Text("Remove expired sign-ins and old links", "清理过期的登录会话和旧链接")
    performers.performer(TIDY, describe=describe)(tidy)
    schedules.schedule(TIDY, "23 3 * * *", TIDY, describe=describe)
    webhook_events.describe(
        {
            "account.renamed": Text("An account goes by another name", "账号改名"),
            "member.linked": Text("Two members turned out to be one person", "两个成员合并为同一人"),
            "member.erased": Text("A member's identity was erased", "成员身份信息已抹除"),
        }
    )


def tidy(effect: Claimed) -> Done:
    """Delete expired sessions, the sign-ins that were listed for them, and links long past their time."""
    now = clock.now()
    removed = {"sessions": 0, "links": 0}
    while keys := list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:_CHUNK]):
        with transaction.atomic():
            UserSession.objects.filter(session_key__in=keys).delete()
            removed["sessions"] += Session.objects.filter(pk__in=keys).delete()[0]
    with transaction.atomic():
        removed["links"] = SignInLink.objects.filter(expires_at__lt=now - KEEP_LINKS).delete()[0]
    return Done(removed)
