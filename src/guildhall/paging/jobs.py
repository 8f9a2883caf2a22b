"""What the paging room gives to the engine below: who carries out steps and notices, and what raises pages by
itself.
"""

from __future__ import annotations

from datetime import timedelta

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules, ticker, webhook_events, webhooks
from guildhall.effects.types import Claimed, Done
from guildhall.paging import reaching, watching
from guildhall.paging.actions.pages import STEP, TELL
from guildhall.paging.kinds import PageState
from guildhall.paging.models import Page

PRUNE = "paging.prune"
KEPT = timedelta(days=400)
_STEP_WORDS = Text("Tell the next people of a page", "告警升级至下一步")
_TELL_WORDS = Text("Tell somebody of a page", "发送告警通知")
_PRUNE_WORDS = Text("Forget pages that were over a year ago", "清理一年前的告警")


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(STEP, lease_s=30, describe=_STEP_WORDS)(reaching.step)
    performers.performer(TELL, lease_s=60, max_attempts=reaching.MOST_TRIES, describe=_TELL_WORDS)(
        reaching.tell
    )
    performers.performer(PRUNE, describe=_PRUNE_WORDS)(prune)
    schedules.schedule(PRUNE, "29 4 * * *", PRUNE, describe=_PRUNE_WORDS)
    ticker.on_tick("paging.troubles", watching.look_at_troubles, every_s=15)
    webhooks.on_announce(watching.hear)
    webhook_events.describe(
        {
            "page.raised": Text("An alert was raised", "产生告警"),
            "page.acknowledged": Text("Somebody took an alert", "告警已被认领"),
            "page.resolved": Text("An alert is over", "告警已解除"),
        }
    )


def prune(effect: Claimed) -> Done:
    """Forget what was over long ago."""
    old = Page.objects.filter(state=PageState.RESOLVED, resolved_at__lt=clock.now() - KEPT)
    return Done({"removed": old.delete()[0]})
