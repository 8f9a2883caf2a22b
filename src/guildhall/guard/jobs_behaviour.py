"""What the engine runs for campaigns and raids: parts too long for one transaction, the end of quiet raids,
and throwing away what is only needed for days. Registered when Django is ready.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules, ticker
from guildhall.effects.types import Claimed, Done
from guildhall.guard.actions import campaigns, raid_steps, raids
from guildhall.guard.models import Arrival, Conduct, Fingerprint
from guildhall.people import registry
from guildhall.people.models import Account

TIDY = "guard.forget_behaviour"
PRINTS_FOR, ARRIVALS_FOR, CONDUCT_FOR = timedelta(days=7), timedelta(days=30), timedelta(days=400)
_AT_ONCE = 5_000


def register() -> None:
    """Fill the registries of the floors below."""
    performers.performer(
        campaigns.KIND, lease_s=60, describe=Text("Settle the messages of a campaign", "处理群发活动的消息")
    )(campaigns.perform)
    performers.performer(
        raid_steps.KIND,
        lease_s=60,
        describe=Text("Hold or release newcomers of a raid", "限制或放行突袭期间的新成员"),
    )(raid_steps.perform)
    words = Text("Forget old fingerprints and arrivals", "清理过期的文本指纹与入群记录")
    performers.performer(TIDY, lease_s=60, describe=words)(tidy)
    schedules.schedule(TIDY, "23 * * * *", TIDY, describe=words)
    ticker.on_tick("guard.raids", end_quiet_raids, every_s=5)
    registry.on_erase(forget_member)


def end_quiet_raids(now: datetime) -> None:
    """End raids that have been quiet; the ticker's turn."""
    raids.end_quiet(now)


def tidy(effect: Claimed) -> Done:
    """Throw away what nothing asks for any more, some thousands at a time."""
    now = clock.now()
    gone = {}
    for name, rows in (
        ("fingerprints", Fingerprint.objects.filter(at__lt=now - PRINTS_FOR)),
        ("arrivals", Arrival.objects.filter(at__lt=now - ARRIVALS_FOR)),
        ("conduct", Conduct.objects.filter(heat_at__lt=now - CONDUCT_FOR)),
    ):
        gone[name] = 0
        while True:
            with transaction.atomic():
                some = list(rows.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
                gone[name] += rows.model._default_manager.filter(pk__in=some).delete()[0] if some else 0
            if len(some) < _AT_ONCE:
                break
    return Done(gone)


def forget_member(member_id: str) -> None:
    """Throw away fingerprints, conduct and arrivals of somebody who is erased. Twice is the same as once."""
    accounts = list(Account.objects.filter(member_id=member_id).values_list("pk", flat=True))
    for model in (Fingerprint, Conduct, Arrival):
        model._default_manager.filter(account_id__in=accounts).delete()
