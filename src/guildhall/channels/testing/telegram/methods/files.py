"""Methods on files: where one can be fetched, and a user's pictures (nobody has any)."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.state import Bot, Json
from guildhall.channels.testing.telegram.world import World

LARGEST = 20 * 1024 * 1024


@method("getFile")
def get_file(world: World, bot: Bot, p: Json) -> Any:
    found = world.files.get(p["file_id"])
    if found is None:
        raise bad("invalid file_id")
    if found["file_size"] > LARGEST:
        raise bad("file is too big")
    known = {key: found[key] for key in ("file_id", "file_unique_id", "file_size")}
    return {**known, "file_path": f"{found['kind']}s/{found['file_id']}"}


@method("getUserProfilePhotos")
def get_photos(world: World, bot: Bot, p: Json) -> Any:
    if p["user_id"] not in world.users:
        raise bad("invalid user_id specified")
    return {"total_count": 0, "photos": []}


@method("getUserChatBoosts")
def get_boosts(world: World, bot: Bot, p: Json) -> Any:
    return {"boosts": []}
