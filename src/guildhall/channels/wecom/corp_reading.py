"""Reads WeCom's callbacks: customers added and lost, groups made, changed and dismissed, a hint that
微信客服 has something new.

Pure. Bodies are {"corp": …, "xml": …}. WeCom mostly says *that* something changed; what it was is asked by an
effect (`follow`, and the jobs of intake). A customer of a member of staff is the private space
`contact:<userid>/<external_userid>`, in which WeCom lets nobody read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from guildhall.channels.parsing import Fields
from guildhall.channels.port import Inbound, Kind, MemberChange, MemberState, SenderRef, SpaceRef
from guildhall.channels.wecom import wire
from guildhall.channels.wecom.content import moment, words

PLATFORM = "wecom"
SPACE = "contact:"
CUSTOMER, GROUP, TAG, KF = (
    "change_external_contact",
    "change_external_chat",
    "change_external_tag",
    "kf_msg_or_event",
)
DESKS = "kf_account_auth_change"
_ADDED = frozenset({"add_external_contact", "add_half_external_contact"})
_LOST = frozenset({"del_external_contact", "del_follow_user"})
_QUIET_CUSTOMER = frozenset({"edit_external_contact", "transfer_fail", "msg_audit_approved"})
_GROUP_CHANGES = frozenset({"create", "update", "dismiss"})
_QUIET = frozenset(
    {
        TAG, KF, DESKS, "change_contact", "change_auth", "subscribe", "unsubscribe",
        "enter_agent", "LOCATION", "location", "click", "view", "batch_job_result", "customer_acquisition",
        "change_school_contact", "share_agent_change", "share_chain_change", "conversation_focus_change",
        "msgaudit_notify", "template_card_event", "sys_approval_change", "open_approval_change",
    }
)  # fmt: skip
"""Events that need nothing from us, or nothing but an effect; so do messages staff write to the app."""


def contact_id(userid: str, external_userid: str) -> str:
    """The platform id of the space that is this customer of this member of staff."""
    return f"{SPACE}{userid}/{external_userid}"


def of_contact(external_id: str) -> tuple[str, str]:
    """(userid, external_userid) of such a space; ('', '') for another."""
    userid, slash, customer = external_id.removeprefix(SPACE).partition("/")
    return (userid, customer) if external_id.startswith(SPACE) and slash else ("", "")


def read(corp: str, document: str, whole: dict[str, Any]) -> Inbound:
    """One callback. Raises BadInput, also for an event nobody here knows."""
    event = Fields(wire.read(document))
    whole = {**whole, "event": event.whole}
    at = moment(event, "CreateTime")
    delivery = hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()[:40]

    def heard(
        kind: Kind, space: SpaceRef, sender: SenderRef, members: tuple[MemberChange, ...] = ()
    ) -> Inbound:
        return Inbound(
            kind, PLATFORM, space, "", sender, at, members=members, delivery_id=delivery, receiver=corp,
            raw=whole,
        )  # fmt: skip

    what, change = words(event.whole.get("Event"), 64), words(event.whole.get("ChangeType"), 64)
    if event.whole.get("MsgType") != "event":
        return heard(Kind.OTHER, SpaceRef(""), SenderRef(""))
    if what == CUSTOMER and change in _ADDED | _LOST | _QUIET_CUSTOMER:
        return _customer(event, change, heard)
    if what == GROUP and change in _GROUP_CHANGES:
        return heard(Kind.SPACE_UPDATE, SpaceRef(event.id("ChatId"), kind="group"), SenderRef(""))
    if what in _QUIET:
        return heard(Kind.OTHER, SpaceRef(""), SenderRef(""))
    raise event.bad("Event", "is not an event we know.", "不是已知的事件。")


def _customer(event: Fields, change: str, heard: Callable[..., Inbound]) -> Inbound:
    userid, customer = event.id("UserID", optional=True), event.id("ExternalUserID", optional=True)
    if not userid or not customer:
        if change in _QUIET_CUSTOMER:
            return heard(Kind.OTHER, SpaceRef(""), SenderRef(""))
        raise event.bad("UserID", "is missing.", "缺失。")
    space, sender = SpaceRef(contact_id(userid, customer), kind="private"), SenderRef(customer)
    if change in _ADDED:
        came = MemberChange(sender, None, MemberState.MEMBER, invite=words(event.whole.get("State"), 64))
        return heard(Kind.JOIN, space, sender, (came,))
    if change in _LOST:
        by = userid if change == "del_external_contact" else ""
        gone = MemberChange(sender, None, MemberState.LEFT, by=by)
        return heard(Kind.LEAVE, space, sender, (gone,))
    return heard(Kind.OTHER, space, sender)
