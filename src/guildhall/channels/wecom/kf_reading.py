"""Reads what 微信客服 hands over: messages of customers and staff, and events of a talk, one `Inbound` each.

Pure. Bodies are {"corp": …, "kf": one item of sync_msg's msg_list}. A talk is a private space
`kf:<open_kfid>/<external_userid>`. Whatever is missing or unknown, only BadInput leaves; an event nobody here
knows is one, so that it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from guildhall.channels.text import one_line
from guildhall.channels.wecom.content import card, file, lines, part, place, words

PLATFORM = "wecom"
SPACE = "kf:"
FROM_CUSTOMER, FROM_SYSTEM, FROM_STAFF = 3, 4, 5
"""`origin` of an item."""
_QUIET = frozenset(
    {
        "msg_send_fail", "servicer_status_change", "session_status_change", "servicer_recall_msg",
        "reject_customer_msg_switch_change",
    }
)  # fmt: skip


def talk_id(open_kfid: str, external_userid: str) -> str:
    """The platform id of the space that is this talk."""
    return f"{SPACE}{open_kfid}/{external_userid}"


def of_talk(external_id: str) -> tuple[str, str]:
    """(open_kfid, external_userid) of such a space; ('', '') for another."""
    kfid, slash, customer = external_id.removeprefix(SPACE).partition("/")
    return (kfid, customer) if external_id.startswith(SPACE) and slash and kfid and customer else ("", "")


def read(corp: str, item: Mapping[str, Any], whole: dict[str, Any]) -> Inbound:
    """One item of sync_msg. Raises BadInput."""
    said = Fields(dict(item))
    if item.get("msgtype") == "event":
        return _event(corp, said, whole)
    return _message(corp, said, whole)


def _message(corp: str, said: Fields, whole: dict[str, Any]) -> Inbound:
    kind = said.whole.get("msgtype")
    reader = _KINDS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise said.bad("msgtype", "is not a kind of message.", "不是已知的消息类型。")
    space = SpaceRef(
        talk_id(said.id("open_kfid"), said.id("external_userid")),
        one_line(words(whole.get("name"), 400), 120),
        "private",
    )
    text, media, links = reader(part(said.whole, str(kind)), said)
    by_staff = said.whole.get("origin") == FROM_STAFF
    name = "" if by_staff else one_line(words(whole.get("name"), 400), 120)
    sender = SenderRef(
        said.id("servicer_userid") if by_staff else said.id("external_userid"),
        display_name=name,
        is_admin=by_staff,
    )
    menu = part(said.whole, "text").get("menu_id") if kind == "text" else None
    pressed = Callback(said.id("msgid"), words(menu, 200)) if isinstance(menu, str) and menu else None
    return Inbound(
        Kind.CALLBACK if pressed is not None else Kind.MESSAGE,
        PLATFORM,
        space,
        said.id("msgid"),
        sender,
        said.moment("send_time"),
        text,
        links=extract(text, links),
        media=media,
        callback=pressed,
        is_automatic=by_staff,
        delivery_id=said.id("msgid"),
        receiver=corp,
        raw=whole,
    )


def _event(corp: str, said: Fields, whole: dict[str, Any]) -> Inbound:
    event = Fields(part(said.whole, "event"))
    kind = words(event.whole.get("event_type"), 64)
    customer = event.id("external_userid", optional=True) or said.id("external_userid", optional=True)
    kfid = event.id("open_kfid", optional=True) or said.id("open_kfid", optional=True)
    space = SpaceRef(talk_id(kfid, customer), kind="private") if kfid and customer else SpaceRef("")
    sender, at, delivery = SenderRef(customer), said.moment("send_time"), said.id("msgid")
    if kind == "enter_session":
        came_by = words(event.whole.get("scene_param"), 128) or words(event.whole.get("scene"), 64)
        came = MemberChange(sender, None, MemberState.MEMBER, invite=came_by)
        return Inbound(
            Kind.JOIN, PLATFORM, space, "", sender, at, members=(came,), delivery_id=delivery, receiver=corp,
            raw=whole,
        )  # fmt: skip
    if kind == "user_recall_msg":
        return Inbound(
            Kind.DELETE, PLATFORM, space, event.id("recall_msgid"), sender, at, delivery_id=delivery,
            receiver=corp, raw=whole,
        )  # fmt: skip
    if kind in _QUIET:
        return Inbound(
            Kind.OTHER, PLATFORM, space, "", sender, at, delivery_id=delivery, receiver=corp, raw=whole
        )
    raise said.bad("event", "is not an event we know.", "不是已知的事件。")


# Each kind of message: (text, attachments, links that stand nowhere in the text)

_Read = tuple[str, tuple[Media, ...], tuple[Link, ...]]


def _text(of: dict[str, Any], said: Fields) -> _Read:
    return Fields(of).text("content"), (), ()


def _file(kind: MediaKind, mime: str = "") -> Callable[[dict[str, Any], Fields], _Read]:
    def read_file(of: dict[str, Any], said: Fields) -> _Read:
        return "", (file(kind, of.get("media_id"), name=of.get("file_name"), mime=mime),), ()

    return read_file


def _location(of: dict[str, Any], said: Fields) -> _Read:
    return "", (place(of.get("name"), of.get("address"), of.get("latitude"), of.get("longitude")),), ()


def _link(of: dict[str, Any], said: Fields) -> _Read:
    url, title = words(of.get("url"), 2000).strip(), words(of.get("title"), 200)
    links = (Link(url, title or url, LinkKind.BUTTON),) if url.startswith(("http://", "https://")) else ()
    return "", (card(title, of.get("desc")),), links


def _card(*fields: str) -> Callable[[dict[str, Any], Fields], _Read]:
    def read_card(of: dict[str, Any], said: Fields) -> _Read:
        return "", (card(*(of.get(name) for name in fields)),), ()

    return read_card


def _menu(of: dict[str, Any], said: Fields) -> _Read:
    items = of.get("list")
    offered = [
        words(part(one, str(one.get("type"))).get("content"), 200)
        for one in (items if isinstance(items, list) else [])[:50]
        if isinstance(one, dict)
    ]
    return lines(of.get("head_content"), *offered, of.get("tail_content")), (), ()


def _merged(of: dict[str, Any], said: Fields) -> _Read:
    items = of.get("item")
    told = [
        lines(one.get("sender_name"), one.get("msg_content"))
        for one in (items if isinstance(items, list) else [])[:100]
        if isinstance(one, dict)
    ]
    return "", (card(of.get("title"), *told),), ()


def _plain(label: str) -> Callable[[dict[str, Any], Fields], _Read]:
    def read_plain(of: dict[str, Any], said: Fields) -> _Read:
        return "", (Media(MediaKind.OTHER, name=label),), ()

    return read_plain


_KINDS: Mapping[str, Callable[[dict[str, Any], Fields], _Read]] = {
    "text": _text,
    "image": _file(MediaKind.PHOTO, "image/jpeg"),
    "voice": _file(MediaKind.VOICE, "audio/amr"),
    "video": _file(MediaKind.VIDEO, "video/mp4"),
    "file": _file(MediaKind.DOCUMENT),
    "location": _location,
    "link": _link,
    "business_card": _card("userid"),
    "miniprogram": _card("title", "appid", "pagepath"),
    "msgmenu": _menu,
    "channels_shop_product": _card("title", "price", "shop_nickname"),
    "channels_shop_order": _card("product_titles", "price_wording", "state", "shop_nickname", "order_id"),
    "merged_msg": _merged,
    "channels": _card("title", "nickname"),
    "note": _plain("note"),
    "meeting": _plain("meeting"),
    "schedule": _plain("schedule"),
}
