"""Everything the bot says in answer to a command, in both languages. Short: it is read in a busy chat."""

from __future__ import annotations

from datetime import datetime

from guildhall.core.text import Text

HELP = Text(
    "What I can do:\n"
    "/rules – the rules here\n"
    "/report – answer a message with it, and a moderator looks at it\n"
    "/appeal – a message of yours was removed by mistake\n"
    "/why – why a message was removed\n"
    "/language – the language I speak with you",
    "我可以帮您：\n"
    "/rules – 查看群规\n"
    "/report – 回复某条消息并发送，即可举报\n"
    "/appeal – 消息被误删时申诉\n"
    "/why – 查看消息被移除的原因\n"
    "/language – 设置我与您交流的语言",
)
HELP_MODERATORS = Text(
    "\nFor moderators, as an answer to a message or with @name:\n"
    "/warn [reason] · /mute [2h] [reason] · /unmute · /ban [7d] [reason] · /unban · /why · /undo\n"
    "For the whole group: /raid [2h] · /unraid",
    "\n管理员可回复消息或加 @用户名：\n"
    "/warn [原因] · /mute [2h] [原因] · /unmute · /ban [7d] [原因] · /unban · /why · /undo\n"
    "对整个群组：/raid [2h] · /unraid",
)
RAID_ON = Text(
    "Newcomers of the last minutes may read but not write, and so may whoever comes now. It ends when "
    "it is quiet; /unraid ends it at once.",
    "最近几分钟加入及后续加入的新成员只能阅读、不能发言。平静后自动结束，发送 /unraid 可立即结束。",
)
RAID_OVER = Text("The raid is over; newcomers may write again.", "突袭防护已结束，新成员可以发言。")
NO_RAID = Text("No raid is going on here.", "本群没有进行中的突袭防护。")
WELCOME = Text(
    "Hello, I help look after the community. Our staff never ask for passwords, codes or seed phrases.\n"
    "Send /appeal if a message of yours was removed by mistake, or /help to see what I can do.",
    "您好，我协助管理社群。官方人员绝不会向您索要密码、验证码或助记词。\n"
    "消息被误删请发送 /appeal 申诉；发送 /help 查看我能做什么。",
)
HINT = Text(
    "I read commands only. Send /help to see them, or /appeal if a message of yours was removed.",
    "我只能识别命令。发送 /help 查看全部命令；消息被移除可发送 /appeal 申诉。",
)

HELP_DESK = Text("\n/ask – ask our support", "\n/ask – 向客服提问")
ASK_HOW = Text(
    "Write your question after /ask, or answer a message with it.",
    "请在 /ask 后写下您的问题，或回复某条消息发送。",
)
TICKET_KNOWN = Text("It is in ticket #{number} already.", "该消息已在工单 #{number} 中。")
TICKET_ADDED = Text("Added to your question #{number}.", "已补充到工单 #{number}。")

REPORT_HOW = Text("Answer the message you want to report with /report.", "请回复要举报的消息并发送 /report。")
REPORT_SELF = Text("That is your own message.", "这是您自己的消息。")
REPORT_OURS = Text("That message is ours.", "这是官方发布的消息。")
REPORT_UNKNOWN = Text(
    "I did not see that message, so I cannot pass it on. Please tell a moderator.",
    "我没有收到这条消息，无法转交。请直接联系管理员。",
)
REPORTED = Text("Thank you. A moderator will look at this message.", "感谢举报，管理员会尽快查看此消息。")

APPEAL_NONE = Text(
    "I find no removed message of yours to appeal about.", "没有找到您被移除的消息，无需申诉。"
)
APPEAL_OPEN = Text(
    "Your appeal is open already. A person will look at it, and you will be told.",
    "您的申诉已在处理中，将由人工复核，结果会通知您。",
)
APPEAL_SAY_WHY = Text(
    "If you like, write in one message why it should stand; it goes to the moderator.",
    "如需说明理由，请直接发一条消息，我会转给管理员。",
)
APPEAL_SAY_WHY_IN_PRIVATE = Text(
    "To say why, write to me in private: /appeal and your reason.",
    "如需说明理由，请私聊我发送 /appeal 加理由。",
)
STATED = Text("Added to your appeal.", "已补充到您的申诉中。")

LANGUAGE_ASK = Text("Which language shall I speak with you?", "请选择我与您交流的语言：")
LANGUAGE_HOW = Text(
    "Send /language en, /language zh or /language zh-hant.",
    "请发送 /language en、/language zh 或 /language zh-hant。",
)
LANGUAGE_SET = Text("I will speak English with you.", "之后我将使用简体中文与您交流。")

FOR_MODERATORS = Text("This is for moderators of this space.", "此命令仅限本群管理员使用。")
IN_THE_GROUP = Text("Please use this in the group it is about.", "请在对应的群组中使用此命令。")
TIME_HOW = Text("Write the time with its unit: 30m, 2h, 7d.", "请为时长加上单位，例如 30m、2h、7d。")
TOO_SHORT = Text("A minute is the least.", "时长至少为 1 分钟。")
WHOM = Text(
    "Answer a message of theirs, or name them: @name or their id.", "请回复其消息，或注明 @用户名或 ID。"
)
UNKNOWN = Text(
    "I do not know this member. Answer a message of theirs instead.", "未找到该成员，请改为回复其消息。"
)
NOTHING_TO_UNDO = Text("There is nothing to undo here.", "没有可撤销的处置。")
UNDONE = Text("Undone.", "已撤销。")
UNDONE_ALREADY = Text("That was undone already.", "该处置此前已撤销。")
NOTHING_HELD = Text("Nothing was found against this message.", "此消息没有命中任何规则。")
WHY_WHOSE = Text("Answer a message with /why.", "请回复一条消息并发送 /why。")
WHY_MINE = Text(
    "Your message was removed: {family}. If this is a mistake: /appeal",
    "您的消息被移除：{family}。如有误判，请发送 /appeal 申诉。",
)
FAILED = Text("That did not work. The staff can see why.", "操作未成功，工作人员可查看原因。")
NO_BUTTON = Text("This button no longer works.", "该按钮已失效。")

APPEAL_STATES = {
    "open": APPEAL_OPEN,
    "upheld": Text("A person looked at it: the removal stands.", "已由人工复核：维持移除。"),
    "undone": Text("Your appeal was granted.", "您的申诉已通过。"),
    "dismissed": Text("Your appeal was closed without a change.", "您的申诉已关闭，处理结果不变。"),
}


NOT_DONE = Text(
    "That did not work: it was refused here. The bot probably lacks a right here; the reason stands under "
    "Effects in the console.",
    "操作未成功：请求被拒绝。机器人可能缺少相应权限，原因见控制台的“任务”页。",
)
NOT_FOLLOWED = Text(
    "The warning counts, but what follows from it did not work: it was refused here. The bot probably lacks "
    "a right here; the reason stands under Effects in the console.",
    "警告已计入，但后续处置未成功：请求被拒绝。机器人可能缺少相应权限，原因见控制台的“任务”页。",
)


def until(at: datetime | None) -> Text:
    """When a measure ends."""
    if at is None:
        return Text("until lifted", "直至解除")
    return Text(f"until {at:%Y-%m-%d %H:%M} UTC", f"至 {at:%Y-%m-%d %H:%M} UTC")


def measured(kind: str, whom: Text, ends: Text) -> Text:
    """What was done by a command."""
    return {
        "warn": Text(f"{whom.en} was warned", f"已警告{whom.zh}"),
        "mute": Text(f"{whom.en} may not write {ends.en}", f"已禁言{whom.zh}，{ends.zh}"),
        "ban": Text(f"{whom.en} is banned {ends.en}", f"已封禁{whom.zh}，{ends.zh}"),
        "unmute": Text(f"{whom.en} may write again", f"已解除{whom.zh}的禁言"),
        "unban": Text(f"{whom.en} is no longer banned", f"已解除{whom.zh}的封禁"),
    }[kind]


def strikes(number: int) -> Text:
    return Text(f" (strike {number})", f"（第 {number} 次违规）")


def joined(*parts: Text) -> Text:
    return Text("".join(part.en for part in parts), "".join(part.zh for part in parts))


def plain(words: str) -> Text:
    """The same words in both languages, such as a reason somebody wrote."""
    return Text(words, words)


NEWLINE = plain("\n")
