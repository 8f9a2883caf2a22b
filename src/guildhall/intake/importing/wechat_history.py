"""A WeChat chat's text as an import: read once, written down message by message in our own form, so that a
killed import goes on from a byte like that of any other history.

People are known by their names within one group, which is all that such a text tells. Everything that comes
this way is marked as brought by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from guildhall.channels import links
from guildhall.channels.models import Space
from guildhall.channels.port import Media, MediaKind
from guildhall.channels.wecom.assisted.adapter import PLATFORM, sender_id
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.intake.importing import decoding, files, wechat_text
from guildhall.intake.importing.records import WECHAT_TEXT
from guildhall.intake.importing.telegram_history import Past
from guildhall.intake.models import Import

ZONE = "Asia/Shanghai"
"""What WeChat shows is wall clock of the phone; where nobody says which, it is China's."""
SAMPLE = 6
_HEAD = b'{"messages":[\n'


def is_for(space: Space) -> bool:
    """Whether a space takes such text."""
    return space.platform == PLATFORM


def read(one: Import) -> dict[str, Any]:
    """Find the messages of the text and write them down in our form. Raises BadInput."""
    space = one.spaces.get()
    zone = str(one.options.get("zone") or ZONE)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(Text("There is no such time zone.", "不存在该时区。"), field="zone") from error
    chat = wechat_text.read(decoding.text_of(files.file_of(one.id).read_bytes()), zone)
    if not chat.said:
        raise BadInput(
            Text(
                "No message was found. Paste the chat with names and times, as WeChat copies or mails it.",
                "未找到消息。请粘贴包含姓名和时间的聊天记录，例如微信复制或邮件导出的内容。",
            ),
            field="file",
            code="unknown_format",
        )
    lines = [orjson.dumps(_row(said, number, space)) for number, said in enumerate(chat.said, 1)]
    files.rows_of(one.id).write_bytes(_HEAD + b",\n".join(lines) + b"\n]}\n")
    talk = [said for said in chat.said if said.what == "message"]
    return {
        "format": WECHAT_TEXT.key,
        "rows_total": len(chat.said),
        "options": {**one.options, "zone": zone, "chat": len(_HEAD)},
        "counts": {"chats": 1, "found": len(chat.said)},
        "result": {
            "chats": [
                {
                    "name": space.name, "type": PLATFORM, "id": "", "has_global_ids": False,
                    "start": len(_HEAD), "messages": len(chat.said),
                }
            ],
            "from": min(said.at for said in chat.said).isoformat(),
            "until": max(said.at for said in chat.said).isoformat(),
            "talk": len(talk),
            "joins": len(chat.said) - len(talk),
            "people": len({said.name for said in chat.said}),
            "left_out": chat.notices + chat.before,
            "sample": [
                {"name": said.name, "at": said.at.isoformat(), "text": said.text[:200]}
                for said in talk[:SAMPLE]
            ],
        },
    }  # fmt: skip


def _row(said: wechat_text.Said, number: int, space: Space) -> dict[str, Any]:
    return {
        "n": number, "what": said.what, "at": int(said.at.timestamp()), "name": said.name,
        "sender": sender_id(space.external_id, said.name), "text": said.text, "key": f"text:{said.key}",
        "media": [said.media[0].value, said.media[1]] if said.media is not None else None,
    }  # fmt: skip


def past_of(raw: bytes) -> Past:
    """One message as it was written down. Raises BadInput."""
    try:
        said = orjson.loads(raw)
        media = said["media"]
        return Past(
            said["what"],
            said["n"],
            datetime.fromtimestamp(said["at"], UTC),
            said["sender"],
            said["name"],
            said["text"],
            links=links.extract(said["text"]),
            media=(Media(MediaKind(media[0]), media[1]),) if media else (),
            key=said["key"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(Text("The line is damaged.", "该行已损坏。")) from error
