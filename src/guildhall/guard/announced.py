"""The events the guard announces to webhooks, in words."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.effects import webhook_events


def register() -> None:
    """Called once, when Django starts."""
    webhook_events.describe(
        {
            "cases.opened": Text("Cases were opened for review", "产生待审核案例"),
            "case.decided": Text("Somebody decided a case", "案例已裁定"),
            "case.appealed": Text("A member appealed", "成员提出申诉"),
            "message.reported": Text("A member reported a message", "成员举报了消息"),
            "member.measured": Text(
                "A member was warned, muted or banned by hand", "成员被人工警告、禁言或封禁"
            ),
            "member.measure_undone": Text("A measure by hand was lifted", "人工处置已撤销"),
            "campaign.found": Text("A campaign was found", "发现群体性发帖"),
            "campaign.confirmed": Text("A campaign was confirmed", "群体性发帖已确认"),
            "campaign.cleared": Text("A campaign turned out harmless", "群体性发帖已排除"),
            "campaign.undone": Text("The decision about a campaign was undone", "群体性发帖的裁定已撤销"),
            "raid.suspected": Text("A raid is suspected", "疑似突袭"),
            "raid.declared": Text("A raid is going on", "确认突袭"),
            "raid.ended": Text("A raid is over", "突袭结束"),
            "surge.found": Text("One rule strikes unusually often", "某条规则命中激增"),
            "gate.ended": Text("Somebody passed or failed a gate", "入群验证结束"),
            "suspects.opened": Text("Impersonators are suspected", "发现疑似冒充者"),
        }
    )
