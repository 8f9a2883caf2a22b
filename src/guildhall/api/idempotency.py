"""Writes that may be repeated: the same `Idempotency-Key` gets the first answer again, and nothing
happens twice.

The answer is kept in the transaction of the write itself, so a crash between the two cannot happen. The
same key with another request is a conflict. Keys are kept for two days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest

from guildhall.api.models import IdempotentCall
from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.text import Text
from guildhall.desk.models import Entry, Ticket

KEPT = timedelta(days=2)
LONGEST_KEY = 120
_AT_ONCE = 200
_WORDS = frozenset({"subject", "fields", "asker", "entries", "external_key", "text", "author", "problem"})
"""What in an answer about a ticket may tell whose it is."""


def once(
    request: HttpRequest, actor: str, body: Any, carry_out: Callable[[], tuple[int, dict[str, Any]]]
) -> tuple[int, dict[str, Any]]:
    """Carry out a write, or give the answer it got before. `body` is what distinguishes two requests to
    one path.

    Raises BadInput for a key that is too long, Conflict for a key that came with another request.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return carry_out()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise BadInput(
            Text(
                f"An idempotency key has at most {LONGEST_KEY} printable characters.",
                f"幂等键最多为 {LONGEST_KEY} 个可打印字符。",
            ),
            field="header.Idempotency-Key",
        )
    fingerprint = _fingerprint(request, body)
    try:
        with transaction.atomic():
            before = IdempotentCall.objects.filter(actor=actor, key=key).first()
            if before is not None:
                return _answer_again(before, fingerprint)
            call = IdempotentCall(actor=actor, key=key, request_hash=fingerprint, status=0, answer={})
            call.save(force_insert=True)
            call.status, call.answer = carry_out()
            call.save(update_fields=["status", "answer"])
    except IntegrityError:
        # On PostgreSQL a second request waits at the unique key until the first one has committed.
        before = IdempotentCall.objects.filter(actor=actor, key=key).first()
        if before is None:
            raise
        return _answer_again(before, fingerprint)
    return call.status, call.answer


def forget_old() -> int:
    """Remove answers older than two days; returns how many."""
    with transaction.atomic():
        removed, _each = IdempotentCall.objects.filter(at__lt=clock.now() - KEPT).delete()
    return removed


def forget_member(member_id: str) -> None:
    """Wipe what kept answers say of an erased person's tickets."""
    theirs = Ticket.objects.filter(Q(member_id=member_id) | Q(account__member_id=member_id))
    ids = list(theirs.values_list("pk", flat=True))
    ids += Entry.objects.filter(ticket__in=theirs, kind=Entry.Kind.REPLY).values_list("pk", flat=True)
    for start in range(0, len(ids), _AT_ONCE):
        kept = IdempotentCall.objects.filter(answer__id__in=ids[start : start + _AT_ONCE])
        for pk, answer in list(kept.values_list("pk", "answer")):
            wiped = {key: type(value)() if key in _WORDS else value for key, value in answer.items()}
            IdempotentCall.objects.filter(pk=pk).update(answer=wiped)


def _answer_again(before: IdempotentCall, fingerprint: str) -> tuple[int, dict[str, Any]]:
    if before.request_hash != fingerprint:
        raise Conflict(
            Text(
                "This idempotency key was used for another request.",
                "该幂等键已用于另一个请求。",
            ),
            code="idempotency_key_reused",
        )
    return before.status, before.answer


def _fingerprint(request: HttpRequest, body: Any) -> str:
    said = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + said).hexdigest()
