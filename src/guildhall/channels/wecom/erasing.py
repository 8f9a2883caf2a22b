"""What WeCom alone told us about a person: wiped when they are erased, handed out when they ask for their
data.
"""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from guildhall.channels.models import Space
from guildhall.channels.wecom.mass_models import MassSendTarget
from guildhall.channels.wecom.models import WechatTalk, WecomGroupMember
from guildhall.people import registry

PLATFORM = "wecom"
_KEY = Cast(F("pk"), CharField())


def erase(member_id: str) -> None:
    """Wipe names and what could be matched with other services; when they came and went stays."""
    theirs = WecomGroupMember.objects.filter(account__member_id=member_id)
    ids = set(theirs.values_list("userid", flat=True))
    talks = Space.objects.filter(platform=PLATFORM, kind="private", members__account__member_id=member_id)
    ids |= {external.rpartition("/")[2] for external in talks.values_list("external_id", flat=True)}
    MassSendTarget.objects.filter(target__in=ids).update(target=Concat(Value("erased:"), _KEY))
    theirs.update(name="", nickname="", unionid="", userid=Concat(Value("erased:"), _KEY))
    WechatTalk.objects.filter(space__kind="private", space__members__account__member_id=member_id).update(
        unionid="", scene="", scene_param="", welcome_code=""
    )


def export(member_id: str) -> list[dict[str, Any]]:
    """Which customer groups they were in, how they came and by whom, ready for JSON."""
    rows = WecomGroupMember.objects.filter(account__member_id=member_id).values(
        "group__space__name", "nickname", "join_scene", "invitor", "state", "joined_at", "left_at"
    )
    return [
        {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}
        for row in rows
    ]


def register() -> None:
    """Tell people what to call."""
    registry.on_erase(erase)
    registry.on_export("wecom")(export)
