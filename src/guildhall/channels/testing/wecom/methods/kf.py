"""Methods of 微信客服: accounts, their links, conversations by cursor, and five answers in 48 hours."""

from __future__ import annotations

from guildhall.channels.testing.wecom.methods.registry import method, texts_within
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Corp, Json, Kf, Talk
from guildhall.channels.testing.wecom.world import WELCOME_LIFE, World

ANSWERS = 5
WINDOW = 48 * 3600
PARTS = {
    "text": "object", "image": "object", "voice": "object", "video": "object", "file": "object",
    "link": "object", "miniprogram": "object", "msgmenu": "object", "location": "object", "ca_link": "object",
}  # fmt: skip


@method("kf/account/list", {"offset": "number", "limit": "number"})
def accounts(world: World, corp: Corp, body: Json) -> Json:
    start, most = int(body.get("offset") or 0), int(body.get("limit") or 100)
    rows = [
        {"open_kfid": one.id, "name": one.name, "avatar": "", "manage_privilege": True}
        for one in corp.kf.values()
    ]
    return {"account_list": rows[start : start + most]}


@method("kf/account/add", {"name": "text!<48", "media_id": "text"})
def add_account(world: World, corp: Corp, body: Json) -> Json:
    made = Kf(f"wk{world.word(30)}", body["name"], body.get("media_id") or "")
    corp.kf[made.id] = made
    return {"open_kfid": made.id}


@method("kf/account/del", {"open_kfid": "text!"})
def del_account(world: World, corp: Corp, body: Json) -> Json:
    world.kf(corp, body["open_kfid"])
    del corp.kf[body["open_kfid"]]
    return {}


@method("kf/account/update", {"open_kfid": "text!", "name": "text<48", "media_id": "text"})
def update_account(world: World, corp: Corp, body: Json) -> Json:
    found = world.kf(corp, body["open_kfid"])
    found.name = body.get("name") or found.name
    return {}


@method("kf/add_contact_way", {"open_kfid": "text!", "scene": "text<32"})
def link(world: World, corp: Corp, body: Json) -> Json:
    found = world.kf(corp, body["open_kfid"])
    address = f"https://work.weixin.qq.com/kfid/{found.id}?enc_scene={world.word(24)}"
    found.links[address] = body.get("scene") or ""
    return {"url": address}


@method("kf/servicer/list", {"open_kfid": "text!"}, verb="GET")
def servicers(world: World, corp: Corp, body: Json) -> Json:
    return {
        "servicer_list": [{"userid": one, "status": 0} for one in world.kf(corp, body["open_kfid"]).servicers]
    }


@method("kf/servicer/add", {"open_kfid": "text!", "userid_list": "list<100", "department_id_list": "list"})
def add_servicer(world: World, corp: Corp, body: Json) -> Json:
    found = world.kf(corp, body["open_kfid"])
    for userid in body.get("userid_list") or ():
        world.staff(corp, userid)
        if userid not in found.servicers:
            found.servicers.append(userid)
    return {
        "result_list": [
            {"userid": one, "errcode": 0, "errmsg": "success"} for one in body.get("userid_list") or ()
        ]
    }


@method("kf/service_state/get", {"open_kfid": "text!", "external_userid": "text!"})
def state(world: World, corp: Corp, body: Json) -> Json:
    talk = _talk(world, corp, body["open_kfid"], body["external_userid"])
    return {"service_state": talk.state, "servicer_userid": talk.servicer}


@method(
    "kf/service_state/trans",
    {"open_kfid": "text!", "external_userid": "text!", "service_state": "number!", "servicer_userid": "text"},
)
def transfer(world: World, corp: Corp, body: Json) -> Json:
    talk = _talk(world, corp, body["open_kfid"], body["external_userid"])
    wanted = body["service_state"]
    if talk.state == 4 or wanted not in (1, 2, 3, 4):
        raise Refused(95016)
    found = world.kf(corp, body["open_kfid"])
    if wanted == 3 and body.get("servicer_userid") not in found.servicers:
        raise Refused(95014, "userid is not a servicer")
    before, talk.servicer = talk.servicer, body.get("servicer_userid") or ""
    change = {3: 1 if talk.state != 3 else 2, 4: 3}.get(wanted, 0)
    talk.state = wanted
    if change:
        put(world, corp, found, body["external_userid"], "event", {
            "event_type": "session_status_change", "open_kfid": found.id,
            "external_userid": body["external_userid"], "change_type": change,
            "old_servicer_userid": before, "new_servicer_userid": talk.servicer}, origin=4)  # fmt: skip
    return {"msg_code": world.word(32)} if wanted in (3, 4) else {}


@method(
    "kf/sync_msg",
    {
        "cursor": "text<64",
        "token": "text<128",
        "limit": "number",
        "voice_format": "number",
        "open_kfid": "text",
    },
)
def sync(world: World, corp: Corp, body: Json) -> Json:
    """What came since the cursor; the same cursor gives the same again."""
    found = world.kf(corp, body.get("open_kfid") or "")
    cursor = body.get("cursor") or ""
    start = int(cursor.removeprefix("4gw7MepFLfgF2VC5n")) if cursor else 0
    limit = min(int(body.get("limit") or 1000), 1000)
    rows = found.log[start : start + limit]
    end = start + len(rows)
    return {"next_cursor": f"4gw7MepFLfgF2VC5n{end}", "has_more": int(end < len(found.log)), "msg_list": rows}


@method(
    "kf/send_msg", {"touser": "text!", "open_kfid": "text!", "msgid": "text<32", "msgtype": "text!", **PARTS}
)
def send(world: World, corp: Corp, body: Json) -> Json:
    """Raises 95001 after five answers, 95002 after 48 hours, 95016 when a person or nobody serves."""
    talk = _talk(world, corp, body["open_kfid"], body["touser"])
    if talk.state in (2, 4):
        raise Refused(95016)
    if not talk.heard_at or world.now() - talk.heard_at > WINDOW:
        raise Refused(95002)
    if talk.answered >= ANSWERS:
        raise Refused(95001)
    made = _made(world, body)
    talk.answered += 1
    talk.shown.append({**body, "msgid": made})
    return {"msgid": made}


@method("kf/send_msg_on_event", {"code": "text!", "msgid": "text<32", "msgtype": "text!", **PARTS})
def send_on_event(world: World, corp: Corp, body: Json) -> Json:
    """The welcome of a conversation: once, within 20 seconds of `enter_session`."""
    for one in corp.kf.values():
        code = one.codes.get(body["code"])
        if code is not None:
            if code.used or world.now() - code.at > WELCOME_LIFE:
                raise Refused(95017)
            made = _made(world, body)
            code.used = True
            one.talks[code.customer].shown.append({**body, "msgid": made})
            return {"msgid": made}
    raise Refused(95017)


@method("kf/recall_msg", {"msgid": "text!<32", "open_kfid": "text!"})
def recall(world: World, corp: Corp, body: Json) -> Json:
    for talk in world.kf(corp, body["open_kfid"]).talks.values():
        for shown in talk.shown:
            if shown["msgid"] == body["msgid"]:
                shown["recalled"] = True
                return {}
    raise Refused(95024, "invalid msgid")


@method("kf/customer/batchget", {"external_userid_list": "list!<100", "need_enter_session_context": "number"})
def customers(world: World, corp: Corp, body: Json) -> Json:
    named = body["external_userid_list"]
    found = [corp.customers[one] for one in named if one in corp.customers]
    return {
        "customer_list": [
            {"external_userid": one.id, "nickname": one.name, "avatar": "", "gender": 0,
             **({"unionid": one.unionid} if one.unionid else {})}
            for one in found
        ],
        "invalid_external_userid": [one for one in named if one not in corp.customers],
    }  # fmt: skip


def put(
    world: World,
    corp: Corp,
    found: Kf,
    external: str,
    kind: str,
    part: Json,
    origin: int = 3,
    tell: bool = True,
) -> str:
    """One line in the account's log, and the callback that says there is something to fetch."""
    msgid = world.word(32)
    line: Json = {
        "msgid": msgid,
        "send_time": int(world.now()),
        "origin": origin,
        "msgtype": kind,
        kind: part,
    }
    if kind != "event":
        line |= {"open_kfid": found.id, "external_userid": external}
    found.log.append(line)
    if tell:
        world.event(corp, "kf", "kf_msg_or_event", Token=world.word(20), OpenKfId=found.id)
    return msgid


def _made(world: World, body: Json) -> str:
    kind = body["msgtype"]
    if kind not in PARTS or not isinstance(body.get(kind), dict):
        raise Refused(40008)
    texts_within(body.get("text"), 2048)
    if kind == "text" and not body["text"].get("content"):
        raise Refused(44004)
    if kind in ("image", "voice", "video", "file") and body[kind].get("media_id") not in world.media:
        raise Refused(40007)
    return body.get("msgid") or world.word(32)


def _talk(world: World, corp: Corp, open_kfid: str, external: str) -> Talk:
    talk = world.kf(corp, open_kfid).talks.get(external)
    if talk is None:
        raise Refused(40096)
    return talk
