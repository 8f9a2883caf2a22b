"""Posts that wait for a person: asked for once for each effect, then posted with a word, or dropped.

The message of the space is written when somebody says that it was posted, marked as done by hand. Rooms
above learn of a new post by `on_asked` and of one taken back by `on_withdrawn`; how it ended is told to
`channels.waiting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

from django.db import transaction

from guildhall.channels import waiting
from guildhall.channels.models import Message
from guildhall.channels.port import Act, Refs, Verb
from guildhall.channels.text import one_line
from guildhall.channels.wecom.assisted_models import AssistedPost
from guildhall.core import audit, clock
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.models import Effect

Listener: TypeAlias = "Callable[[AssistedPost, str], None]"
"""Given the post and the actor, inside the transaction."""
_asked: dict[str, Listener] = {}
_withdrawn: dict[str, Listener] = {}


def on_asked(name: str, listener: Listener) -> None:
    """Have `listener` told of every new post."""
    _asked[name] = listener


def on_withdrawn(name: str, listener: Listener) -> None:
    """Have `listener` told of every post that is no longer wanted."""
    _withdrawn[name] = listener


def ask(act: Act, refs: Refs) -> None:
    """Keep words for a person to paste; joins the caller's transaction. Once for each effect."""
    effect = Effect.objects.filter(pk=refs.effect_id).first() if refs.effect_id else None
    if effect is not None and AssistedPost.objects.filter(effect_id=effect.pk).exists():
        return
    asked_by = str(effect.payload.get("actor", "")) if effect is not None else ""
    post = AssistedPost.objects.create(
        space_id=act.space_id,
        verb=act.verb.value,
        text=act.text,
        media=list(act.media),
        addressee_id=act.account_id if act.verb is Verb.WARN and act.account_id else None,
        reply_to=refs.reply_to_external_id,
        effect_id=effect.pk if effect is not None else None,
        cause=effect.cause if effect is not None else "",
        asked_by=asked_by or "system:channels",
        asked_at=clock.now(),
    )
    for name in sorted(_asked):
        _asked[name](post, post.asked_by)


def posted(post_id: str, *, by: str, at: datetime | None = None) -> AssistedPost:
    """Somebody pasted it: it becomes a message of its group. Twice changes nothing.

    Raises NotFound, Conflict (dropped meanwhile).
    """
    with transaction.atomic():
        post = _locked(post_id)
        if post.state == AssistedPost.State.POSTED:
            return post
        _refuse_settled(post)
        post.message_id = _message(post, at or clock.now(), by)
        _settle(post, AssistedPost.State.POSTED, by, "")
    return post


def drop(post_id: str, *, by: str, reason: str = "") -> AssistedPost:
    """Nobody will paste it. Twice changes nothing. Raises NotFound, Conflict (posted meanwhile)."""
    with transaction.atomic():
        post = _locked(post_id)
        if post.state == AssistedPost.State.DROPPED:
            return post
        _refuse_settled(post)
        _settle(post, AssistedPost.State.DROPPED, by, one_line(reason, 300))
    return post


def withdraw(effect_ids: Iterable[int], *, by: str, reason: str = "") -> int:
    """Take back posts that still wait, such as those of a broadcast that was stopped; returns how many."""
    waiting_ids = AssistedPost.objects.filter(
        effect_id__in=list(effect_ids), state=AssistedPost.State.WAITING
    ).values_list("pk", flat=True)
    return sum(_withdraw(post_id, by, reason) for post_id in list(waiting_ids))


def _withdraw(post_id: str, by: str, reason: str) -> bool:
    """Take one back; False when somebody was faster. What asks a person is told first: whoever answers
    takes hold of things in the same order, so that the two cannot block each other.
    """
    with transaction.atomic():
        post = AssistedPost.objects.get(pk=post_id)
        post.reason = one_line(reason, 300)
        for name in sorted(_withdrawn):
            _withdrawn[name](post, by)
        try:
            drop(post_id, by=by, reason=reason)
        except Conflict:
            return False
    return True


def _locked(post_id: str) -> AssistedPost:
    post = AssistedPost.objects.select_for_update().filter(pk=post_id).first()
    if post is None:
        raise NotFound(Text("There is no such post.", "不存在该内容。"))
    return post


def _refuse_settled(post: AssistedPost) -> None:
    if post.state != AssistedPost.State.WAITING:
        raise Conflict(Text("This post was settled meanwhile.", "该内容已被处理。"), code="post_settled")


def _settle(post: AssistedPost, state: AssistedPost.State, by: str, reason: str) -> None:
    post.state, post.settled_by, post.settled_at, post.reason = state, by, clock.now(), reason
    post.save(update_fields=["state", "settled_by", "settled_at", "reason", "message"])
    done = state is AssistedPost.State.POSTED
    audit.record(
        by,
        "assisted.posted" if done else "assisted.dropped",
        f"space:{post.space_id}",
        {"post": post.pk, "cause": post.cause},
    )
    waiting.tell(
        waiting.Settled(
            post.space_id,
            post.effect_id or 0,
            post.cause,
            waiting.Ending.DONE if done else waiting.Ending.NOT_DONE,
            post.message_id or "",
            by,
            reason,
        )
    )


def _message(post: AssistedPost, at: datetime, by: str) -> str:
    """The message it became. What was said to one person alone is kept and shown to nobody else."""
    made = Message.objects.create(
        id=new_id(),
        space_id=post.space_id,
        account_id=post.addressee_id,
        direction=Message.Direction.OUT,
        external_id=f"hand:{post.pk}",
        text=post.text,
        reply_to=post.reply_to,
        sent_at=at,
        received_at=clock.now(),
        visible=post.addressee_id is None,
        extra={"by_hand": by},
    )
    return str(made.pk)
