"""Methods about customer groups: list, detail, statistics, and the templates that greet who joins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from guildhall.channels.testing.wecom.methods.registry import method, page, texts_within
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Corp, Group, Json
from guildhall.channels.testing.wecom.world import World, version_of

DAY = 86400
MOST_TEMPLATES = 100
TEMPLATE = {
    "template_id": "text", "text": "object", "image": "object", "link": "object", "miniprogram": "object",
    "file": "object", "video": "object", "agentid": "number", "notify": "number",
}  # fmt: skip
STATISTIC = {
    "day_begin_time": "number!", "day_end_time": "number", "owner_filter": "object", "order_by": "number",
    "order_asc": "number", "offset": "number", "limit": "number",
}  # fmt: skip


@method(
    "externalcontact/groupchat/list",
    {"status_filter": "number", "owner_filter": "object", "cursor": "text", "limit": "number!"},
)
def groups(world: World, corp: Corp, body: Json) -> Json:
    rows = [{"chat_id": one.id, "status": one.status} for one in _owned(corp, body)]
    found, following = page(rows, body, 1000)
    return {"group_chat_list": found, **({"next_cursor": following} if following else {})}


@method("externalcontact/groupchat/get", {"chat_id": "text!", "need_name": "number"})
def group(world: World, corp: Corp, body: Json) -> Json:
    found = world.group(corp, body["chat_id"])
    members = []
    for who, member in found.members.items():
        line = dict(member)
        if body.get("need_name"):
            line["name"] = corp.staff[who]["name"] if who in corp.staff else corp.customers[who].name
            line["group_nickname"] = ""
        if who in corp.customers and corp.customers[who].unionid:
            line["unionid"] = corp.customers[who].unionid
        members.append(line)
    return {
        "group_chat": {
            "chat_id": found.id, "name": found.name, "owner": found.owner, "create_time": found.created,
            "notice": found.notice, "member_list": members,
            "admin_list": [{"userid": one} for one in found.admins],
            "member_version": version_of(found.id, found.version),
        }
    }  # fmt: skip


@method("externalcontact/groupchat/statistic", STATISTIC)
def statistic(world: World, corp: Corp, body: Json) -> Json:
    begin = body["day_begin_time"]
    end = body.get("day_end_time") or begin
    by_owner: dict[str, list[Group]] = defaultdict(list)
    for one in _owned(corp, body):
        by_owner[one.owner].append(one)
    items = [{"owner": one, "data": _figures(by_owner[one], begin, end + DAY)} for one in sorted(by_owner)]
    offset, limit = int(body.get("offset") or 0), min(int(body.get("limit") or 500), 1000)
    more = offset + limit < len(items)
    return {"total": len(items), "items": items[offset : offset + limit],
            **({"next_offset": offset + limit} if more else {})}  # fmt: skip


@method("externalcontact/groupchat/statistic_group_by_day", STATISTIC)
def statistic_by_day(world: World, corp: Corp, body: Json) -> Json:
    begin, end = body["day_begin_time"], body.get("day_end_time") or body["day_begin_time"]
    found = list(_owned(corp, body))
    return {"items": [{"stat_time": day, "data": _figures(found, day, day + DAY)}
                      for day in range(begin, end + 1, DAY)]}  # fmt: skip


@method("externalcontact/group_welcome_template/add", TEMPLATE)
def add_template(world: World, corp: Corp, body: Json) -> Json:
    texts_within(body.get("text"), 3000)
    if len(corp.templates) >= MOST_TEMPLATES:
        raise Refused(40058, "too many group welcome templates")
    name = f"msg{world.word(28)}"
    corp.templates[name] = dict(body)
    return {"template_id": name}


@method("externalcontact/group_welcome_template/edit", {**TEMPLATE, "template_id": "text!"})
def edit_template(world: World, corp: Corp, body: Json) -> Json:
    texts_within(body.get("text"), 3000)
    _template(corp, body).update(body)
    return {}


@method("externalcontact/group_welcome_template/get", {"template_id": "text!"})
def get_template(world: World, corp: Corp, body: Json) -> Json:
    return dict(_template(corp, body))


@method("externalcontact/group_welcome_template/del", {"template_id": "text!", "agentid": "number"})
def del_template(world: World, corp: Corp, body: Json) -> Json:
    _template(corp, body)
    del corp.templates[body["template_id"]]
    return {}


def _template(corp: Corp, body: Json) -> Json:
    found: Json | None = corp.templates.get(body["template_id"])
    if found is None:
        raise Refused(600001)
    return found


def _owned(corp: Corp, body: Json) -> Iterable[Group]:
    owners = set((body.get("owner_filter") or {}).get("userid_list") or ())
    for one in corp.groups.values():
        if not one.dismissed and (not owners or one.owner in owners):
            yield one


def _figures(groups: list[Group], begin: int, end: int) -> Json:
    def within(at: int) -> bool:
        return begin <= at < end

    return {
        "new_chat_cnt": sum(within(one.created) for one in groups),
        "chat_total": len(groups),
        "chat_has_msg": sum(any(within(at) for at in one.talk) for one in groups),
        "new_member_cnt": sum(within(at) and step > 0 for one in groups for at, step in one.history),
        "member_total": sum(len(one.members) for one in groups),
        "member_has_msg": sum(min(len(one.members), sum(within(at) for at in one.talk)) for one in groups),
        "msg_total": sum(within(at) for one in groups for at in one.talk),
        "migrate_trainee_chat_cnt": 0,
    }
