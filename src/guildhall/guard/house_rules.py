"""The rules that members read when they ask for them: those of the space, else the ones that come with the
house. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildhall.core.text import Text

SHIPPED = Text(
    "House rules\n"
    "1. Our staff never message you first and never ask for passwords, codes, seed phrases or deposits.\n"
    "2. No advertising, invitation codes, paid signals or invitations to other groups.\n"
    "3. No links to download pages or look-alike sites.\n"
    "4. Nobody may pretend to be staff or somebody else.\n"
    "5. No insults, no flooding, no promises of profit.\n"
    "6. Keep account numbers, order numbers and documents out of the chat.\n"
    "Seen something? Answer that message with /report. Removed by mistake? Send /appeal.",
    "群规\n"
    "1. 官方人员不会主动私聊您，也绝不会索要密码、验证码、助记词或要求转账。\n"
    "2. 禁止广告、邀请码、付费喊单，禁止拉人进其他群。\n"
    "3. 禁止发布下载链接或仿冒网站。\n"
    "4. 禁止冒充官方或他人。\n"
    "5. 禁止辱骂、刷屏、承诺收益。\n"
    "6. 请勿在群内发布账号、订单号或证件信息。\n"
    "发现违规？请回复该消息并发送 /report（举报）。消息被误删？请发送 /appeal（申诉），由人工复核。",
)
EN, ZH = "rules_en", "rules_zh"


def rules_of(settings: Mapping[str, Any]) -> Text:
    """The rules of a space by its settings. Where only one language was written, it stands for both."""
    en, zh = (str(settings.get(key) or "").strip() for key in (EN, ZH))
    if not en and not zh:
        return SHIPPED
    return Text(en or zh, zh or en)
