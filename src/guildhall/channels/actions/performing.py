"""Carries out queued acts through the adapter, and applies what was done to our rows in the transaction
that notes it.

Rows never run ahead of a platform: a message counts as removed there when the platform said so. Where our
own database is the platform the two are one commit.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db.models import Q

from guildhall.channels import enclosures, registry
from guildhall.channels.actions.acting import KIND, from_payload, refs_of
from guildhall.channels.actions.awaiting import now_sayable
from guildhall.channels.models import JoinRequest, Message, MessageVersion, Space, SpaceMember
from guildhall.channels.port import Act, MemberState, Receipt, Verb
from guildhall.core import audit, clock
from guildhall.core.errors import NotFound, Permanent, Unsupported
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.performers import performer
from guildhall.effects.types import Claimed, Done

_STATES = {
    Verb.RESTRICT: MemberState.RESTRICTED,
    Verb.BAN: MemberState.BANNED,
    Verb.KICK: MemberState.LEFT,
    Verb.UNBAN: MemberState.LEFT,
    Verb.UNRESTRICT: MemberState.MEMBER,
    Verb.PROMOTE: MemberState.ADMIN,
    Verb.DEMOTE: MemberState.MEMBER,
}
_ANSWERED = {
    Verb.APPROVE_JOIN: JoinRequest.State.APPROVED,
    Verb.DECLINE_JOIN: JoinRequest.State.DECLINED,
}
_LIFTS = {Verb.UNRESTRICT: MemberState.RESTRICTED, Verb.UNBAN: MemberState.BANNED}


@performer(KIND, lease_s=30, describe=Text("An act in a chat space", "在聊天群组中执行操作"))
def perform(effect: Claimed) -> Done:
    """Do one act. Raises Permanent for what can never be done; the adapter's own errors pass through."""
    act = from_payload(effect.payload)
    space = Space.objects.filter(pk=act.space_id).first()
    if space is None:
        raise Permanent(Text("The space is gone.", "该群组已不存在。"))
    try:
        adapter = registry.require(space.platform, act.verb)
        ready = now_sayable(act, kind=KIND, attempt=effect.attempt, orders_by_subject=adapter.shows_at_once)
        if ready is None:
            return Done()
        act = ready
        receipt = adapter.perform(act, replace(refs_of(act, space), effect_id=effect.id))
    except (NotFound, Unsupported) as error:
        raise Permanent(error.text) from error
    actor = str(effect.payload.get("actor", "")) or "system:channels"
    applied = partial(apply, act, receipt, actor=actor, cause=effect.cause, effect_id=effect.id)
    result = {"external_id": receipt.external_id} | ({"waiting": True} if receipt.is_waiting else {})
    return Done(result, applied)


def apply(act: Act, receipt: Receipt, *, actor: str, cause: str = "", effect_id: int = 0) -> None:
    """Bring our rows in line with an act that was performed. Runs in a transaction; twice is the same as
    once.
    """
    if receipt.is_void:
        return
    if act.media:
        enclosures.note_sent(act.media)
    if receipt.is_waiting:
        if receipt.record is not None:
            receipt.record()
        said = {"verb": act.verb.value, "cause": cause, "effect": effect_id}
        audit.record(actor, "channels.waiting", f"space:{act.space_id}", said)
        return
    now = clock.now()
    subject = f"space:{act.space_id}"
    if act.verb in (Verb.DELETE, Verb.RESTORE, Verb.EDIT):
        subject = f"message:{act.message_id}"
        _change_message(act, actor, now)
    elif act.verb in _STATES:
        subject = f"account:{act.account_id}"
        _change_standing(act, now)
    elif act.verb in (Verb.SEND, Verb.REPLY, Verb.WARN, Verb.SEND_POLL):
        subject = f"message:{_keep_sent(act, receipt, now, effect_id)}"
    elif act.verb in _ANSWERED:
        subject = f"account:{act.account_id}"
        JoinRequest.objects.filter(
            space_id=act.space_id, account_id=act.account_id, state=JoinRequest.State.WAITING
        ).update(state=_ANSWERED[act.verb], decided_by=actor, decided_at=now)
    if receipt.record is not None:
        receipt.record()
    audit.record(
        actor,
        f"channels.{act.verb.value}",
        subject,
        {"space": act.space_id, "cause": cause, "effect": effect_id},
    )


def _change_message(act: Act, actor: str, now: datetime) -> None:
    one = Message.objects.filter(pk=act.message_id)
    if act.verb is Verb.DELETE:
        one.filter(removed_at__isnull=True).update(removed_at=now, removed_by=actor)
        one.update(visible=False)
    elif act.verb is Verb.RESTORE:
        one.exclude(removed_by="erasure").update(visible=True, removed_at=None, removed_by="")
    else:
        stored = one.first()
        if stored is not None and stored.text != act.text:
            MessageVersion.objects.create(
                message=stored, version=stored.version, text=stored.text, edited_at=stored.edited_at
            )
            one.update(
                text=act.text, version=stored.version + 1, edited_at=now, entities=[], links=[], indexed=False
            )


def _change_standing(act: Act, now: datetime) -> None:
    state = _STATES[act.verb]
    member, created = SpaceMember.objects.get_or_create(space_id=act.space_id, account_id=act.account_id)
    lifted = _LIFTS.get(act.verb)
    if lifted is not None and not created and member.state != lifted:
        return  # somebody was unbanned who is not banned: whatever else holds, stays
    if act.verb is Verb.RESTRICT and member.state == MemberState.BANNED:
        return
    member.state = MemberState.MEMBER if act.verb is Verb.UNBAN and member.left_at is None else state
    member.until = act.until
    if state is MemberState.LEFT and act.verb is Verb.KICK:
        member.left_at = now
    member.save(update_fields=["state", "until", "left_at"])


def _keep_sent(act: Act, receipt: Receipt, now: datetime, effect_id: int) -> str:
    """What we said becomes a message of the space it stands in; a warning is shown to its addressee only,
    unless the platform says where it stands.
    """
    external = receipt.external_id or f"out:{effect_id}"
    space_id = _where(act, receipt)
    known = (
        Message.objects.filter(Q(space_id=space_id), external_id=external)
        .values_list("id", flat=True)
        .first()
    )
    if known is not None:
        return str(known)
    answered = Message.objects.filter(pk=act.reply_to).values_list("external_id", "thread_id").first()
    reply, thread = answered or ("", "")
    made = Message.objects.create(
        id=new_id(),
        space_id=space_id,
        account_id=act.account_id or None if act.verb is Verb.WARN else None,
        direction=Message.Direction.OUT,
        external_id=external,
        text=act.text,
        reply_to=reply if space_id == act.space_id else "",
        thread_id=(act.thread_id or thread) if space_id == act.space_id else "",
        sent_at=now,
        received_at=now,
        visible=act.verb is not Verb.WARN or bool(receipt.space_external_id),
        media=enclosures.described(act.media) if act.media else [],
    )
    return str(made.id)


def _where(act: Act, receipt: Receipt) -> str:
    """Our id of the space a sent message stands in."""
    if not receipt.space_external_id:
        return act.space_id
    found = (
        Space.objects.filter(
            platform=Space.objects.filter(pk=act.space_id).values("platform")[:1],
            external_id=receipt.space_external_id,
        )
        .values_list("id", flat=True)
        .first()
    )
    return found or act.space_id
