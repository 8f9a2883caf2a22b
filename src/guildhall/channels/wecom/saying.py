"""Says what an act says: to a customer through 微信客服 or an Official Account, through a group robot, or
to a customer group as a mass send that its owner confirms.

A file and its words are two messages there. When the first has left and the second has not, nobody may send
both again: that is uncertain, and a person decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from guildhall.channels import enclosures
from guildhall.channels.port import Act, Receipt, Refs
from guildhall.channels.telegram import buttons as signed
from guildhall.channels.wecom import bodies, client, kf_reading, mass, media, models, oa_reading, talks
from guildhall.channels.wecom.errors import Refused, reason
from guildhall.channels.wecom.models import State, WechatTalk, WecomGroup, WecomRobot, WecomStaff
from guildhall.channels.wecom.tokens import Key
from guildhall.core import clock, secrets
from guildhall.core.errors import GuildhallError, NotFound, Permanent, Temporary, Uncertain
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.effects.types import Mode

MINUTE_S, ROBOT_MOST = 60.0, 20
_LONGEST_WAIT_S = 3.0
_PAUSED_S = 60.0


def in_talk(act: Act, refs: Refs) -> Receipt:
    """A message of 微信客服. Within 20 seconds of entering, before the customer wrote, it is the welcome."""
    kfid, customer = kf_reading.of_talk(refs.space_external_id)
    if not kfid:
        raise reason("no_desk")
    key = corp_key(refs.receiver, models.KF)
    body = bodies.for_kf(act.text, act.buttons, _packed(act))
    files = _uploaded(act, key)
    code = _welcome_code(act.space_id) if not files else ""
    number = _our_number(refs)
    if code:
        return Receipt(_welcomed(key, act.space_id, code, {**body, **number}))
    to = {"touser": customer, "open_kfid": kfid}
    said = partial(_say, key, "/cgi-bin/kf/send_msg", act.space_id)
    sends = [partial(said, {**to, **one}) for one in files]
    sends.append(partial(said, {**to, **number, **body}))
    return Receipt(_in_order(sends))


def in_account(act: Act, refs: Refs) -> Receipt:
    """A customer message of an Official Account."""
    openid, appid = oa_reading.of_talk(refs.space_external_id)
    if not openid:
        raise reason("nobody_serves")
    key = account_key(appid)
    body = bodies.for_account(act.text, act.buttons, _packed(act))
    said = partial(_say, key, "/cgi-bin/message/custom/send", act.space_id)
    sends = [partial(said, {"touser": openid, **one}) for one in _uploaded(act, key, knows_files=False)]
    sends.append(partial(said, {"touser": openid, **body}))
    return Receipt(_in_order(sends))


def by_robot(act: Act, refs: Refs) -> Receipt:
    """A message of a group robot: twenty in any minute, counted to the letter from when each was answered."""
    robot = WecomRobot.objects.filter(space_id=act.space_id).first()
    if robot is None:
        raise reason("robot_gone")
    if robot.state == State.PAUSED:
        raise _paused(robot.name)
    try:
        key = secrets.get(models.robot_key_name(robot.pk))
    except NotFound:
        raise reason("robot_gone") from None
    as_markdown = dict(act.params).get("format") == "markdown"
    sends = [
        partial(_robot_says, robot, key, _robot_file(key, enclosures.read(digest))) for digest in act.media
    ]
    sends.append(
        partial(_robot_says, robot, key, bodies.for_robot(act.text, act.buttons, as_markdown=as_markdown))
    )
    try:
        return Receipt(_in_order(sends))
    except Refused as refused:
        if refused.why == "robot_gone":
            _robot_is_gone(robot, refused)
        raise


def to_group(act: Act, refs: Refs) -> Receipt:
    """A mass send to one customer group: WeCom asks its owner, and nothing was said until they confirm."""
    group = WecomGroup.objects.filter(pk=act.space_id).select_related("corp").first()
    if group is None or not group.owner:
        raise reason("no_group")
    effect = Effect.objects.filter(pk=refs.effect_id).first() if refs.effect_id else None
    made = mass.to_groups(
        group.corp,
        [group],
        mass.content_of(act.text, act.buttons, act.media),
        by=str(effect.payload.get("actor", "")) if effect is not None else "system:channels",
        cause=effect.cause if effect is not None else "",
        effect_id=effect.pk if effect is not None else None,
    )
    mass.give(made, mode=Mode.ONCE)
    return Receipt(is_waiting=True)


def corp_key(corpid: str, use: str) -> Key:
    """Whose token speaks for a corporation. Raises Refused, Temporary (paused)."""
    row = models.WecomCorp.objects.filter(corpid=corpid).first()
    if row is None:
        raise reason("nobody_serves")
    if row.state == State.PAUSED:
        raise _paused(row.name)
    return Key(corpid, use)


def account_key(appid: str) -> Key:
    """Whose token speaks for an Official Account. Raises as `corp_key`."""
    row = models.WechatAccount.objects.filter(appid=appid).first()
    if row is None:
        raise reason("nobody_serves")
    if row.state == State.PAUSED:
        raise _paused(row.name)
    return Key(appid)


def name_of_staff(corpid: str, userid: str) -> str:
    """What a member of staff is called, their userid if we know no better."""
    found = WecomStaff.objects.filter(corp__corpid=corpid, userid=userid).values_list("name", flat=True)
    return found.first() or userid


def _say(key: Key, path: str, space_id: str, body: dict[str, Any]) -> str:
    """One message that counts. What surely did not leave is given back."""
    has_row = WechatTalk.objects.filter(pk=space_id).exists()
    if has_row:
        talks.take(space_id)
    try:
        said = client.call(key, path, body, mode=Mode.ONCE)
    except Refused as refused:
        talks.close(space_id, refused)
        if refused.why not in ("allowance", "closed", "not_follower") and has_row:
            talks.give_back(space_id)
        raise
    except Temporary:
        if has_row:
            talks.give_back(space_id)
        raise
    return str(said.get("msgid", ""))


def _in_order(sends: Sequence[Callable[[], str]]) -> str:
    """Send one after the other; the id of the last. Raises Uncertain when only some of them left."""
    sent = ""
    for number, send in enumerate(sends):
        try:
            sent = send()
        except GuildhallError as error:
            if number == 0:
                raise
            raise Uncertain(
                Text(
                    f"Its file was sent and its words were not ({error.text.en})",
                    f"附件已发出，文字未能发出（{error.text.zh}）",
                )
            ) from error
    return sent


def _welcome_code(space_id: str) -> str:
    """The code that opens one greeting, if there is one and the customer has not written yet."""
    talk = WechatTalk.objects.filter(pk=space_id).first()
    if talk is None or not talk.welcome_code or talk.welcome_until is None:
        return ""
    now = clock.now()
    if talk.welcome_until <= now or (
        talk.open_until is not None and talk.open_until > now and talk.sends_left
    ):
        return ""
    return talk.welcome_code


def _welcomed(key: Key, space_id: str, code: str, body: dict[str, Any]) -> str:
    said = client.call(key, "/cgi-bin/kf/send_msg_on_event", {"code": code, **body}, mode=Mode.ONCE)
    WechatTalk.objects.filter(pk=space_id, welcome_code=code).update(welcome_code="", welcome_until=None)
    return str(said.get("msgid", ""))


def _our_number(refs: Refs) -> dict[str, str]:
    """Our own id of the message, the same at every attempt, so that a person can look whether it arrived."""
    if not refs.effect_id:
        return {}
    made = Effect.objects.filter(pk=refs.effect_id).values_list("created_at", flat=True).first()
    stamp = format(int(made.timestamp()), "x") if made is not None else "0"
    return {"msgid": f"gh-{stamp}-{refs.effect_id}"[:32]}


def _uploaded(act: Act, key: Key, *, knows_files: bool = True) -> list[dict[str, Any]]:
    """The bodies of an act's files, each at WeChat already. Raises Temporary, Refused, Permanent."""
    found = []
    for digest in act.media:
        try:
            file = enclosures.read(digest)
        except NotFound as gone:
            raise Permanent(gone.text) from gone
        kind = media.kind_of(file, knows_files=knows_files)
        found.append({"msgtype": kind, kind: {"media_id": media.media_id(key, file, kind)}})
    return found


def _packed(act: Act) -> list[str]:
    return [signed.pack(button) if button.data else "" for button in act.buttons]


def _robot_file(key: str, file: enclosures.File) -> dict[str, Any]:
    if media.kind_of(file) == "image":
        return bodies.picture_for_robot(file.body)
    found = client.upload_for_robot(key, "file", (file.name, file.body, file.mime))
    return {"msgtype": "file", "file": {"media_id": found}}


def _robot_says(robot: WecomRobot, key: str, body: dict[str, Any]) -> str:
    """One message when its turn has come; acts of one robot are carried out one after the other."""
    robot.refresh_from_db(fields=["sent"])
    now = clock.now().timestamp()
    lately = [at for at in robot.sent if now - at < MINUTE_S and at <= now]
    if len(lately) >= ROBOT_MOST:
        wait = MINUTE_S - (now - min(lately[-ROBOT_MOST:])) + 0.05
        if wait > _LONGEST_WAIT_S:
            raise Temporary(
                Text("The robot has said twenty things in a minute.", "该机器人一分钟内已发送 20 条。"),
                retry_after=wait,
            )
        time.sleep(wait)
    # Noted before it leaves: after a crash it counts as said.
    robot.sent = [*lately, now][-2 * ROBOT_MOST :]
    robot.save(update_fields=["sent"])
    try:
        client.call_robot(key, "/cgi-bin/webhook/send", body)
    finally:
        robot.sent = [*robot.sent[:-1], clock.now().timestamp()]
        robot.save(update_fields=["sent"])
    return ""


def _robot_is_gone(robot: WecomRobot, refused: Refused) -> None:
    from guildhall.channels.wecom import robots

    robots.note_problem(robot, refused)


def _paused(name: str) -> Temporary:
    return Temporary(Text(f"{name} is paused.", f"{name} 已暂停。"), retry_after=_PAUSED_S)
