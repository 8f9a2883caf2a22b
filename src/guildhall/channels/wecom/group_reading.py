"""Reads who came into a customer group, who left and who is in it, as asked of WeCom after it told us that
something changed there.

Pure. Bodies are {"corp", "chat": {chat_id, name, owner, admin_list, …}, "at": seconds since 1970} with one of
`came`, `left`, `there`, each a list of members as groupchat/get tells them. What is said in a group is never
handed to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildhall.channels.parsing import Fields
from guildhall.channels.port import Inbound, Kind, MemberChange, MemberState, SenderRef, SpaceRef
from guildhall.channels.wecom.content import part, words

PLATFORM = "wecom"
KIND = "group"
_KINDS = {"came": Kind.JOIN, "left": Kind.LEAVE, "there": Kind.MEMBER_UPDATE}
MOST = 1000
"""Members of one body; no group is larger."""


def read(corp: str, whole: dict[str, Any]) -> Inbound:
    """What changed in a group. Raises BadInput."""
    body = Fields(whole)
    chat = Fields(part(whole, "chat"))
    space = SpaceRef(chat.id("chat_id"), chat.line("name", 255), KIND)
    which = next((name for name in _KINDS if isinstance(whole.get(name), list)), "")
    if not which:
        raise body.bad("came", "and `left` and `there` are missing.", "及 left、there 均缺失。")
    rows = whole[which]
    if not rows or len(rows) > MOST:
        raise body.bad(which, f"must name 1 to {MOST} members.", f"须包含 1 至 {MOST} 名成员。")
    owner, admins = words(chat.whole.get("owner"), 64), _admins(chat.whole)
    changes = tuple(_change(which, Fields(dict(row)), owner, admins) for row in map(_mapping, rows))
    return Inbound(
        _KINDS[which],
        PLATFORM,
        space,
        "",
        SenderRef(""),
        body.moment("at"),
        members=changes,
        delivery_id=body.id("delivery", optional=True),
        receiver=corp,
        raw=whole,
    )


def _change(which: str, row: Fields, owner: str, admins: frozenset[str]) -> MemberChange:
    userid = row.id("userid")
    account = SenderRef(userid, display_name=row.line("name", 128), is_admin=userid == owner)
    if which == "left":
        by = row.id("by", optional=True)
        return MemberChange(account, None, MemberState.LEFT, by=by)
    state = MemberState.MEMBER
    if userid == owner:
        state = MemberState.OWNER
    elif userid in admins:
        state = MemberState.ADMIN
    invitor = words(part(row.whole, "invitor").get("userid"), 64)
    # Nobody in a customer group can be muted or put out by a program: an admin's powers end in the app.
    return MemberChange(
        account, None, state, by=invitor, invite=words(row.whole.get("state"), 64), may_restrict=False
    )


def _admins(chat: Mapping[str, Any]) -> frozenset[str]:
    rows = chat.get("admin_list")
    return frozenset(
        words(row.get("userid"), 64)
        for row in (rows if isinstance(rows, list) else [])[:100]
        if isinstance(row, dict)
    )


def _mapping(row: Any) -> dict[str, Any]:
    return row if isinstance(row, dict) else {}
