"""What e-mail needs done by the engine: its limits, a look at each mailbox from time to time, and the letters
of long ago forgotten.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from guildhall.channels import gateways, hooks, registry
from guildhall.channels.email import AWAY, PLATFORM, erasing, mailboxes
from guildhall.channels.email.adapter import BOX_BUCKET, TO_BUCKET, EmailAdapter
from guildhall.channels.email.contacts import follow
from guildhall.channels.email.hook import EmailHook
from guildhall.channels.email.models import EmailLetter, Mailbox
from guildhall.core import clock, troubles
from guildhall.core.text import Text
from guildhall.effects import buckets, performers, schedules
from guildhall.effects.types import Claimed, Done

RECHECK, PRUNE = "email.recheck", "email.prune_letters"
KEPT = timedelta(days=730)
"""How long an answer still finds its thread."""
_CHUNK = 1000
_RECHECK_WORDS = Text("Look after mailboxes", "检查邮箱")
_PRUNE_WORDS = Text("Forget the threads of letters of two years ago", "清理两年前的邮件线索")


def register() -> None:
    """Make e-mail reachable; called when Django is ready."""
    registry.register(EmailAdapter())
    registry.follow(PLATFORM, follow)
    hooks.register(EmailHook())
    erasing.register()
    gateways.wanted_by(PLATFORM, mailboxes.is_wanted)
    troubles.describe(AWAY, Text("A mail server does not answer.", "邮件服务器没有响应。"))
    buckets.rule(BOX_BUCKET, rate_per_s=2, burst=20)
    buckets.rule(TO_BUCKET, rate_per_s=Fraction(1, 10), burst=6)
    performers.performer(RECHECK, lease_s=60, max_attempts=3, describe=_RECHECK_WORDS)(recheck)
    performers.performer(PRUNE, describe=_PRUNE_WORDS)(prune)
    schedules.schedule(RECHECK, "17 */6 * * *", RECHECK, describe=_RECHECK_WORDS)
    schedules.schedule(PRUNE, "53 3 * * *", PRUNE, describe=_PRUNE_WORDS)


def recheck(effect: Claimed) -> Done:
    """Sign in to every mailbox at work; one that fails stops no other."""
    failed = 0
    boxes = Mailbox.objects.filter(state=Mailbox.State.ACTIVE)
    for mailbox in boxes:
        failed += any(step.wrong is not None for step in mailboxes.check_mailbox(mailbox))
    return Done({"mailboxes": len(boxes), "failed": failed})


def prune(effect: Claimed) -> Done:
    """Forget what only serves to find threads."""
    removed = 0
    while True:
        old = list(
            EmailLetter.objects.filter(at__lt=clock.now() - KEPT).values_list("pk", flat=True)[:_CHUNK]
        )
        if not old:
            return Done({"removed": removed})
        removed += EmailLetter.objects.filter(pk__in=old).delete()[0]
