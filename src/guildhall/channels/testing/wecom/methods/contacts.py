"""Methods about customers: who added whom, remarks, and the one welcome within twenty seconds."""

from __future__ import annotations

from guildhall.channels.testing.wecom.methods.registry import method, page, texts_within
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Corp, Customer, Json
from guildhall.channels.testing.wecom.world import WELCOME_LIFE, World

ATTACHMENTS = 9


@method("externalcontact/get_follow_user_list", verb="GET")
def follow_users(world: World, corp: Corp, body: Json) -> Json:
    return {"follow_user": [one for one, staff in corp.staff.items() if staff["contact"]]}


@method("externalcontact/list", {"userid": "text!"}, verb="GET")
def customers(world: World, corp: Corp, body: Json) -> Json:
    world.staff(corp, body["userid"])
    found = [one.id for one in corp.customers.values() if body["userid"] in one.follows]
    if not found:
        raise Refused(84061)
    return {"external_userid": found}


@method("externalcontact/get", {"external_userid": "text!", "cursor": "text"}, verb="GET")
def customer(world: World, corp: Corp, body: Json) -> Json:
    found = world.customer(corp, body["external_userid"])
    if not found.follows:
        raise Refused(84061)
    return {"external_contact": shown(found), "follow_user": list(found.follows.values())}


@method(
    "externalcontact/batch/get_by_user", {"userid_list": "list!<100", "cursor": "text", "limit": "number"}
)
def customers_of(world: World, corp: Corp, body: Json) -> Json:
    rows = [
        {"external_contact": shown(one), "follow_info": one.follows[userid]}
        for userid in body["userid_list"]
        for one in corp.customers.values()
        if userid in one.follows
    ]
    found, following = page(rows, body, 100)
    return {"external_contact_list": found, "next_cursor": following}


@method(
    "externalcontact/remark",
    {"userid": "text!", "external_userid": "text!", "remark": "text<60", "description": "text<450",
     "remark_company": "text", "remark_mobiles": "list", "remark_pic_mediaid": "text"},
)  # fmt: skip
def remark(world: World, corp: Corp, body: Json) -> Json:
    follow = world.customer(corp, body["external_userid"]).follows.get(body["userid"])
    if follow is None:
        raise Refused(84061)
    follow.update({key: body[key] for key in ("remark", "description") if key in body})
    return {}


@method(
    "externalcontact/send_welcome_msg", {"welcome_code": "text!", "text": "object", "attachments": "list<9"}
)
def welcome(world: World, corp: Corp, body: Json) -> Json:
    """Once, within 20 seconds, and only while nobody of the two has written."""
    code = corp.welcomes.get(body["welcome_code"])
    if code is None:
        raise Refused(41050)
    if code.used:
        raise Refused(41096)
    if world.now() - code.at > WELCOME_LIFE:
        raise Refused(41050)
    found = corp.customers[code.customer]
    if code.userid in found.chatted:
        raise Refused(41051)
    texts_within(body.get("text"), 4000)
    if not body.get("text") and not body.get("attachments"):
        raise Refused(44004)
    code.used = True
    found.welcomes.append({"userid": code.userid, "text": (body.get("text") or {}).get("content", ""),
                           "attachments": body.get("attachments") or []})  # fmt: skip
    return {}


@method(
    "externalcontact/get_user_behavior_data",
    {"userid": "list", "partyid": "list", "start_time": "number!", "end_time": "number!"},
)
def behaviour(world: World, corp: Corp, body: Json) -> Json:
    new = sum(
        body["start_time"] <= follow["createtime"] < body["end_time"] + 86400
        for one in corp.customers.values()
        for userid, follow in one.follows.items()
        if userid in body.get("userid", [])
    )
    figures = {
        "stat_time": body["start_time"], "chat_cnt": 0, "message_cnt": 0, "new_apply_cnt": new,
        "new_contact_cnt": new, "negative_feedback_cnt": 0,
    }  # fmt: skip
    return {"behavior_data": [figures]}


def shown(one: Customer) -> Json:
    found: Json = {"external_userid": one.id, "name": one.name, "avatar": "", "type": 1, "gender": 0}
    if one.unionid:
        found["unionid"] = one.unionid
    return found
