"""Why Discord refuses, by its numbers, in words for people and with what to do about it. Data only."""

from __future__ import annotations

from guildhall.core.text import Text

NOBODY = Text("", "")

CODES: dict[int, str] = {
    10003: "channel_gone", 10004: "server_gone", 10006: "invite_gone", 10007: "not_member",
    10008: "message_gone", 10009: "overwrite_gone",
    10011: "role_gone", 10013: "user_gone", 10014: "bad_reaction",
    10026: "not_banned", 10062: "press_over", 10065: "interaction_gone",
    20009: "explicit", 20016: "slow_mode", 20026: "quarantined",
    30003: "too_many_pins", 30005: "too_many_roles", 30010: "too_many_reactions",
    30013: "too_many_channels", 30016: "too_many_invites", 30034: "commands_today",
    40005: "too_large", 40007: "is_banned", 40060: "press_over",
    50001: "no_access", 50003: "in_private", 50005: "not_ours", 50007: "closed_talk",
    50009: "verification", 50013: "no_rights", 50016: "bad_count", 50019: "pin_elsewhere",
    50021: "system_message", 50024: "wrong_channel", 50028: "role_gone", 50034: "too_old",
    50046: "bad_file", 50068: "system_message", 50074: "community_channel", 50083: "thread_archived",
    50084: "no_such_thread_setting", 50178: "bad_file", 50278: "closed_talk",
    90001: "reaction_blocked", 160002: "no_history", 160004: "has_thread", 160005: "thread_locked",
    160006: "too_many_threads", 200000: "automod", 200001: "automod", 240000: "harmful_link",
    520000: "no_poll", 520003: "no_poll", 520004: "poll_fixed", 520006: "no_poll",
}  # fmt: skip

_GRANT = Text(
    "Give the bot's role the missing permission, and drag it above those it acts upon; Settings, Discord "
    "shows which.",
    "请为机器人的身份组补上缺少的权限，并将其拖到所管理身份组之上，“设置 → Discord”页面列有明细。",
)
_AGAIN = Text("Invite it again from Settings, Discord.", "请在“设置 → Discord”中重新邀请机器人。")

REASONS: dict[str, tuple[Text, Text]] = {
    "server_gone": (
        Text("The bot is no longer in this server.", "机器人已不在该服务器中。"), _AGAIN,
    ),
    "channel_gone": (
        Text("The channel is no longer there.", "该频道已不存在。"),
        Text("Choose another channel.", "请选择其他频道。"),
    ),
    "no_channel": (
        Text("It is not known in which channel to say it.", "未确定发送到哪个频道。"),
        Text(
            "Under Settings, Discord, mark one channel of the server for announcements.",
            "请在“设置 → Discord”中为该服务器指定一个公告频道。",
        ),
    ),
    "no_access": (
        Text("The bot does not see this channel or server.", "机器人无权查看该频道或服务器。"),
        Text(
            "Let the bot's role see the channel, or invite the bot again.",
            "请允许机器人的身份组查看该频道，或重新邀请机器人。",
        ),
    ),
    "no_rights": (Text("The bot lacks a permission for this.", "机器人缺少执行该操作的权限。"), _GRANT),
    "role_above": (
        Text(
            "The member's highest role stands above the bot's, so Discord lets the bot do nothing to them.",
            "该成员的最高身份组高于机器人，Discord 不允许机器人对其执行操作。",
        ),
        Text(
            "In the server settings, Roles, drag the bot's role above it.",
            "请在服务器设置 → 身份组中，将机器人的身份组拖到其上方。",
        ),
    ),
    "is_owner": (
        Text("Nobody can do this to the owner of a server.", "无法对服务器所有者执行该操作。"), NOBODY,
    ),
    "is_admin": (
        Text(
            "Discord does not let an administrator be timed out.", "Discord 不允许对管理员执行禁言。",
        ),
        Text("Take the administrator role from them first.", "请先移除其管理员身份组。"),
    ),
    "is_self": (Text("The bot cannot do this to itself.", "机器人无法对自己执行该操作。"), NOBODY),
    "message_gone": (Text("The message is no longer there.", "该消息已不存在。"), NOBODY),
    "not_member": (Text("They are no longer in the server.", "对方已不在该服务器中。"), NOBODY),
    "user_gone": (Text("Discord knows no such person.", "Discord 中不存在该用户。"), NOBODY),
    "role_gone": (Text("The role is no longer there.", "该身份组已不存在。"), NOBODY),
    "overwrite_gone": (
        Text("The channel has no such exception for them.", "该频道没有针对该对象的权限覆盖。"),
        NOBODY,
    ),
    "invite_gone": (Text("The invite is no longer valid.", "该邀请链接已失效。"), NOBODY),
    "not_banned": (Text("They are not banned.", "对方未被封禁。"), NOBODY),
    "is_banned": (Text("They are banned from the server.", "对方已被该服务器封禁。"), NOBODY),
    "closed_talk": (
        Text("They take no private messages from the bot.", "对方不接收机器人的私信。"),
        Text(
            "They can allow messages from members of the server in its privacy settings.",
            "对方可在服务器的隐私设置中允许来自成员的私信。",
        ),
    ),
    "press_over": (
        Text("It was pressed too long ago, or answered already.", "该操作已超时或已应答。"), NOBODY,
    ),
    "interaction_gone": (
        Text("The command was used too long ago.", "该命令已超时。"),
        Text("Use it again.", "请重新执行该命令。"),
    ),
    "in_private": (
        Text("There is no such thing in a private talk.", "私信中不支持该操作。"),
        Text("Do it in the server.", "请在服务器中操作。"),
    ),
    "not_ours": (Text("Only the author can change a message.", "只有作者本人可以编辑消息。"), NOBODY),
    "too_old": (
        Text("Discord deletes many at once only within 14 days.", "Discord 仅支持批量删除 14 天内的消息。"),
        Text("They are deleted one by one.", "将逐条删除。"),
    ),
    "system_message": (
        Text("Discord lets nobody do this to a system message.", "Discord 不允许对系统消息执行该操作。"),
        NOBODY,
    ),
    "wrong_channel": (Text("This kind of channel cannot do that.", "该类型的频道不支持此操作。"), NOBODY),
    "community_channel": (
        Text("A community server needs this channel.", "社区服务器必须保留该频道。"),
        Text("Choose another one in the server settings first.", "请先在服务器设置中另选频道。"),
    ),
    "thread_archived": (
        Text("The thread is archived.", "该子区已归档。"),
        Text("Open it again in Discord.", "请在 Discord 中重新打开该子区。"),
    ),
    "thread_locked": (
        Text("The thread is locked.", "该子区已锁定。"),
        Text("Unlock it in Discord.", "请在 Discord 中解锁该子区。"),
    ),
    "has_thread": (Text("The message has a thread already.", "该消息已有子区。"), NOBODY),
    "too_many_threads": (
        Text("The server has 1,000 active threads: no more fit.", "该服务器活跃子区已达 1,000 个上限。"),
        Text("Close old ones.", "请关闭旧的子区。"),
    ),
    "no_such_thread_setting": (
        Text("This thread cannot be set so.", "该子区不支持此设置。"), NOBODY,
    ),
    "too_many_pins": (
        Text("No more messages can be pinned in this channel.", "该频道置顶消息已达上限。"),
        Text("Take an old pin away.", "请取消一条旧的置顶。"),
    ),
    "pin_elsewhere": (
        Text("Only a message of the same channel can be pinned.", "只能置顶同一频道内的消息。"), NOBODY,
    ),
    "too_many_roles": (
        Text("The server has 250 roles: no more fit.", "该服务器身份组已达 250 个上限。"), NOBODY,
    ),
    "too_many_reactions": (
        Text("A message takes twenty different reactions.", "每条消息最多 20 种表情回应。"), NOBODY,
    ),
    "too_many_channels": (
        Text("The server has 500 channels: no more fit.", "该服务器频道已达 500 个上限。"), NOBODY,
    ),
    "too_many_invites": (
        Text("The server has 1,000 invites: no more fit.", "该服务器邀请链接已达 1,000 个上限。"),
        Text("Revoke old ones.", "请撤销旧的邀请链接。"),
    ),
    "commands_today": (
        Text("Discord takes 200 new commands a day.", "Discord 每天最多接受 200 个新命令。"),
        Text("It is tried again tomorrow.", "将于明天重试。"),
    ),
    "bad_reaction": (
        Text("Discord does not know this reaction.", "Discord 不支持该表情回应。"), NOBODY,
    ),
    "reaction_blocked": (
        Text("The author has blocked the bot, so it cannot react.", "作者已屏蔽机器人，无法添加回应。"),
        NOBODY,
    ),
    "too_large": (
        Text("The file is larger than the server takes.", "文件超出该服务器的大小限制。"),
        Text("Send a smaller one.", "请发送更小的文件。"),
    ),
    "bad_file": (Text("Discord does not take this file.", "Discord 不接受该文件。"), NOBODY),
    "bad_count": (Text("Between 2 and 100 messages at once.", "每次须为 2 至 100 条消息。"), NOBODY),
    "explicit": (
        Text("Discord takes it for explicit content.", "Discord 判定其为不良内容。"), NOBODY,
    ),
    "automod": (
        Text("An AutoMod rule of the server stops these words.", "该服务器的 AutoMod 规则拦截了此内容。"),
        Text(
            "Exempt the bot's role in the rule, or change the words.",
            "请在规则中豁免机器人的身份组，或修改内容。",
        ),
    ),
    "harmful_link": (
        Text("Discord takes a link in it for harmful.", "Discord 判定其中的链接有害。"),
        Text("Take the link out.", "请移除该链接。"),
    ),
    "slow_mode": (
        Text("The channel's slow mode stops the bot.", "该频道的慢速模式限制了机器人。"),
        Text("Let its role manage messages.", "请授予其身份组“管理消息”权限。"),
    ),
    "quarantined": (
        Text(
            "Discord has flagged the bot as spam and lets it write to nobody new.",
            "Discord 已将机器人标记为垃圾信息来源，禁止其联系新用户。",
        ),
        Text("Appeal in Discord's developer portal.", "请在 Discord 开发者后台申诉。"),
    ),
    "verification": (
        Text("The channel's verification level is too high.", "该频道的验证等级过高。"), NOBODY,
    ),
    "no_history": (
        Text("The bot may not read this channel's history.", "机器人无权读取该频道的历史消息。"), _GRANT,
    ),
    "no_poll": (Text("There is no poll here.", "此处没有投票。"), NOBODY),
    "poll_fixed": (Text("A poll cannot be changed.", "投票发布后无法修改。"), NOBODY),
    "nobody_serves": (
        Text("No bot of ours serves this server.", "没有机器人服务于该服务器。"),
        Text("Add one of our bots to it.", "请将我们的机器人加入该服务器。"),
    ),
}  # fmt: skip
