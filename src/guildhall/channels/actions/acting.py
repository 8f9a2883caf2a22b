"""Asks for acts on a platform: checks that the platform can do it and that words are cleared, then queues
an effect.

A verb the platform lacks is refused here, before anything is queued, with the reason and the manual step.
What performs the effect stands in `performing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from guildhall.channels import registry
from guildhall.channels.models import Message, Space
from guildhall.channels.port import SAYING, Act, Adapter, Button, Refs, Verb
from guildhall.core import audit
from guildhall.core.clearance import Clearance
from guildhall.core.errors import BadInput, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect
from guildhall.people.models import Account

KIND = "channels.act"

ABOUT_A_MESSAGE = frozenset(
    {Verb.EDIT, Verb.DELETE, Verb.RESTORE, Verb.PIN, Verb.UNPIN, Verb.REACT, Verb.CLOSE_POLL}
)
ABOUT_A_MEMBER = frozenset(
    {
        Verb.RESTRICT, Verb.UNRESTRICT, Verb.KICK, Verb.BAN, Verb.UNBAN, Verb.WARN, Verb.APPROVE_JOIN,
        Verb.DECLINE_JOIN, Verb.PROMOTE, Verb.DEMOTE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """An act with why it is wanted, for `request_many`. `clearance` is needed by verbs that say something."""

    act: Act
    clearance: Clearance | None = None
    unique_key: str | None = None
    reason: str = ""
    """Why this one is wanted, where it differs from the batch's reason."""
    priority: int = 100
    """Lower goes first where several wait for one limit: an answer before ten thousand notices."""


def request(
    act: Act,
    *,
    actor: str,
    reason: Text | str,
    clearance: Clearance | None = None,
    unique_key: str | None = None,
) -> None:
    """Queue one act. `reason` is a case id (`case:01H…`) or a sentence. Errors as `request_many`; also
    Unsupported for what the platform can do, but not here (a message too old to be removed).
    """
    wanted = Wanted(act, clearance, unique_key)
    _check_here(wanted)
    request_many([wanted], actor=actor, reason=reason)


def request_many(acts: Iterable[Act | Wanted], *, actor: str, reason: Text | str) -> int:
    """Queue acts, all or none, with their audit rows; returns how many were new.

    Raises Unsupported (the platform lacks the verb), NotAllowed (words without a fitting clearance),
    NotFound, BadInput. What a platform refuses of one act only is found out when it is performed, so that
    it cannot hold up the others.
    """
    wanted = [item if isinstance(item, Wanted) else Wanted(item) for item in acts]
    if not wanted:
        return 0
    why = reason.en if isinstance(reason, Text) else reason
    with transaction.atomic():
        queued = [
            _effect(one, refs, adapter, one.reason or why, actor) for one, refs, adapter in _resolve(wanted)
        ]
        audit.record_many(
            [
                audit.Entry(
                    actor,
                    f"channels.{one.act.verb.value}.requested",
                    _subject(one.act),
                    {"space": one.act.space_id, "reason": _case(one.reason or why)},
                )
                for one in wanted
            ]
        )
        return effects.enqueue_many(queued)


def _case(reason: str) -> str:
    """Only ids go into the audit; a sentence might name somebody."""
    return reason if reason.startswith(("case:", "broadcast:")) else ""


def plan(act: Act, *, clearance: Clearance | None = None, cause: str = "", actor: str = "") -> NewEffect:
    """The effect `request` would queue, for callers that queue many kinds at once. Same errors; writes
    nothing.
    """
    wanted, refs, adapter = _resolve([Wanted(act, clearance)])[0]
    adapter.check(act, refs)
    return _effect(wanted, refs, adapter, cause, actor)


def plan_many(acts: Sequence[Act], *, cause: str = "", actor: str = "") -> list[NewEffect]:
    """The effects of many acts that say nothing, as `plan` would make each; what a platform refuses of one
    only is found out when it is performed. Writes nothing.
    """
    resolved = _resolve([Wanted(act) for act in acts])
    return [_effect(one, refs, adapter, cause, actor) for one, refs, adapter in resolved]


def refs_of(act: Act, space: Space) -> Refs:
    """The platform's ids of what an act names. Raises NotFound."""
    return _refs(act, space, _messages([act]), _accounts([act]))


def to_payload(act: Act) -> dict[str, Any]:
    """An act as the JSON payload of its effect; only what it says."""
    payload: dict[str, Any] = {"verb": act.verb.value, "space_id": act.space_id}
    for name in ("message_id", "account_id", "text", "reply_to"):
        if getattr(act, name):
            payload[name] = getattr(act, name)
    if act.until is not None:
        payload["until"] = act.until.isoformat()
    if act.buttons:
        payload["buttons"] = [[button.text, button.url, button.data] for button in act.buttons]
    if act.params:
        payload["params"] = [list(pair) for pair in act.params]
    if act.thread_id:
        payload["thread_id"] = act.thread_id
    if act.media:
        payload["media"] = list(act.media)
    return payload


def from_payload(payload: dict[str, Any]) -> Act:
    """The act of an effect's payload."""
    until = payload.get("until")
    return Act(
        Verb(payload["verb"]),
        payload["space_id"],
        payload.get("message_id", ""),
        payload.get("account_id", ""),
        payload.get("text", ""),
        datetime.fromisoformat(until) if until else None,
        payload.get("reply_to", ""),
        tuple(Button(*parts) for parts in payload.get("buttons", ())),
        tuple((str(name), str(value)) for name, value in payload.get("params", ())),
        str(payload.get("thread_id", "")),
        tuple(str(digest) for digest in payload.get("media", ())),
    )


def _resolve(wanted: Sequence[Wanted]) -> list[tuple[Wanted, Refs, Adapter]]:
    acts = [one.act for one in wanted]
    spaces = Space.objects.in_bulk({act.space_id for act in acts})
    messages, accounts = _messages(acts), _accounts(acts)
    out = []
    for one in wanted:
        space = spaces.get(one.act.space_id)
        if space is None:
            raise NotFound(Text("There is no such space.", "不存在该群组。"))
        adapter = registry.require(space.platform, one.act.verb)
        _check(one, adapter)
        out.append((one, _refs(one.act, space, messages, accounts), adapter))
    return out


def _check_here(wanted: Wanted) -> None:
    """Whether the platform does this very act now."""
    ((_, refs, adapter),) = _resolve([wanted])
    adapter.check(wanted.act, refs)


def _check(wanted: Wanted, adapter: Adapter) -> None:
    act = wanted.act
    if act.verb in ABOUT_A_MESSAGE and not act.message_id:
        raise BadInput(
            Text(f"{act.verb.value} names no message.", f"{act.verb.value} 未指明消息。"), field="message_id"
        )
    if act.verb in ABOUT_A_MEMBER and not act.account_id:
        raise BadInput(
            Text(f"{act.verb.value} names nobody.", f"{act.verb.value} 未指明成员。"), field="account_id"
        )
    if act.verb not in SAYING:
        return
    if not act.text.strip():
        raise BadInput(Text("There is nothing to say.", "内容为空。"), field="text")
    if adapter.limits.count(act.text) > adapter.limits.text:
        most = adapter.limits.text
        raise BadInput(
            Text(f"At most {most} characters on this platform.", f"该平台最多 {most} 个字符。"), field="text"
        )
    if wanted.clearance is None or not wanted.clearance.covers(act.text):
        raise NotAllowed(
            Text(
                "Nothing is said without a clearance of compliance for exactly these words.",
                "未取得对该内容的合规放行，不得发送。",
            ),
            code="no_clearance",
        )


def _effect(wanted: Wanted, refs: Refs, adapter: Adapter, cause: str, actor: str) -> NewEffect:
    act = wanted.act
    payload = to_payload(act)
    payload["actor"] = actor
    if wanted.clearance is not None:
        payload["cleared"] = {"hash": wanted.clearance.content_hash, "rules": list(wanted.clearance.rules)}
    buckets = adapter.buckets(act, refs)
    return NewEffect(
        KIND,
        payload,
        mode=adapter.mode(act.verb),
        order_key=_order_key(act, adapter, bool(buckets)),
        buckets=buckets,
        unique_key=wanted.unique_key,
        priority=wanted.priority,
        cause=cause[:200],
    )


def _order_key(act: Act, adapter: Adapter, has_to_wait: bool) -> str:
    """What is done one after the other. Where our database is the platform: all acts of a space.

    Elsewhere words wait for the platform's limits, and what removes or restrains must not wait behind them:
    only acts about the same message or member keep their order.
    """
    if not adapter.shows_at_once:
        return f"space:{act.space_id}"
    if act.verb is Verb.ANSWER_BUTTON:
        return ""
    if has_to_wait:
        return f"words:{act.space_id}"
    if act.message_id:
        return f"message:{act.message_id}"
    return f"member:{act.space_id}:{act.account_id}" if act.account_id else f"space:{act.space_id}"


def _subject(act: Act) -> str:
    if act.message_id:
        return f"message:{act.message_id}"
    return f"account:{act.account_id}" if act.account_id else f"space:{act.space_id}"


def _messages(acts: Iterable[Act]) -> dict[str, tuple[str, str, str]]:
    """(space id, platform id, thread) by our id."""
    ids = {pk for act in acts for pk in (act.message_id, act.reply_to) if pk}
    if not ids:
        return {}
    rows = Message.objects.filter(id__in=ids).values_list("id", "space_id", "external_id", "thread_id")
    return {pk: (space, external, thread) for pk, space, external, thread in rows}


def _accounts(acts: Iterable[Act]) -> dict[str, str]:
    ids = {act.account_id for act in acts if act.account_id}
    return dict(Account.objects.filter(id__in=ids).values_list("id", "external_id")) if ids else {}


def _refs(
    act: Act, space: Space, messages: dict[str, tuple[str, str, str]], accounts: dict[str, str]
) -> Refs:
    def message(pk: str) -> str:
        if not pk:
            return ""
        where, external, _ = messages.get(pk, ("", "", ""))
        if where != space.id:
            raise NotFound(Text("There is no such message in this space.", "该群组中不存在此消息。"))
        return external

    if act.account_id and act.account_id not in accounts:
        raise NotFound(Text("There is no such account.", "不存在该账号。"))
    named = messages.get(act.message_id) or messages.get(act.reply_to)
    return Refs(
        space.external_id,
        message(act.message_id),
        accounts.get(act.account_id, ""),
        message(act.reply_to),
        space.receiver,
        space.kind,
        act.thread_id or (named[2] if named else ""),
    )
