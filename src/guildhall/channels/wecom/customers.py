"""WeCom's customers and the ways to them: codes (contact ways and join ways), welcomes, tags, profiles and
welcome templates of groups.

Calls stand outside of transactions, what they made is written in one afterwards. A code is planned first and
made at WeCom then; one that was planned and never made can be made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from guildhall.channels.port import Profile
from guildhall.channels.wecom import client, models
from guildhall.channels.wecom.bodies import size
from guildhall.channels.wecom.content import words
from guildhall.channels.wecom.errors import Refused
from guildhall.channels.wecom.models import WecomCorp, WecomWay
from guildhall.channels.wecom.tokens import Key
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.effects.types import Mode

PATH = "/cgi-bin/externalcontact/"
STATE, REMARK, MOST_ROOMS, MOST_STAFF = 30, 30, 5, 100
TEMPLATE_BYTES, MOST_TEMPLATES, WELCOME_BYTES = 3000, 100, 4000
_INTO_GROUP_BY_CODE = 2
"""`scene` of a join way: a code to scan (1: a button in a mini program)."""
Json = dict[str, Any]


def contact_key(corp: WecomCorp) -> Key:
    """Whose token speaks about customers."""
    return Key(corp.corpid, models.CONTACT)


# Codes


def plan_contact_way(
    corp: WecomCorp,
    users: Sequence[str],
    *,
    state: str,
    remark: str = "",
    skip_verify: bool = True,
    by: str,
) -> WecomWay:
    """A code that adds one of these members of staff (userids). Written, not made: see `make_way`. Raises
    BadInput.
    """
    if not 1 <= len(users) <= MOST_STAFF:
        raise BadInput(
            Text(f"Name 1 to {MOST_STAFF} members of staff.", f"请指定 1 至 {MOST_STAFF} 名成员。"),
            field="users",
        )
    return _planned(
        corp, WecomWay.Kind.CONTACT, state, remark, by, users=list(users), skip_verify=skip_verify
    )


def plan_join_way(
    corp: WecomCorp,
    groups: Sequence[str],
    *,
    state: str,
    remark: str = "",
    makes_groups: bool = False,
    room_name: str = "",
    room_number: int = 1,
    by: str,
) -> WecomWay:
    """A code into the first of these groups (chat ids) that has room. `makes_groups`: WeCom makes another one
    called `room_name` and a number when all are full. Written, not made. Raises BadInput.
    """
    _check_rooms(groups)
    return _planned(
        corp, WecomWay.Kind.GROUP, state, remark, by, groups=list(groups), makes_groups=makes_groups,
        room_name=room_name[:40], room_number=room_number,
    )  # fmt: skip


def make_way(way: WecomWay) -> WecomWay:
    """Have WeCom make a planned code; one that was made stays. Never inside a transaction. Raises Temporary,
    Refused, Uncertain.
    """
    if way.config_id:
        return way
    key, is_group = contact_key(way.corp), way.kind == WecomWay.Kind.GROUP
    path = PATH + ("groupchat/add_join_way" if is_group else "add_contact_way")
    try:
        said = client.call(key, path, _way_body(way), mode=Mode.ONCE)
    except Refused as refused:
        note_way_problem(way, refused)
        raise
    way.config_id, way.qr_url = words(said.get("config_id"), 64), words(said.get("qr_code"), 255)
    if is_group and not way.qr_url:
        shown = client.call(key, PATH + "groupchat/get_join_way", {"config_id": way.config_id})
        way.qr_url = words(_part(shown, "join_way").get("qr_code"), 255)
    with transaction.atomic():
        way.problem = {}
        way.save(update_fields=["config_id", "qr_url", "problem"])
        audit.record(way.created_by, "wecom.way_made", f"wecom_way:{way.pk}", {"kind": way.kind})
    return way


def change_way(
    way: WecomWay,
    *,
    groups: Sequence[str] | None = None,
    users: Sequence[str] | None = None,
    by: str,
) -> WecomWay:
    """Have a code lead elsewhere: into other groups, or to other members of staff. Raises BadInput,
    Temporary, Refused.
    """
    if groups is not None:
        _check_rooms(groups)
        way.groups = list(groups)
    if users is not None:
        way.users = list(users)
    if way.config_id:
        is_group = way.kind == WecomWay.Kind.GROUP
        path = PATH + ("groupchat/update_join_way" if is_group else "update_contact_way")
        body = {**_way_body(way), "config_id": way.config_id}
        for name in () if is_group else ("type", "scene"):
            body.pop(name, None)
        client.call(contact_key(way.corp), path, body)
    with transaction.atomic():
        way.problem = {}
        way.save(update_fields=["groups", "users", "problem"])
        audit.record(by, "wecom.way_changed", f"wecom_way:{way.pk}")
    return way


def remove_way(way: WecomWay, by: str) -> WecomWay:
    """Take a code back: scanning it leads nowhere any more. Raises Temporary, Refused."""
    remove_at_wecom(way)
    with transaction.atomic():
        way.removed_at = clock.now()
        way.save(update_fields=["removed_at"])
        audit.record(by, "wecom.way_removed", f"wecom_way:{way.pk}")
    return way


def remove_at_wecom(way: WecomWay) -> None:
    """Have WeCom forget a code; one it does not know is gone already. Raises Temporary, Refused."""
    if not way.config_id or way.removed_at is not None:
        return
    is_group = way.kind == WecomWay.Kind.GROUP
    path = PATH + ("groupchat/del_join_way" if is_group else "del_contact_way")
    try:
        client.call(contact_key(way.corp), path, {"config_id": way.config_id})
    except Refused as refused:
        if refused.errcode not in (40058, 41044, 600001, 84084):
            raise


def note_way_problem(way: WecomWay, refused: Refused) -> None:
    """Keep why a code could not be made, for whoever looks at it."""
    WecomWay.objects.filter(pk=way.pk).update(
        problem={
            "why": refused.why, "en": refused.reason.en, "zh": refused.reason.zh, "do_en": refused.do.en,
            "do_zh": refused.do.zh,
        }
    )  # fmt: skip


# Welcomes


def welcome(
    corp: WecomCorp,
    code: str,
    text: str,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Greet a new customer with the code their callback brought: once, within 20 seconds, and not after they
    began to talk. `attachments` as WeCom writes them. Raises Temporary, Refused (`welcome_over`), Uncertain.
    """
    if size(text) > WELCOME_BYTES:
        raise BadInput(
            Text(f"At most {WELCOME_BYTES:,} bytes.", f"最多 {WELCOME_BYTES:,} 字节。"), field="text"
        )
    body: Json = {"welcome_code": code, "text": {"content": text}}
    if attachments:
        body["attachments"] = [dict(one) for one in attachments[:9]]
    client.call(contact_key(corp), PATH + "send_welcome_msg", body, mode=Mode.ONCE)


def link_attachment(title: str, url: str, about: str = "", picture: str = "") -> Json:
    """A link shown as a card under a welcome or a mass send."""
    link: Json = {"title": title[:42], "url": url}
    if about:
        link["desc"] = about[:170]
    if picture:
        link["picurl"] = picture
    return {"msgtype": "link", "link": link}


def picture_attachment(media_id: str) -> Json:
    """A picture that was uploaded, under a welcome or a mass send."""
    return {"msgtype": "image", "image": {"media_id": media_id}}


def add_group_template(corp: WecomCorp, text: str, link: Mapping[str, Any] | None = None) -> str:
    """A welcome that WeCom shows newcomers of groups it is attached to in the app (at most 100 templates);
    returns its id. `%NICKNAME%` stands for the newcomer. Raises BadInput, Temporary, Refused.
    """
    said = client.call(
        contact_key(corp), PATH + "group_welcome_template/add", _template(text, link), mode=Mode.ONCE
    )
    return words(said.get("template_id"), 64)


def change_group_template(
    corp: WecomCorp, template_id: str, text: str, link: Mapping[str, Any] | None = None
) -> None:
    """Give a welcome template other words. Raises as `add_group_template`."""
    body = {"template_id": template_id, **_template(text, link)}
    client.call(contact_key(corp), PATH + "group_welcome_template/edit", body)


def remove_group_template(corp: WecomCorp, template_id: str) -> None:
    """Have WeCom forget a welcome template. Raises Temporary, Refused."""
    client.call(contact_key(corp), PATH + "group_welcome_template/del", {"template_id": template_id})


# Tags


def tags(corp: WecomCorp) -> list[Json]:
    """The corporation's groups of tags as WeCom tells them. Raises Temporary, Refused."""
    said = client.call(contact_key(corp), PATH + "get_corp_tag_list", {})
    return [row for row in said.get("tag_group") or () if isinstance(row, dict)]


def add_tag(corp: WecomCorp, group: str, name: str) -> str:
    """A tag in a group of tags (made when it is new); returns its id. Raises Temporary, Refused."""
    body = {"group_name": group, "tag": [{"name": name}]}
    said = client.call(contact_key(corp), PATH + "add_corp_tag", body, mode=Mode.ONCE)
    made = _part(said, "tag_group").get("tag") or ()
    return next((words(row.get("id"), 64) for row in made if isinstance(row, dict)), "")


def mark(
    corp: WecomCorp, userid: str, customer: str, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> None:
    """Put tags on a customer of a member of staff, or take them off. Raises Temporary, Refused."""
    body: Json = {"userid": userid, "external_userid": customer}
    if add:
        body["add_tag"] = list(add)
    if remove:
        body["remove_tag"] = list(remove)
    client.call(contact_key(corp), PATH + "mark_tag", body)


# People


def detail(corp: WecomCorp, customer: str) -> Json:
    """What WeCom tells of a customer: `external_contact` and `follow_user`. Raises Temporary, Refused."""
    return client.call(contact_key(corp), PATH + "get", query={"external_userid": customer})


def profile(key: Key, external_userid: str) -> Profile:
    """What a customer shows of themselves. Raises Temporary, Refused."""
    said = client.call(key, PATH + "get", query={"external_userid": external_userid})
    contact = _part(said, "external_contact")
    return Profile(words(contact.get("position"), 1000))


def _planned(corp: WecomCorp, kind: WecomWay.Kind, state: str, remark: str, by: str, **more: Any) -> WecomWay:
    if not 1 <= len(state) <= STATE or not state.isprintable():
        raise BadInput(
            Text(f"A code's mark has 1 to {STATE} characters.", f"渠道标识须为 1 至 {STATE} 个字符。"),
            field="state",
        )
    with transaction.atomic():
        known = WecomWay.objects.filter(corp=corp, state=state, removed_at=None).first()
        if known is not None:
            if known.kind != kind or known.created_by != by or known.config_id:
                raise BadInput(
                    Text("Another code has this mark already.", "已有其他活码使用该渠道标识。"),
                    field="state",
                    code="state_taken",
                )
            return known
        way = WecomWay.objects.create(
            corp=corp, kind=kind, state=state, remark=remark[:REMARK], created_by=by, created_at=clock.now(),
            **more,
        )  # fmt: skip
        audit.record(by, "wecom.way_planned", f"wecom_way:{way.pk}", {"kind": kind.value})
    return way


def _way_body(way: WecomWay) -> Json:
    body: Json = {"remark": way.remark or way.state, "state": way.state}
    if way.kind == WecomWay.Kind.CONTACT:
        kind = 1 if len(way.users) == 1 else 2
        return {**body, "type": kind, "scene": 2, "skip_verify": way.skip_verify, "user": way.users}
    body |= {"scene": _INTO_GROUP_BY_CODE, "chat_id_list": way.groups}
    body["auto_create_room"] = int(way.makes_groups)
    if way.makes_groups:
        body |= {"room_base_name": way.room_name, "room_base_id": way.room_number}
    return body


def _check_rooms(groups: Sequence[str]) -> None:
    if not 1 <= len(groups) <= MOST_ROOMS:
        raise BadInput(
            Text(f"A code leads into 1 to {MOST_ROOMS} groups.", f"每个活码可关联 1 至 {MOST_ROOMS} 个群。"),
            field="groups",
        )


def _template(text: str, link: Mapping[str, Any] | None) -> Json:
    if size(text) > TEMPLATE_BYTES:
        raise BadInput(
            Text(f"At most {TEMPLATE_BYTES:,} bytes.", f"最多 {TEMPLATE_BYTES:,} 字节。"), field="text"
        )
    body: Json = {"text": {"content": text}}
    if link is not None:
        body["link"] = dict(link)
    return body


def _part(of: Mapping[str, Any], name: str) -> Json:
    found = of.get(name)
    return found if isinstance(found, dict) else {}
