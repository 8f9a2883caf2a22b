"""Files to and from WeChat: uploaded once every three days, because WeChat forgets them then; fetched by the
media id a message carried.
"""

from __future__ import annotations

from guildhall.channels import enclosures
from guildhall.channels.enclosures import File
from guildhall.channels.wecom import client
from guildhall.channels.wecom.errors import reason
from guildhall.channels.wecom.tokens import Key
from guildhall.core import clock

GOOD_FOR_S = 3 * 86_400 - 3_600
_PICTURES = ("image/png", "image/jpeg")
_MOST = {"image": 2 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}


def kind_of(file: File, *, knows_files: bool = True) -> str:
    """What WeChat calls it: image, video or file. Raises Refused for what it does not take."""
    if file.mime in _PICTURES and len(file.body) <= _MOST["image"]:
        return "image"
    if file.mime == "video/mp4" and len(file.body) <= _MOST["video"]:
        return "video"
    if knows_files and len(file.body) <= _MOST["file"]:
        return "file"
    raise reason("no_media")


def media_id(key: Key, file: File, kind: str) -> str:
    """WeChat's id of a file, uploaded when it has none that is still good. Raises Temporary, Refused."""
    known, _, until = enclosures.known(file.id, key.name).partition(" ")
    if known and until.isdigit() and int(until) > clock.now().timestamp():
        return known
    said = client.call(
        key,
        "/cgi-bin/media/upload",
        query={"type": kind},
        file=(file.name, file.body, file.mime),
    )
    found = str(said.get("media_id", ""))
    if not found:
        raise reason("no_media")
    until_s = int(clock.now().timestamp()) + GOOD_FOR_S
    enclosures.note_kept(file.id, key.name, f"{found} {until_s}")
    return found


def fetch(key: Key, ref: str, most: int) -> bytes:
    """The bytes behind a media id. Raises Temporary, Refused, Permanent."""
    return client.download(key, "/cgi-bin/media/get", {"media_id": ref}, most)
