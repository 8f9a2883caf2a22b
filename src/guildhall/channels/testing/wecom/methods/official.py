"""Methods of an Official Account: customer messages (five in 48 hours), templates, the menu, QR codes with a
scene, followers.
"""

from __future__ import annotations

from guildhall.channels.testing.wecom.methods.registry import method, texts_within
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Account, Follower, Json
from guildhall.channels.testing.wecom.world import World

PARTS = {
    "text": "object", "image": "object", "voice": "object", "video": "object", "music": "object",
    "news": "object", "mpnews": "object", "msgmenu": "object", "miniprogrampage": "object", "link": "object",
}  # fmt: skip


@method(
    "message/custom/send",
    {"touser": "text!", "msgtype": "text!", "customservice": "object", **PARTS},
    owner=Account,
)
def say(world: World, account: Account, body: Json) -> Json:
    follower = _follower(account, body["touser"])
    kind = body["msgtype"]
    if kind not in PARTS or not isinstance(body.get(kind), dict):
        raise Refused(40008)
    if not follower.subscribed:
        raise Refused(43004)
    if world.now() > follower.until:
        raise Refused(45015)
    if follower.allowed <= 0:
        raise Refused(45047)
    texts_within(body.get("text"), 2048)
    follower.allowed -= 1
    follower.shown.append(body)
    return {}


@method("message/custom/typing", {"touser": "text!", "command": "text!"}, owner=Account)
def typing(world: World, account: Account, body: Json) -> Json:
    _follower(account, body["touser"])
    return {}


@method(
    "message/template/send",
    {"touser": "text!", "template_id": "text!", "url": "text", "miniprogram": "object", "data": "object!",
     "client_msg_id": "text"},
    owner=Account,
)  # fmt: skip
def send_template(world: World, account: Account, body: Json) -> Json:
    follower = _follower(account, body["touser"])
    if body["template_id"] not in account.templates:
        raise Refused(40037)
    if not follower.subscribed:
        raise Refused(43004)
    follower.shown.append({"msgtype": "template", **body})
    return {"msgid": world.dice.randrange(10**15)}


@method("template/get_all_private_template", verb="GET", owner=Account)
def templates(world: World, account: Account, body: Json) -> Json:
    return {"template_list": list(account.templates.values())}


@method("menu/create", {"button": "list!<3"}, owner=Account)
def create_menu(world: World, account: Account, body: Json) -> Json:
    for one in body["button"]:
        if len(one.get("sub_button") or []) > 5:
            raise Refused(40023, "invalid sub button size")
        if len(str(one.get("name", "")).encode()) > 60:
            raise Refused(40018, "invalid button name size")
    account.menu = {"button": body["button"]}
    return {}


@method("menu/get", verb="GET", owner=Account)
def get_menu(world: World, account: Account, body: Json) -> Json:
    if account.menu is None:
        raise Refused(46003, "menu no exist")
    return {"menu": account.menu}


@method("menu/delete", verb="GET", owner=Account)
def delete_menu(world: World, account: Account, body: Json) -> Json:
    account.menu = None
    return {}


@method(
    "qrcode/create",
    {"expire_seconds": "number", "action_name": "text!", "action_info": "object!"},
    owner=Account,
)
def code(world: World, account: Account, body: Json) -> Json:
    scene = body["action_info"].get("scene") or {}
    said = str(scene.get("scene_str") or scene.get("scene_id") or "")
    if body["action_name"] not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"):
        raise Refused(40053, "invalid action_name")
    if not said or len(said) > 64:
        raise Refused(40058, "invalid Request Parameter, scene")
    ticket = f"gQ{world.word(90)}"
    forever = "LIMIT" in body["action_name"]
    seconds = 0 if forever else min(int(body.get("expire_seconds") or 60), 2592000)
    account.codes[ticket] = {"scene": said, "until": 0 if forever else world.now() + seconds}
    return {
        "ticket": ticket,
        "url": f"http://weixin.qq.com/q/{ticket[:20]}",
        **({} if forever else {"expire_seconds": seconds}),
    }


@method("user/info", {"openid": "text!", "lang": "text"}, verb="GET", owner=Account)
def follower_info(world: World, account: Account, body: Json) -> Json:
    return _shown(_follower(account, body["openid"]))


@method("user/info/batchget", {"user_list": "list!<100"}, owner=Account)
def follower_infos(world: World, account: Account, body: Json) -> Json:
    return {"user_info_list": [_shown(_follower(account, one["openid"])) for one in body["user_list"]]}


@method("user/get", {"next_openid": "text"}, verb="GET", owner=Account)
def followers(world: World, account: Account, body: Json) -> Json:
    found = [one.openid for one in account.followers.values() if one.subscribed]
    return {"total": len(found), "count": len(found), "data": {"openid": found},
            "next_openid": found[-1] if found else ""}  # fmt: skip


def _follower(account: Account, openid: str) -> Follower:
    found = account.followers.get(openid)
    if found is None:
        raise Refused(40003)
    return found


def _shown(one: Follower) -> Json:
    if not one.subscribed:
        return {"subscribe": 0, "openid": one.openid}
    return {
        "subscribe": 1, "openid": one.openid, "language": one.language, "unionid": one.unionid,
        "subscribe_time": one.subscribe_time, "remark": "", "groupid": 0, "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_QR_CODE" if one.scene else "ADD_SCENE_SEARCH", "qr_scene": 0,
        "qr_scene_str": one.scene,
    }  # fmt: skip
