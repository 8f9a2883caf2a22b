"""Mass sends (企业群发): handed to WeCom, confirmed by members of staff in their phones, counted against what
each customer and group may get.

Nothing leaves before a member of staff says so, and WeCom never tells us by itself: results are asked for
(`look`). The allowance is what the corporation set: as many a month as it has days, seven a week, or one a
day; what still waits counts too, because it may be confirmed any minute.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from guildhall.channels import enclosures, waiting
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Button
from guildhall.channels.wecom import client, media, models
from guildhall.channels.wecom.bodies import with_addresses
from guildhall.channels.wecom.content import number, words
from guildhall.channels.wecom.errors import Refused
from guildhall.channels.wecom.models import MassSend, MassSendTarget, WecomCorp, WecomGroup
from guildhall.channels.wecom.tokens import Key
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.types import Mode

ACTOR = "system:wecom"
TEXT_BYTES, MOST_GROUPS, MOST_CUSTOMERS, MOST_ATTACHMENTS = 4000, 2000, 10_000, 9
KEPT_WAITING = timedelta(days=8)
"""WeCom forgets what nobody confirmed; then it counts as not sent."""
PATH = "/cgi-bin/externalcontact/"
ZONE = ZoneInfo("Asia/Shanghai")
"""WeChat's days and months are those of Beijing."""
_COUNTED = (MassSendTarget.State.WAITING, MassSendTarget.State.SENT)
_STATES = {
    0: MassSendTarget.State.WAITING,
    1: MassSendTarget.State.SENT,
    2: MassSendTarget.State.NOT_FRIEND,
    3: MassSendTarget.State.OVER,
}


def content_of(text: str, buttons: Sequence[Button] = (), files: Sequence[str] = ()) -> dict[str, Any]:
    """What is to be said, as it is kept: words with their addresses, and ids of `channels.Enclosure`.

    Raises BadInput for what WeCom would not take.
    """
    whole = with_addresses(text, buttons)
    if len(whole.encode("utf-8", "surrogatepass")) > TEXT_BYTES:
        raise BadInput(Text(f"At most {TEXT_BYTES:,} bytes.", f"最多 {TEXT_BYTES:,} 字节。"), field="text")
    if len(files) > MOST_ATTACHMENTS:
        raise BadInput(Text("At most nine attachments.", "最多 9 个附件。"), field="media")
    return {"text": whole, "files": list(files)}


def left(
    corp: WecomCorp, targets: Iterable[str], at: datetime | None = None, *, without: MassSend | None = None
) -> dict[str, int]:
    """How many mass sends each of these customers or chat ids may still get at a time (default: now),
    `without` counting one of them.
    """
    wanted = list(dict.fromkeys(targets))
    since, most = _window(corp.allowance, at or clock.now())
    rows = MassSendTarget.objects.filter(mass__corp=corp, at__gte=since, state__in=_COUNTED)
    if without is not None:
        rows = rows.exclude(mass=without)
    counted: Counter[str] = Counter()
    for start in range(0, len(wanted), 500):
        counted.update(rows.filter(target__in=wanted[start : start + 500]).values_list("target", flat=True))
    return {target: max(0, most - counted[target]) for target in wanted}


def to_groups(
    corp: WecomCorp,
    groups: Sequence[WecomGroup],
    content: Mapping[str, Any],
    *,
    by: str,
    cause: str = "",
    effect_id: int | None = None,
) -> MassSend:
    """Plan a mass send to customer groups of one owner. Once for each effect. Raises BadInput."""
    owners = {group.owner for group in groups}
    if len(owners) != 1 or not 1 <= len(groups) <= MOST_GROUPS:
        raise BadInput(
            Text(
                f"A mass send goes to 1 to {MOST_GROUPS:,} groups of one owner.",
                f"每次群发须面向同一群主的 1 至 {MOST_GROUPS:,} 个群。",
            )
        )
    rows = [(group.space.external_id, group.owner, group.pk) for group in groups]
    return _plan(corp, MassSend.Kind.GROUPS, rows, content, by, cause, effect_id)


def to_customers(
    corp: WecomCorp,
    customers: Sequence[str],
    content: Mapping[str, Any],
    *,
    sender: str = "",
    by: str,
    cause: str = "",
    effect_id: int | None = None,
) -> MassSend:
    """Plan a mass send to single customers (external_userids); `sender`: which member of staff, '' for
    whoever has each as a customer. Raises BadInput.
    """
    if not 1 <= len(customers) <= MOST_CUSTOMERS:
        raise BadInput(
            Text(
                f"A mass send goes to 1 to {MOST_CUSTOMERS:,} customers.",
                f"每次群发须面向 1 至 {MOST_CUSTOMERS:,} 名客户。",
            )
        )
    rows = [(customer, sender, None) for customer in customers]
    return _plan(corp, MassSend.Kind.CUSTOMERS, rows, content, by, cause, effect_id)


def give(mass: MassSend, *, mode: Mode = Mode.ONCE) -> MassSend:
    """Hand a planned mass send to WeCom, which asks the staff. Never inside a transaction; once it has a
    message id there, nothing happens. Targets over their allowance are left out and say so.

    Raises Temporary, Refused, Uncertain.
    """
    if mass.msgid or mass.state != MassSend.State.PLANNED:
        return mass
    targets = list(mass.targets.filter(state=MassSendTarget.State.WAITING))
    room = left(mass.corp, (one.target for one in targets), without=mass)
    inside = [one for one in targets if room[one.target] > 0]
    over = [one.pk for one in targets if room[one.target] <= 0]
    MassSendTarget.objects.filter(pk__in=over).update(state=MassSendTarget.State.OVER)
    if not inside:
        refused = Refused(
            "mass_over",
            Text("They all got as many mass sends as WeCom allows.", "所有对象的群发条数均已达到上限。"),
        )
        _failed(mass, refused)
        raise refused
    key = Key(mass.corp.corpid, models.CONTACT)
    body = {**_body(key, mass.content), "chat_type": mass.kind}
    senders = {one.sender for one in inside if one.sender}
    if senders:
        body["sender"] = min(senders)
    names = [one.target for one in inside]
    body["chat_id_list" if mass.kind == MassSend.Kind.GROUPS else "external_userid"] = names
    try:
        said = client.call(key, PATH + "add_msg_template", body, mode=mode)
    except Refused as refused:
        _failed(mass, refused)
        raise
    failed = [words(one, 64) for one in said.get("fail_list") or () if isinstance(one, str)]
    with transaction.atomic():
        mass.msgid, mass.state = words(said.get("msgid"), 64), MassSend.State.WAITING
        mass.save(update_fields=["msgid", "state"])
        mass.targets.filter(target__in=failed).update(state=MassSendTarget.State.FAILED)
        audit.record(
            mass.created_by,
            "wecom.mass_given",
            f"mass_send:{mass.pk}",
            {"targets": len(names), "failed": len(failed), "over": len(over)},
        )
    return mass


def look(mass: MassSend) -> MassSend:
    """Ask WeCom what became of a mass send and note it. Raises Temporary, Refused."""
    if mass.state != MassSend.State.WAITING:
        return mass
    is_late = clock.now() - mass.created_at > KEPT_WAITING
    try:
        told = _told(Key(mass.corp.corpid, models.CONTACT), mass.msgid)
    except Refused:
        if not is_late:
            raise
        told = {}  # WeCom has forgotten it, and so may we
    with transaction.atomic():
        mass = MassSend.objects.select_for_update().select_related("corp").get(pk=mass.pk)
        for target in mass.targets.select_for_update().filter(state=MassSendTarget.State.WAITING):
            state, at, userid = told.get(target.target, (None, 0, ""))
            if state in (None, MassSendTarget.State.WAITING):
                if not is_late:
                    continue
                state = MassSendTarget.State.CANCELLED
            _settle(mass, target, MassSendTarget.State(state), at, userid)
        mass.checked_at = clock.now()
        if not mass.targets.filter(state=MassSendTarget.State.WAITING).exists():
            mass.state = MassSend.State.DONE
        mass.save(update_fields=["checked_at", "state"])
    return mass


def call_off(mass: MassSend, by: str) -> MassSend:
    """Stop a mass send that not everybody has confirmed; what was confirmed is with the customers. Raises
    Temporary, Refused, Conflict.
    """
    if mass.state not in (MassSend.State.PLANNED, MassSend.State.WAITING):
        raise Conflict(Text("It is over already.", "该群发任务已结束。"))
    if mass.msgid:
        client.call(
            Key(mass.corp.corpid, models.CONTACT), PATH + "cancel_groupmsg_send", {"msgid": mass.msgid}
        )
        mass = look(mass)
    with transaction.atomic():
        for target in mass.targets.filter(state=MassSendTarget.State.WAITING):
            _settle(mass, target, MassSendTarget.State.CANCELLED, 0, "")
        mass.state = MassSend.State.CANCELLED
        mass.save(update_fields=["state"])
        audit.record(by, "wecom.mass_called_off", f"mass_send:{mass.pk}")
    return mass


def _plan(
    corp: WecomCorp,
    kind: MassSend.Kind,
    rows: Sequence[tuple[str, str, str | None]],
    content: Mapping[str, Any],
    by: str,
    cause: str,
    effect_id: int | None,
) -> MassSend:
    with transaction.atomic():
        if effect_id is not None:
            known = MassSend.objects.filter(effect_id=effect_id).select_related("corp").first()
            if known is not None:
                return known
        made = MassSend.objects.create(
            corp=corp, kind=kind, content=dict(content), created_by=by or ACTOR, cause=cause[:200],
            effect_id=effect_id, created_at=clock.now(),
        )  # fmt: skip
        now = clock.now()
        MassSendTarget.objects.bulk_create(
            MassSendTarget(mass=made, target=target, sender=sender, space_id=space, at=now)
            for target, sender, space in dict.fromkeys(rows)
        )
        audit.record(made.created_by, "wecom.mass_planned", f"mass_send:{made.pk}", {"targets": len(rows)})
    return made


def _window(allowance: str, at: datetime) -> tuple[datetime, int]:
    """(since when, how many) of an allowance at a time."""
    local = at.astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if allowance == WecomCorp.Allowance.DAY:
        return midnight, 1
    if allowance == WecomCorp.Allowance.WEEK:
        return midnight - timedelta(days=local.weekday()), 7
    return midnight.replace(day=1), calendar.monthrange(local.year, local.month)[1]


def _body(key: Key, content: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if content.get("text"):
        body["text"] = {"content": content["text"]}
    attached = []
    for digest in content.get("files") or ():
        file = enclosures.read(str(digest))
        kind = media.kind_of(file)
        attached.append({"msgtype": kind, kind: {"media_id": media.media_id(key, file, kind)}})
    attached += [dict(one) for one in content.get("attachments") or () if isinstance(one, Mapping)]
    if attached:
        body["attachments"] = attached
    return body


def _told(key: Key, msgid: str) -> dict[str, tuple[MassSendTarget.State | None, int, str]]:
    """(state, when sent, by whom) of each recipient."""
    told = {}
    for userid in _senders(key, msgid):
        for row in _results(key, msgid, userid):
            name = words(row.get("chat_id") or row.get("external_userid"), 64)
            told[name] = (_STATES.get(number(row.get("status"))), number(row.get("send_time")), userid)
    return told


def _senders(key: Key, msgid: str) -> list[str]:
    return [
        words(row.get("userid"), 64)
        for row in _pages(key, "get_groupmsg_task", "task_list", {"msgid": msgid})
    ]


def _results(key: Key, msgid: str, userid: str) -> list[dict[str, Any]]:
    return _pages(key, "get_groupmsg_send_result", "send_list", {"msgid": msgid, "userid": userid})


def _pages(key: Key, name: str, field: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(100):
        said = client.call(key, PATH + name, {**body, "limit": 1000, "cursor": cursor})
        rows += [row for row in said.get(field) or () if isinstance(row, dict)]
        cursor = words(said.get("next_cursor"), 200)
        if not cursor:
            break
    return rows


def _settle(
    mass: MassSend, target: MassSendTarget, state: MassSendTarget.State, at: int, userid: str
) -> None:
    target.state = state
    when = datetime.fromtimestamp(at, UTC) if at > 0 else clock.now()
    if state is MassSendTarget.State.SENT:
        target.at = when
    if userid:
        target.sender = userid
    target.save(update_fields=["state", "at", "sender"])
    if target.space_id is None:
        return
    sent = state is MassSendTarget.State.SENT
    message = _message(mass, target, when) if sent else ""
    waiting.tell(
        waiting.Settled(
            target.space_id,
            mass.effect_id or 0,
            mass.cause,
            waiting.Ending.DONE if sent else waiting.Ending.NOT_DONE,
            message,
            f"wecom:{target.sender}",
            "" if sent else str(MassSendTarget.State(state).label),
        )
    )


def _message(mass: MassSend, target: MassSendTarget, at: datetime) -> str:
    """What was confirmed becomes a message of its space."""
    if not Space.objects.filter(pk=target.space_id).exists():
        return ""
    made, _ = Message.objects.get_or_create(
        space_id=target.space_id,
        external_id=f"mass:{mass.msgid}",
        defaults={
            "id": new_id(),
            "direction": Message.Direction.OUT,
            "text": str(mass.content.get("text", "")),
            "media": enclosures.described([str(one) for one in mass.content.get("files") or ()]),
            "sent_at": at,
            "received_at": clock.now(),
            "extra": {"confirmed_by": target.sender},
        },
    )
    return str(made.pk)


def _failed(mass: MassSend, refused: Refused) -> None:
    with transaction.atomic():
        mass.state = MassSend.State.FAILED
        mass.problem = {
            "why": refused.why, "en": refused.reason.en, "zh": refused.reason.zh, "do_en": refused.do.en,
            "do_zh": refused.do.zh,
        }  # fmt: skip
        mass.save(update_fields=["state", "problem"])
        mass.targets.filter(state=MassSendTarget.State.WAITING).update(state=MassSendTarget.State.FAILED)
        audit.record(ACTOR, "wecom.mass_refused", f"mass_send:{mass.pk}", {"why": refused.why})
