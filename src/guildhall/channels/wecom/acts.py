"""What a program may do at WeCom beside saying things: take a message of 微信客服 back, make and remove codes
that lead into a group.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from guildhall.channels.port import Act, Receipt, Refs, Verb
from guildhall.channels.wecom import client, customers, kf_reading, models, saying
from guildhall.channels.wecom.errors import Refused, reason
from guildhall.channels.wecom.models import WecomGroup, WecomWay
from guildhall.core import clock
from guildhall.core.ids import new_id


def carry_out(act: Act, refs: Refs) -> Receipt:
    """Do one act. Raises Temporary, Uncertain, Refused."""
    return _VERBS[act.verb](act, refs)


def _recall(act: Act, refs: Refs) -> Receipt:
    kfid, _ = kf_reading.of_talk(refs.space_external_id)
    key = saying.corp_key(refs.receiver, models.KF)
    try:
        client.call(key, "/cgi-bin/kf/recall_msg", {"open_kfid": kfid, "msgid": refs.message_external_id})
    except Refused as refused:
        if refused.why != "message_gone":
            raise
    return Receipt()


def _create_invite(act: Act, refs: Refs) -> Receipt:
    """A join way of its own for this group; its address is that of the picture of the code."""
    group = WecomGroup.objects.select_related("corp", "space").filter(pk=act.space_id).first()
    if group is None:
        raise reason("no_group")
    params = dict(act.params)
    state = (params.get("state") or f"i{new_id()[-12:].lower()}")[:30]
    by = "system:wecom"
    way = customers.plan_join_way(
        group.corp, [group.space.external_id], state=state, remark=params.get("name", "")[:30], by=by
    )
    made = customers.make_way(way)
    return Receipt(made.qr_url)


def _revoke_invite(act: Act, refs: Refs) -> Receipt:
    link = dict(act.params).get("link", "")
    way = (
        WecomWay.objects.filter(qr_url=link, removed_at=None).select_related("corp").first() if link else None
    )
    if way is None:
        return Receipt(is_void=True)
    customers.remove_at_wecom(way)
    return Receipt(record=partial(_note_removed, way.pk))


def _note_removed(way_id: str) -> None:
    WecomWay.objects.filter(pk=way_id, removed_at=None).update(removed_at=clock.now())


_VERBS: dict[Verb, Callable[[Act, Refs], Receipt]] = {
    Verb.DELETE: _recall,
    Verb.CREATE_INVITE: _create_invite,
    Verb.REVOKE_INVITE: _revoke_invite,
}
