"""Asking: that somebody asks is on disk before anything leaves the house, and the answer is never kept.

Permission, purpose and pace are held here, so that no page or room can forget them. Network only between the
two transactions.
"""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import (
    GuildhallError,
    NotAllowed,
    NotFound,
    Permanent,
    Temporary,
    TooMany,
    Unavailable,
)
from guildhall.core.ids import new_id
from guildhall.core.log import get_logger
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import http
from guildhall.effects.webhooks import sign
from guildhall.exchange import accounts
from guildhall.exchange.lookup import offices, protocol
from guildhall.exchange.lookup.models import BackOffice, LookUp
from guildhall.exchange.lookup.protocol import Answer, Question
from guildhall.people.models import Staff

PERMISSION, IDENTITY = "exchange.lookup", "members.identity"
_MOST_BYTES = 256 * 1024
_MINUTE = timedelta(minutes=1)
log = get_logger(__name__)


def ask(
    venue: str, uid: str, kind: str, *, by: str, purpose: str, reference: str = "", txid: str = ""
) -> Answer:
    """Ask the back office of `venue` about the account `uid`; blocks at most its time limit, never in a
    transaction.

    by: `staff:<pk>` (needs exchange.lookup; masked without members.identity) or `system:<room>`.
    kind, purpose: as in `protocol.Kind`, `protocol.Purpose`. reference: what it is asked for
    (`ticket:01H…`). txid: one deposit or withdrawal. Raises BadInput, NotAllowed, NotFound (no back
    office), TooMany, Unavailable.
    """
    sees_all = _may_see_all(by)
    asked = protocol.question(
        new_id(), venue.strip(), uid.strip(), kind, purpose=purpose, reference=reference.strip(),
        txid=txid.strip(),
    )  # fmt: skip
    account = accounts.pseudonym(asked.venue, asked.uid)
    office = _note(asked, account, by)
    began = time.monotonic()
    try:
        answer = _fetched(office, asked, account)
    except GuildhallError as wrong:
        _settle(asked, LookUp.State.FAILED, began, wrong.code)
        raise
    _settle(asked, LookUp.State.ANSWERED, began)
    return answer if sees_all else protocol.masked(answer)


def _may_see_all(by: str) -> bool:
    kind, _colon, key = by.partition(":")
    if kind == "system" and key:
        return True
    staff = Staff.objects.filter(pk=key).first() if kind == "staff" and key.isdecimal() else None
    if staff is None or not staff.may(PERMISSION):
        log.warning("lookup.refused", by=by)
        raise NotAllowed(Text("You may not ask the exchange about accounts.", "您无权向交易所查询账户。"))
    return staff.may(IDENTITY)


def _note(asked: Question, account: str, by: str) -> BackOffice:
    """That it is asked, with its audit row, unless it is too often; one at a time for each back office."""
    with transaction.atomic():
        office = BackOffice.objects.select_for_update().filter(venue=asked.venue, is_on=True).first()
        if office is None:
            raise NotFound(
                Text(
                    f"No back office of {asked.venue} is connected, so nobody can be asked.",
                    f"尚未连接 {asked.venue} 的后台，无法查询。",
                )
            )
        now = clock.now()
        recent = LookUp.objects.filter(venue=asked.venue, at__gt=now - _MINUTE)
        _hold_pace(recent.filter(by=by).count(), office.person_minute)
        _hold_pace(recent.count(), office.house_minute)
        LookUp.objects.create(
            id=asked.id, venue=asked.venue, account=account, kind=asked.kind.value,
            purpose=asked.purpose.value, reference=asked.reference, by=by, at=now,
        )  # fmt: skip
        audit.record(
            by,
            "account.looked_up",
            f"venue_account:{account}",
            {
                "venue": asked.venue, "kind": asked.kind.value, "purpose": asked.purpose.value,
                "subject": asked.reference, "look_up": asked.id,
            },
        )  # fmt: skip
    return office


def _hold_pace(count: int, most: int) -> None:
    if count >= most:
        raise TooMany(
            Text(
                f"At most {most} questions a minute; wait a moment.",
                f"每分钟最多查询 {most} 次，请稍候再试。",
            ),
            retry_after=60.0,
        )


def _settle(asked: Question, state: LookUp.State, began: float, problem: str = "") -> None:
    took = int((time.monotonic() - began) * 1000)
    LookUp.objects.filter(pk=asked.id).update(state=state, problem=problem, took_ms=took)


def _fetched(office: BackOffice, asked: Question, account: str) -> Answer:
    secret, body = offices.secret_of(office), protocol.written(asked)
    headers = {
        "Content-Type": "application/json",
        protocol.SIGNATURE: sign(secret, body, int(clock.now().timestamp())),
    }
    try:
        with http.client(allow_inside=settings.exchange_inside) as client:
            client.timeout = httpx.Timeout(float(office.timeout_s))  # a silent one is not waited for longer
            reply = http.fetch(
                client, "POST", office.url, content=body, headers=headers, most_bytes=_MOST_BYTES,
                within_s=float(office.timeout_s),
            )  # fmt: skip
    except http.InsideTarget as wrong:
        raise Unavailable(
            Text(
                "The back office is on a private network; GUILDHALL_EXCHANGE_INSIDE allows that.",
                "该后台位于内网；如需允许，请设置 GUILDHALL_EXCHANGE_INSIDE。",
            ),
            code="inside",
        ) from wrong
    except (Temporary, Permanent) as wrong:
        said = wrong.text
        raise Unavailable(
            Text(
                f"The back office of {asked.venue} gave no answer within {office.timeout_s} s. {said.en}",
                f"{asked.venue} 后台在 {office.timeout_s} 秒内没有答复。{said.zh}",
            ),
            code="no_answer",
        ) from wrong
    _judge(reply, asked.venue)
    now = int(clock.now().timestamp())
    if not protocol.is_signed(secret, reply.body, reply.headers.get(protocol.SIGNATURE.lower(), ""), now):
        raise Unavailable(
            Text(
                "The answer is not signed with our secret, so it is not believed.",
                "答复未使用约定密钥签名，不予采信。",
            ),
            code="not_signed",
        )
    return protocol.read(reply.body, asked, account)


def _judge(reply: http.Reply, venue: str) -> None:
    """Raise what an answer other than 200 means."""
    if reply.status == 200:
        return
    if reply.status in (401, 403):
        raise Unavailable(
            Text(
                f"{venue} refuses our signature: compare the secret, and the clocks of both machines.",
                f"{venue} 拒绝了我们的签名：请核对密钥以及双方的时钟。",
            ),
            code="signature_refused",
        )
    if reply.status == 429:
        wait = reply.headers.get("retry-after", "")
        raise TooMany(
            Text(f"{venue} asks us to slow down.", f"{venue} 要求降低查询频率。"),
            retry_after=min(float(wait), 600.0) if wait.isascii() and wait.isdigit() else 5.0,
        )
    raise Unavailable(
        Text(
            f"The back office of {venue} answered {reply.status}; try again, or tell those who run it.",
            f"{venue} 后台返回 {reply.status}；请稍后重试，或联系后台负责人。",
        ),
        code="back_office_error",
    )
