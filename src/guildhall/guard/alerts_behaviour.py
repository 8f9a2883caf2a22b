"""Tells the staff's own chat that a campaign was found or a space is raided: one short line with a link,
seldom enough to stay readable. Never what a member wrote.
"""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.guard import notices, pauses
from guildhall.guard.alerts import REPORTS_TO

CAMPAIGNS_EVERY_S = 300.0
RAIDS_EVERY_S = 30.0
CAMPAIGN = Text(
    "Nearly the same text from several accounts, seen in {space}", "{space} 等处出现多个账户发送的近似内容"
)
RAID = Text("{space} is being raided; newcomers are read-only", "{space} 正遭遇突袭，新成员已限为只读")
RAID_WATCHED = Text("{space} may be raided: please look", "{space} 疑似遭遇突袭，请查看")
RAID_OVER = Text("The raid on {space} is over", "{space} 的突袭已结束")
_TO_MEMBERS = Text(
    "Many new accounts came in at once, so new members may read but not write for now. Our staff never ask "
    "for passwords, codes or seed phrases.",
    "短时间内有大量新账户加入，新成员暂时只能阅读。官方人员绝不会索要密码、验证码或助记词。",
)


def tell_of_campaign(campaign_id: str, space_id: str) -> bool:
    """Queue the line about a campaign in the caller's transaction; whether one was."""
    space = Space.objects.filter(pk=space_id).first()
    if space is None:
        return False
    return _tell_staff(space, CAMPAIGN, ("campaign", campaign_id), "campaign", CAMPAIGNS_EVERY_S)


def tell_of_raid(raid_id: str, space: Space, words: Text) -> bool:
    """Queue a line about a raid in the caller's transaction; whether one was."""
    return _tell_staff(space, words, ("raid", raid_id), f"raid:{words.en[:20]}", RAIDS_EVERY_S)


def tell_members(raid_id: str, space: Space) -> bool:
    """Say in the space why newcomers cannot write, if compliance lets us; whether it was queued. Once a
    raid.
    """
    if not registry.capability(space.platform, Verb.SEND).supported:
        return False
    text = _TO_MEMBERS.for_language(space.language)
    clearance = notices.clear(space.region, text, space.language)
    if clearance is None:
        return False
    wanted = channels.Wanted(
        Act(Verb.SEND, space.id, text=text), clearance, f"raid:{raid_id}:told", f"raid:{raid_id}"
    )
    channels.request_many([wanted], actor="system:guard", reason=wanted.reason)
    return True


def _tell_staff(space: Space, words: Text, about: tuple[str, str], sort: str, every_s: float) -> bool:
    target = Space.objects.filter(pk=space.settings.get(REPORTS_TO, ""), archived_at__isnull=True).first()
    if target is None or not registry.capability(target.platform, Verb.SEND).supported:
        return False
    if not pauses.take(f"alert:{sort}:{target.id}", every_s):
        return False
    text = f"{words.format(space=space.name[:60]).for_language(target.language)}\n{_address(*about)}"
    clearance = notices.clear(target.region, text, target.language)
    if clearance is None:
        return False
    cause = ":".join(about)
    wanted = channels.Wanted(Act(Verb.SEND, target.id, text=text), clearance, None, cause)
    channels.request_many([wanted], actor="system:guard", reason=cause)
    return True


def _address(name: str, key: str) -> str:
    try:
        return settings.public_url + reverse(f"console:{name}", args=[key])
    except NoReverseMatch:
        return settings.public_url
