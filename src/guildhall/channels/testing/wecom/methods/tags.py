"""Methods about tags: groups of tags of the corporation, and which customers carry them."""

from __future__ import annotations

from guildhall.channels.testing.wecom.methods.registry import method
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Corp, Json
from guildhall.channels.testing.wecom.world import World


@method("externalcontact/get_corp_tag_list", {"tag_id": "list", "group_id": "list"})
def tags(world: World, corp: Corp, body: Json) -> Json:
    wanted = set(body.get("group_id") or ())
    found = [one for one in corp.tags.values() if not wanted or one["group_id"] in wanted]
    if only := set(body.get("tag_id") or ()):
        found = [
            {**one, "tag": kept}
            for one in found
            if (kept := [tag for tag in one["tag"] if tag["id"] in only])
        ]
    return {"tag_group": found}


@method(
    "externalcontact/add_corp_tag",
    {"group_id": "text", "group_name": "text<90", "order": "number", "tag": "list!", "agentid": "number"},
)
def add_tag(world: World, corp: Corp, body: Json) -> Json:
    group = corp.tags.get(body.get("group_id") or "") or next(
        (one for one in corp.tags.values() if one["group_name"] == body.get("group_name")), None
    )
    if group is None:
        if not body.get("group_name"):
            raise Refused(40068)
        group = {
            "group_id": f"et{world.word(30)}", "group_name": body["group_name"],
            "create_time": int(world.now()), "order": int(body.get("order") or 0), "tag": [],
        }  # fmt: skip
        corp.tags[group["group_id"]] = group
    for one in body["tag"]:
        if any(tag["name"] == one.get("name") for tag in group["tag"]):
            raise Refused(40071, "UserTag Name Already Exist")
        group["tag"].append(
            {"id": f"et{world.word(30)}", "name": one["name"], "create_time": int(world.now()),
             "order": int(one.get("order") or 0)}
        )  # fmt: skip
    made = group["tag"][-len(body["tag"]) :]
    return {"tag_group": {**group, "tag": made}}


@method(
    "externalcontact/edit_corp_tag",
    {"id": "text!", "name": "text<90", "order": "number", "agentid": "number"},
)
def edit_tag(world: World, corp: Corp, body: Json) -> Json:
    if body["id"] in corp.tags:
        corp.tags[body["id"]]["group_name"] = body.get("name") or corp.tags[body["id"]]["group_name"]
        return {}
    _tag(corp, body["id"]).update({key: body[key] for key in ("name", "order") if key in body})
    return {}


@method("externalcontact/del_corp_tag", {"tag_id": "list", "group_id": "list", "agentid": "number"})
def del_tag(world: World, corp: Corp, body: Json) -> Json:
    for group_id in body.get("group_id") or ():
        corp.tags.pop(group_id, None)
    gone = set(body.get("tag_id") or ())
    for group in corp.tags.values():
        group["tag"] = [tag for tag in group["tag"] if tag["id"] not in gone]
    return {}


@method(
    "externalcontact/mark_tag",
    {"userid": "text!", "external_userid": "text!", "add_tag": "list", "remove_tag": "list"},
)
def mark(world: World, corp: Corp, body: Json) -> Json:
    follow = world.customer(corp, body["external_userid"]).follows.get(body["userid"])
    if follow is None:
        raise Refused(84061)
    gone = set(body.get("remove_tag") or ())
    carried = [one for one in follow["tags"] if one["tag_id"] not in gone]
    for tag_id in body.get("add_tag") or ():
        tag = _tag(corp, tag_id)
        if all(one["tag_id"] != tag_id for one in carried):
            carried.append({"tag_id": tag_id, "tag_name": tag["name"], "type": 1})
    follow["tags"] = carried
    return {}


def _tag(corp: Corp, tag_id: str) -> Json:
    for group in corp.tags.values():
        for tag in group["tag"]:
            if tag["id"] == tag_id:
                found: Json = tag
                return found
    raise Refused(40068)
