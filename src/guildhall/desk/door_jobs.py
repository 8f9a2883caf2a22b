"""What the doors give to the engine: telling a number, asking for a rating; events of tickets in words."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.desk import telling
from guildhall.effects import performers, webhook_events, webhooks


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(
        telling.OPENED, describe=Text("Tell somebody the number of their question", "告知提问者工单号")
    )(telling.say_number)
    performers.performer(
        telling.RATE, describe=Text("Ask what somebody thought of an answer", "邀请提问者评分")
    )(telling.ask_rating)
    webhooks.on_announce(telling.hear)
    webhook_events.describe(
        {
            "ticket.opened": Text("A question came in", "新工单"),
            "ticket.heard": Text("The asker said something more", "提问者补充消息"),
            "ticket.assigned": Text("A ticket got another owner", "工单已分配"),
            "ticket.replied": Text("The asker was answered", "已回复提问者"),
            "ticket.reply_failed": Text("A platform refused an answer", "回复发送失败"),
            "ticket.reply_sent": Text("An answer reached the platform", "回复已送达平台"),
            "ticket.mentioned": Text("Colleagues were called in a note", "备注中提及同事"),
            "ticket.changed": Text("Status, priority, fields or queue changed", "工单信息变更"),
            "ticket.solved": Text("A ticket was solved", "工单已解决"),
            "ticket.closed": Text("A ticket was closed", "工单已关闭"),
            "ticket.reopened": Text("A ticket was opened again", "工单重新打开"),
            "ticket.merged": Text("A ticket became part of another", "工单已合并"),
            "ticket.spam": Text("A ticket turned out to be spam", "工单被标记为垃圾信息"),
            "ticket.rated": Text("The asker rated an answer", "提问者已评分"),
            "ticket.at_risk": Text("A clock of a ticket is about to be broken", "工单即将超时"),
            "ticket.breached": Text("A clock of a ticket was broken", "工单时限超时"),
            "agent.switched": Text("A colleague went away or came back", "同事切换了在岗状态"),
            "handover.given": Text("A shift was handed over", "已发起交班"),
            "handover.accepted": Text("A handover was accepted", "接班已确认"),
            "handover.escalated": Text("Nobody accepted a handover", "交班无人确认，已升级"),
            "escalation.asked": Text("A team of the exchange was asked", "已升级至交易所团队"),
            "escalation.answered": Text("A team of the exchange answered", "交易所团队已答复"),
            "escalation.breached": Text("A team of the exchange is late", "交易所团队答复超时"),
        }
    )
