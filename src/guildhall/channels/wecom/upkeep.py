"""What WeCom and WeChat need done by the engine: the averages of their limits, a look at what waits for
staff, a daily listing of people, desks and groups, checks of what is wrong.

What has to be recorded as heard (members of a group, messages of 微信客服) is fetched by jobs of intake.
"""

from __future__ import annotations

from fractions import Fraction

from django.db import transaction

from guildhall.channels import hooks, registry
from guildhall.channels.wecom import accounts, callbacks, erasing, follow, mass, official, tokens
from guildhall.channels.wecom.adapter import (
    ACCOUNT_BUCKET,
    CORP_BUCKET,
    ROBOT_BUCKET,
    WechatOaAdapter,
    WecomAdapter,
)
from guildhall.channels.wecom.corp_reading import PLATFORM
from guildhall.channels.wecom.errors import Refused, SecretRefused
from guildhall.channels.wecom.follow import LISTING
from guildhall.channels.wecom.follow import listing as listing
from guildhall.channels.wecom.models import MassSend, State, WechatAccount, WecomCorp
from guildhall.channels.wecom.oa_reading import PLATFORM as ACCOUNTS
from guildhall.core import clock, secrets
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects import buckets, performers, schedules
from guildhall.effects.types import Claimed, Done, NewEffect

RECHECK, RESULTS, RESULT = "wecom.recheck", "wecom.mass_results", "wecom.mass_result"
_RECHECK_WORDS = Text("Look after WeCom and Official Accounts", "检查企业微信与公众号")
_LISTING_WORDS = Text("List WeCom's staff, desks and groups", "同步企业微信成员、客服账号与客户群")
_RESULTS_WORDS = Text("Look which mass sends staff have confirmed", "检查群发任务的确认情况")
_RESULT_WORDS = Text("Look whether a mass send was confirmed", "查看群发任务结果")


def register() -> None:
    """Make WeCom and Official Accounts reachable; called when Django is ready."""
    registry.register(WecomAdapter())
    registry.register(WechatOaAdapter())
    registry.follow(PLATFORM, follow.follow)
    registry.follow(ACCOUNTS, follow.follow_account)
    registry.on_hint(PLATFORM, follow.hint)
    hooks.register(callbacks.corp_hook())
    hooks.register(callbacks.account_hook())
    erasing.register()
    secrets.on_rotate(tokens.forget_all)
    # WeCom: 150,000 calls an hour of one kind for a corporation; words are the most frequent kind.
    buckets.rule(CORP_BUCKET, rate_per_s=Fraction(150_000, 3600), burst=100)
    # Twenty in any minute. The performer holds the window to the letter.
    buckets.rule(ROBOT_BUCKET, rate_per_s=Fraction(20, 60), burst=4)
    buckets.rule(ACCOUNT_BUCKET, rate_per_s=50, burst=100)
    performers.performer(RECHECK, lease_s=120, max_attempts=3, describe=_RECHECK_WORDS)(recheck)
    performers.performer(LISTING, lease_s=300, max_attempts=5, describe=_LISTING_WORDS)(list_all)
    performers.performer(RESULTS, describe=_RESULTS_WORDS)(results)
    performers.performer(RESULT, lease_s=60, max_attempts=5, describe=_RESULT_WORDS)(result)
    schedules.schedule(RECHECK, "*/30 * * * *", RECHECK, describe=_RECHECK_WORDS)
    schedules.schedule(LISTING, "17 19 * * *", LISTING, describe=_LISTING_WORDS)
    schedules.schedule(RESULTS, "*/5 * * * *", RESULTS, describe=_RESULTS_WORDS)


def recheck(effect: Claimed) -> Done:
    """Ask about everything that has a problem, and about what was not asked for a day."""
    fine = wrong = 0
    for corp in WecomCorp.objects.exclude(state=State.PAUSED):
        if corp.problem or _is_old(corp):
            works = all(check.works for check in accounts.check_corp(corp)[:3])
            fine, wrong = fine + works, wrong + (not works)
    for account in WechatAccount.objects.exclude(state=State.PAUSED):
        if account.problem or _is_old(account):
            works = official.check_account(account)[0].works
            fine, wrong = fine + works, wrong + (not works)
    return Done({"fine": fine, "wrong": wrong})


def list_all(effect: Claimed) -> Done:
    """List people, desks and groups of one corporation, or queue that for each."""
    chosen = effect.payload.get("corp")
    if chosen is None:
        with transaction.atomic():
            corps = list(WecomCorp.objects.filter(state=State.ACTIVE).values_list("pk", flat=True))
            effects.enqueue_many(listing(pk) for pk in corps)
        return Done({"corps": len(corps)})
    corp = WecomCorp.objects.filter(pk=chosen).first()
    if corp is None or corp.state == State.PAUSED:
        return Done()
    told: dict[str, object] = {}
    for name, ask in (("people", accounts.sync_people), ("desks", accounts.sync_desks)):
        try:
            told[name] = ask(corp)
        except (Refused, SecretRefused) as refused:
            told[name] = refused.why
    try:
        chats = accounts.group_ids(corp)
    except (Refused, SecretRefused) as refused:
        return Done({**told, "groups": refused.why})
    with transaction.atomic():
        effects.enqueue_many(follow.look(corp.corpid, chat) for chat in chats)
        WecomCorp.objects.filter(pk=corp.pk).update(synced_at=clock.now())
    return Done({**told, "groups": len(chats)})


def results(effect: Claimed) -> Done:
    """Queue a look at each mass send that waits for staff."""
    with transaction.atomic():
        waiting = list(
            MassSend.objects.filter(state=MassSend.State.WAITING).values_list("pk", flat=True)[:500]
        )
        effects.enqueue_many(NewEffect(RESULT, {"mass": pk}, order_key=f"wecom.mass:{pk}") for pk in waiting)
    return Done({"waiting": len(waiting)})


def result(effect: Claimed) -> Done:
    """Ask what became of one mass send."""
    row = MassSend.objects.select_related("corp").filter(pk=effect.payload["mass"]).first()
    if row is None or row.corp.state == State.PAUSED:
        return Done()
    try:
        return Done({"state": mass.look(row).state})
    except Refused as refused:
        return Done({"refused": refused.why})


def _is_old(row: WecomCorp | WechatAccount) -> bool:
    return row.checked_at is None or (clock.now() - row.checked_at).total_seconds() > 86_400
