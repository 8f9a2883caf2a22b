"""Methods about mass sends: made by us, confirmed by staff, counted against what each may get."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

from guildhall.channels.testing.wecom.methods.registry import method, page, texts_within
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Corp, Customer, Group, Json, Mass
from guildhall.channels.testing.wecom.world import World

UNSENT, SENT, NOT_A_FRIEND, OVER_ALLOWANCE = 0, 1, 2, 3


@method(
    "externalcontact/add_msg_template",
    {
        "chat_type": "text", "external_userid": "list<10000", "chat_id_list": "list<2000", "sender": "text",
        "tag_filter": "object", "allow_select": "flag", "text": "object", "attachments": "list<9",
    },
)  # fmt: skip
def add_mass(world: World, corp: Corp, body: Json) -> Json:
    kind = body.get("chat_type") or "single"
    texts_within(body.get("text"), 4000)
    if not body.get("text") and not body.get("attachments"):
        raise Refused(44004)
    targets: dict[str, list[str]] = {}
    failed: list[str] = []
    if kind == "group":
        sender = body.get("sender") or ""
        if not sender:
            raise Refused(40058, "invalid Request Parameter, a group send names its sender")
        world.staff(corp, sender)
        named = body.get("chat_id_list") or [one.id for one in corp.groups.values() if one.owner == sender]
        for chat_id in named:
            found = corp.groups.get(chat_id)
            if found is None or found.dismissed or found.owner != sender:
                failed.append(chat_id)
            else:
                targets.setdefault(sender, []).append(chat_id)
    elif kind == "single":
        for external in body.get("external_userid") or _everybody(corp, body.get("sender") or ""):
            customer = corp.customers.get(external)
            follows = list(customer.follows) if customer else []
            if body.get("sender"):
                follows = [one for one in follows if one == body["sender"]]
            if follows:
                targets.setdefault(follows[-1], []).append(external)
            else:
                failed.append(external)
    else:
        raise Refused(40058, "invalid Request Parameter, chat_type")
    if not targets:
        raise Refused(41048)
    mass = Mass(f"msgG{world.word(28)}", kind, dict(body), int(world.now()), targets)
    for userid, those in targets.items():
        for one in those:
            mass.results[(userid, one)] = (UNSENT, 0)
    corp.masses[mass.id] = mass
    return {"fail_list": failed, "msgid": mass.id}


@method("externalcontact/get_groupmsg_task", {"msgid": "text!", "limit": "number", "cursor": "text"})
def mass_tasks(world: World, corp: Corp, body: Json) -> Json:
    mass = _mass(corp, body)
    rows = [
        {"userid": one, "status": 2 if one in mass.confirmed else 0,
         **({"send_time": mass.confirmed[one]} if one in mass.confirmed else {})}
        for one in mass.targets
    ]  # fmt: skip
    found, following = page(rows, body, 1000)
    return {"task_list": found, "next_cursor": following}


@method(
    "externalcontact/get_groupmsg_send_result",
    {"msgid": "text!", "userid": "text!", "limit": "number", "cursor": "text"},
)
def mass_results(world: World, corp: Corp, body: Json) -> Json:
    mass = _mass(corp, body)
    rows = []
    for (userid, target), (status, at) in mass.results.items():
        if userid == body["userid"]:
            line: Json = {"userid": userid, "status": status}
            line["chat_id" if mass.kind == "group" else "external_userid"] = target
            if at:
                line["send_time"] = at
            rows.append(line)
    found, following = page(rows, body, 1000)
    return {"send_list": found, "next_cursor": following}


@method(
    "externalcontact/get_groupmsg_list_v2",
    {"chat_type": "text!", "start_time": "number!", "end_time": "number!", "creator": "text",
     "filter_type": "number", "limit": "number", "cursor": "text"},
)  # fmt: skip
def masses(world: World, corp: Corp, body: Json) -> Json:
    rows = [
        {"msgid": one.id, "creator": "", "create_time": str(one.created), "create_type": 0,
         "text": one.body.get("text") or {}}
        for one in corp.masses.values()
        if one.kind == body["chat_type"] and body["start_time"] <= one.created <= body["end_time"]
    ]  # fmt: skip
    found, following = page(rows, body, 100)
    return {"group_msg_list": found, "next_cursor": following}


@method("externalcontact/remind_groupmsg_send", {"msgid": "text!"})
def remind(world: World, corp: Corp, body: Json) -> Json:
    _mass(corp, body)
    return {}


@method("externalcontact/cancel_groupmsg_send", {"msgid": "text!"})
def cancel(world: World, corp: Corp, body: Json) -> Json:
    _mass(corp, body).cancelled = True
    return {}


def confirm(world: World, corp: Corp, mass: Mass, userid: str) -> dict[str, int]:
    """A member of staff presses "send": the status of each target afterwards."""
    now = world.now()
    if mass.cancelled or userid in mass.confirmed or userid not in mass.targets:
        return {}
    mass.confirmed[userid] = int(now)
    outcome: dict[str, int] = {}
    for target in mass.targets[userid]:
        one = corp.groups.get(target) if mass.kind == "group" else corp.customers.get(target)
        status = SENT
        if one is None or (isinstance(one, Customer) and userid not in one.follows):
            status = NOT_A_FRIEND
        elif not _has_room(corp, one, now):
            status = OVER_ALLOWANCE
        else:
            one.received.append((now, mass.id))
        mass.results[(userid, target)] = (status, int(now) if status == SENT else 0)
        outcome[target] = status
    return outcome


def _has_room(corp: Corp, one: Customer | Group, now: float) -> bool:
    today = datetime.fromtimestamp(now, UTC)
    if corp.daily:
        return not any(datetime.fromtimestamp(at, UTC).date() == today.date() for at, _ in one.received)
    days = calendar.monthrange(today.year, today.month)[1]
    month = (today.year, today.month)
    got = [datetime.fromtimestamp(at, UTC) for at, _ in one.received]
    return sum((at.year, at.month) == month for at in got) < days


def _everybody(corp: Corp, sender: str) -> list[str]:
    return [one.id for one in corp.customers.values() if not sender or sender in one.follows]


def _mass(corp: Corp, body: Json) -> Mass:
    found = corp.masses.get(body["msgid"])
    if found is None:
        raise Refused(40058, "invalid Request Parameter, msgid")
    return found
