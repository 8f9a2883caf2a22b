"""Methods about files: temporary media by id, pictures by address, and the group robots, which have their own
door (a key in the address, no token).
"""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.http import Upload
from guildhall.channels.testing.wecom.methods.registry import both, texts_within
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Corp, Json, Robot
from guildhall.channels.testing.wecom.world import World

THREE_DAYS = 3 * 86400
SIZES = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20, "thumb": 64 << 10}
A_MINUTE = {"messages": 20, "seconds": 60}
ROBOT_KINDS = {"text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card"}


@both("media/upload", {"type": "text!"}, verb="UPLOAD")
def upload(world: World, owner: Any, body: Json) -> Json:
    kind, files = body["type"], body["files"]
    if kind not in SIZES:
        raise Refused(40004, "invalid media type")
    if not files:
        raise Refused(41005, "media data missing")
    return {"type": kind, "media_id": keep(world, kind, files[0]), "created_at": str(int(world.now()))}


@both("media/uploadimg", verb="UPLOAD")
def upload_picture(world: World, owner: Any, body: Json) -> Json:
    if not body["files"]:
        raise Refused(41005, "media data missing")
    return {"url": f"https://wework.qpic.cn/wwpic/{keep(world, 'image', body['files'][0])}/0"}


@both("media/get", {"media_id": "text!"}, verb="GET")
def download(world: World, owner: Any, body: Json) -> bytes:
    found = world.media.get(body["media_id"])
    if found is None or found["until"] <= world.now():
        raise Refused(40007)
    content: bytes = found["content"]
    return content


def keep(world: World, kind: str, file: Upload) -> str:
    if len(file.content) > SIZES[kind]:
        raise Refused(40006, "invalid media size")
    if len(file.content) < 5:
        raise Refused(40006, "invalid media size")
    media_id = f"3{world.word(60)}"
    world.media[media_id] = {
        "kind": kind, "name": file.name, "content": file.content, "until": world.now() + THREE_DAYS
    }  # fmt: skip
    return media_id


def robot_of(world: World, key: str) -> tuple[Corp, Robot]:
    for corp in world.corps.values():
        if key in corp.robots:
            return corp, corp.robots[key]
    raise Refused(93000)


def robot_says(world: World, robot: Robot, body: Json, limit: int) -> Json:
    """One message of a group robot; at most twenty a minute, refused with `limit`."""
    now = world.now()
    while robot.at and robot.at[0] <= now - A_MINUTE["seconds"]:
        robot.at.popleft()
    if len(robot.at) >= A_MINUTE["messages"]:
        raise Refused(limit)
    kind = body.get("msgtype")
    if kind not in ROBOT_KINDS or not isinstance(body.get(kind), dict):
        raise Refused(40008)
    texts_within(body[kind], 2048 if kind == "text" else 4096)
    if kind in ("text", "markdown", "markdown_v2") and not str(body[kind].get("content", "")).strip():
        raise Refused(44004)
    if kind in ("file", "voice") and body[kind].get("media_id") not in world.media:
        raise Refused(40007)
    robot.at.append(now)
    robot.shown.append(body)
    return {}
