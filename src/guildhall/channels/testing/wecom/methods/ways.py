"""Methods about codes (活码): contact ways, which lead to a person, and join ways, which lead into groups."""

from __future__ import annotations

from guildhall.channels.testing.wecom.methods.registry import method, page
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Corp, Json
from guildhall.channels.testing.wecom.world import World

STATE_LETTERS = 30
MOST_GROUPS = 5
CONTACT = {
    "config_id": "text", "type": "number", "scene": "number", "style": "number", "remark": "text<90",
    "skip_verify": "flag", "state": "text", "user": "list", "party": "list", "is_temp": "flag",
    "expires_in": "number", "chat_expires_in": "number", "unionid": "text", "conclusions": "object",
    "is_exclusive": "flag", "mark_source": "flag",
}  # fmt: skip
JOIN = {
    "config_id": "text", "scene": "number!", "remark": "text<90", "auto_create_room": "number",
    "room_base_name": "text<120", "room_base_id": "number", "chat_id_list": "list!<5", "state": "text",
    "mark_source": "flag",
}  # fmt: skip


@method("externalcontact/add_contact_way", {**CONTACT, "type": "number!", "scene": "number!"})
def add_contact_way(world: World, corp: Corp, body: Json) -> Json:
    if body["type"] not in (1, 2) or body["scene"] not in (1, 2):
        raise Refused(40058, "invalid Request Parameter, type or scene")
    if body["type"] == 1 and len(body.get("user") or []) != 1:
        raise Refused(40058, "invalid Request Parameter, type 1 takes exactly one user")
    _checked(world, corp, body)
    config = world.word(32).lower()
    corp.ways[config] = {**body, "config_id": config, "qr_code": f"https://wework.qpic.cn/wwpic/{config}/0"}
    return {"config_id": config, "qr_code": corp.ways[config]["qr_code"]}


@method("externalcontact/update_contact_way", {**CONTACT, "config_id": "text!"})
def update_contact_way(world: World, corp: Corp, body: Json) -> Json:
    _checked(world, corp, body)
    _way(corp, body).update(body)
    return {}


@method("externalcontact/get_contact_way", {"config_id": "text!"})
def get_contact_way(world: World, corp: Corp, body: Json) -> Json:
    return {"contact_way": _way(corp, body)}


@method(
    "externalcontact/list_contact_way",
    {"start_time": "number", "end_time": "number", "cursor": "text", "limit": "number"},
)
def list_contact_ways(world: World, corp: Corp, body: Json) -> Json:
    found, following = page([{"config_id": one} for one in corp.ways], body, 1000)
    return {"contact_way": found, "next_cursor": following}


@method("externalcontact/del_contact_way", {"config_id": "text!"})
def del_contact_way(world: World, corp: Corp, body: Json) -> Json:
    _way(corp, body)
    del corp.ways[body["config_id"]]
    return {}


@method("externalcontact/groupchat/add_join_way", JOIN)
def add_join_way(world: World, corp: Corp, body: Json) -> Json:
    _rooms(world, corp, body)
    config = world.word(32).lower()
    corp.joins[config] = {**body, "config_id": config, "qr_code": f"https://p.qpic.cn/wwhead/{config}/0",
                          "chat_id_list": list(body["chat_id_list"])}  # fmt: skip
    return {"config_id": config}


@method("externalcontact/groupchat/get_join_way", {"config_id": "text!"})
def get_join_way(world: World, corp: Corp, body: Json) -> Json:
    return {"join_way": _join(corp, body)}


@method("externalcontact/groupchat/update_join_way", {**JOIN, "config_id": "text!"})
def update_join_way(world: World, corp: Corp, body: Json) -> Json:
    """Replaces everything, as WeChat does: what is not given is empty afterwards."""
    _rooms(world, corp, body)
    found = _join(corp, body)
    kept = {"config_id": found["config_id"], "qr_code": found["qr_code"]}
    found.clear()
    found.update({**body, **kept, "chat_id_list": list(body["chat_id_list"])})
    return {}


@method("externalcontact/groupchat/del_join_way", {"config_id": "text!"})
def del_join_way(world: World, corp: Corp, body: Json) -> Json:
    _join(corp, body)
    del corp.joins[body["config_id"]]
    return {}


def _way(corp: Corp, body: Json) -> Json:
    found: Json | None = corp.ways.get(body["config_id"])
    if found is None:
        raise Refused(600001)
    return found


def _join(corp: Corp, body: Json) -> Json:
    found: Json | None = corp.joins.get(body["config_id"])
    if found is None:
        raise Refused(600001)
    return found


def _checked(world: World, corp: Corp, body: Json) -> None:
    _state(body)
    for userid in body.get("user") or []:
        if not world.staff(corp, userid)["contact"]:
            raise Refused(84074)


def _rooms(world: World, corp: Corp, body: Json) -> None:
    _state(body)
    if body["scene"] not in (1, 2) or not body["chat_id_list"]:
        raise Refused(40058, "invalid Request Parameter, scene or chat_id_list")
    for chat_id in body["chat_id_list"]:
        world.group(corp, chat_id)


def _state(body: Json) -> None:
    if len(body.get("state") or "") > STATE_LETTERS:
        raise Refused(40058, "invalid Request Parameter, state is too long")
