"""Reads what an Official Account is told: messages, followers coming and going, codes scanned, menus pressed.

Pure. Bodies are {"app": appid, "xml": …}. A talk is the private space `<openid>/<appid>`. WeChat repeats a
callback it got no answer to; a message is known again by its MsgId, an event by all it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from guildhall.channels.links import extract
from guildhall.channels.parsing import Fields
from guildhall.channels.port import (
    Callback,
    Inbound,
    Kind,
    Link,
    LinkKind,
    Media,
    MediaKind,
    MemberChange,
    MemberState,
    SenderRef,
    SpaceRef,
)
from guildhall.channels.wecom import wire
from guildhall.channels.wecom.content import card, file, moment, place, words

PLATFORM = "wechat_oa"
SCENE_PREFIX = "qrscene_"
_QUIET = frozenset(
    {
        "scan", "location", "view", "view_miniprogram", "templatesendjobfinish", "masssendjobfinish",
        "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
        "location_select", "kf_create_session", "kf_close_session", "kf_switch_session",
        "user_authorize_revoke", "user_info_modified", "user_authorization_cancellation",
        "qualification_verify_success", "qualification_verify_fail", "naming_verify_success",
        "naming_verify_fail", "annual_renew", "verify_expired", "subscribe_msg_popup_event",
        "subscribe_msg_change_event", "subscribe_msg_sent_event", "publishjobfinish", "card_pass_check",
        "guide_qrcode_scan_event",
    }
)  # fmt: skip


def talk_id(openid: str, appid: str) -> str:
    """The platform id of the space that is this talk."""
    return f"{openid}/{appid}"


def of_talk(external_id: str) -> tuple[str, str]:
    """(openid, appid) of such a space; ('', '') for another."""
    openid, slash, appid = external_id.partition("/")
    return (openid, appid) if slash and openid and appid else ("", "")


def read(app: str, document: str, whole: dict[str, Any]) -> Inbound:
    """One callback. Raises BadInput, also for an event nobody here knows."""
    said = Fields(wire.read(document))
    whole = {**whole, "event": said.whole}
    sender = SenderRef(said.id("FromUserName"))
    space = SpaceRef(talk_id(sender.external_id, app), kind="private")
    at, kind = moment(said, "CreateTime"), said.whole.get("MsgType")
    if kind == "event":
        return _event(app, said, space, sender, at, document, whole)
    reader = _KINDS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise said.bad("MsgType", "is not a kind of message.", "不是已知的消息类型。")
    text, media, links = reader(said)
    number, menu = said.id("MsgId"), said.whole.get("bizmsgmenuid")
    pressed = Callback(number, words(menu, 200)) if isinstance(menu, str) and menu else None
    return Inbound(
        Kind.CALLBACK if pressed is not None else Kind.MESSAGE, PLATFORM, space, number, sender, at, text,
        links=extract(text, links), media=media, callback=pressed, delivery_id=number, receiver=app,
        raw=whole,
    )  # fmt: skip


def _event(
    app: str,
    said: Fields,
    space: SpaceRef,
    sender: SenderRef,
    at: datetime,
    document: str,
    whole: dict[str, Any],
) -> Inbound:
    name = words(said.whole.get("Event"), 60).lower()
    key = words(said.whole.get("EventKey"), 128)
    delivery = hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    kind, callback = Kind.OTHER, None
    members: tuple[MemberChange, ...] = ()
    if name == "subscribe":
        came = MemberChange(sender, None, MemberState.MEMBER, invite=key.removeprefix(SCENE_PREFIX))
        kind, members = Kind.JOIN, (came,)
    elif name == "unsubscribe":
        kind, members = Kind.LEAVE, (MemberChange(sender, None, MemberState.LEFT),)
    elif name == "click":
        kind, callback = Kind.CALLBACK, Callback(delivery, key)
    elif name not in _QUIET:
        raise said.bad("Event", "is not an event we know.", "不是已知的事件。")
    return Inbound(
        kind, PLATFORM, space, "", sender, at, members=members, callback=callback, delivery_id=delivery,
        receiver=app, raw=whole,
    )  # fmt: skip


_Read = tuple[str, tuple[Media, ...], tuple[Link, ...]]


def _text(said: Fields) -> _Read:
    return said.text("Content"), (), ()


def _voice(said: Fields) -> _Read:
    heard = file(MediaKind.VOICE, said.whole.get("MediaId"), mime="audio/amr")
    return words(said.whole.get("Recognition")), (heard,), ()


def _file(kind: MediaKind, mime: str) -> Callable[[Fields], _Read]:
    return lambda said: ("", (file(kind, said.whole.get("MediaId"), mime=mime),), ())


def _location(said: Fields) -> _Read:
    at = said.whole.get
    return "", (place(at("Label"), "", at("Location_X"), at("Location_Y")),), ()


def _link(said: Fields) -> _Read:
    url, title = words(said.whole.get("Url"), 2000).strip(), words(said.whole.get("Title"), 200)
    links = (Link(url, title or url, LinkKind.BUTTON),) if url.startswith(("http://", "https://")) else ()
    return "", (card(title, said.whole.get("Description")),), links


_KINDS: Mapping[str, Callable[[Fields], _Read]] = {
    "text": _text,
    "image": _file(MediaKind.PHOTO, "image/jpeg"),
    "voice": _voice,
    "video": _file(MediaKind.VIDEO, "video/mp4"),
    "shortvideo": _file(MediaKind.VIDEO, "video/mp4"),
    "location": _location,
    "link": _link,
    "miniprogrampage": lambda said: (
        "", (card(said.whole.get("Title"), said.whole.get("AppId"), said.whole.get("PagePath")),), ()
    ),
}  # fmt: skip
