"""Methods about the corporation itself: its staff, its agent, messages of an app to staff, addresses."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.wecom.methods.registry import both, method, texts_within
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Account, Corp, Json
from guildhall.channels.testing.wecom.world import World


@both("get_api_domain_ip", verb="GET")
def api_addresses(world: World, owner: Any, body: Json) -> Json:
    return {"ip_list": ["127.0.0.1"]}


@both("getcallbackip", verb="GET")
def callback_addresses(world: World, owner: Any, body: Json) -> Json:
    return {"ip_list": ["127.0.0.1"]}


@method("user/get", {"userid": "text!"}, verb="GET")
def user(world: World, corp: Corp, body: Json) -> Json:
    return dict(world.staff(corp, body["userid"]))


@method("user/simplelist", {"department_id": "text!", "fetch_child": "text"}, verb="GET")
def users(world: World, corp: Corp, body: Json) -> Json:
    return {
        "userlist": [
            {"userid": one["userid"], "name": one["name"], "department": [1]} for one in corp.staff.values()
        ]
    }


@method("user/list_id", {"cursor": "text", "limit": "number"})
def user_ids(world: World, corp: Corp, body: Json) -> Json:
    return {"next_cursor": "", "dept_user": [{"userid": one, "department": 1} for one in corp.staff]}


@method("department/simplelist", {"id": "text"}, verb="GET")
def departments(world: World, corp: Corp, body: Json) -> Json:
    return {"department_id": [{"id": 1, "parentid": 0, "order": 1}]}


@method("agent/get", {"agentid": "text!"}, verb="GET")
def agent(world: World, corp: Corp, body: Json) -> Json:
    return {"agentid": int(body["agentid"]), "name": corp.name, "close": 0}


@method(
    "message/send",
    {
        "touser": "text", "toparty": "text", "totag": "text", "msgtype": "text!", "agentid": "number!",
        "text": "object", "markdown": "object", "textcard": "object", "safe": "number",
        "enable_id_trans": "number", "enable_duplicate_check": "number", "duplicate_check_interval": "number",
    },
)  # fmt: skip
def tell_staff(world: World, corp: Corp, body: Json) -> Json:
    texts_within(body.get("text"), 2048)
    named = [one for one in str(body.get("touser", "")).split("|") if one]
    missing = [one for one in named if one != "@all" and one not in corp.staff]
    if named and len(missing) == len(named):
        raise Refused(60111)
    corp.told.append(body)
    return {"invaliduser": "|".join(missing), "msgid": world.word(40)}


@method("account/getaccountbasicinfo", verb="GET", owner=Account)
def account_itself(world: World, account: Account, body: Json) -> Json:
    return {"appid": account.id, "account_type": 2, "principal_type": 1, "nickname": account.name,
            "principal_name": account.name, "realname_status": 1}  # fmt: skip
