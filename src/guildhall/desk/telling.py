"""What the house itself says to whoever asked: the number of their question with its place and wait, and,
once it is solved, whether it was any good. In their language, cleared by compliance, once, and never in a
hurry: in a busy group an answer that cannot be said now is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Button, Verb
from guildhall.compliance.gate import service_clearance
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.desk import doors_in_force, queueing
from guildhall.desk.actions.rating import BEST, WORST, is_ratable
from guildhall.desk.models import Entry, Ticket
from guildhall.effects import actions as effects
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard import pauses

OPENED, RATE = "desk.tell_number", "desk.ask_rating"
RATE_DATA = "rate:"
ASKED_AFTER = timedelta(seconds=20)
"""So long after it was solved the asker is asked, so that an answer stands before the question about it."""
NUMBER_STALE = timedelta(minutes=15)
_AGAIN_TO_ONE_S = 600.0
_AGAIN_IN_GROUP_S = 5.0
_ACTOR = "system:desk"
RATE_WORDS = Text(
    "Your question {number} was answered. How was it? 1 (poor) to 5 (very good)",
    "您的问题 {number} 已处理完毕。请为本次服务评分：1（很差）至 5（非常满意）",
)
RATE_BY_TEXT = Text(" – answer with the number.", "，直接回复数字即可。")
THANKS = Text("Thank you for rating.", "感谢您的评价。")
NOT_YOURS = Text("This is for the one who asked.", "仅提问者可以评分。")


def tell_opened(tickets: Sequence[Ticket]) -> None:
    """Have those who asked told the number of their question, where the door says so. Joins the caller's
    transaction; nothing is read here that grows with the batch.
    """
    effects.enqueue_many(
        NewEffect(
            OPENED, {"ticket": one.pk}, unique_key=f"{OPENED}:{one.pk}", priority=60, cause=f"ticket:{one.pk}"
        )
        for one in tickets
        if one.space_id is not None and one.account_id is not None
    )


def say_number(effect: Claimed) -> Done:
    """Perform one `desk.tell_number`."""
    ticket = _ticket(effect)
    if ticket is None or ticket.space is None or not ticket.is_open or ticket.replies:
        return Done({"left_out": "nobody waits to hear it"})
    if clock.now() - ticket.opened_at > NUMBER_STALE:
        return Done({"left_out": "too late"})
    rules = _rules(ticket)
    if rules is not None and not rules.tells:
        return Done({"left_out": "the door does not tell"})
    in_group = not _alone(ticket)
    # In a busy group most numbers are never said: their place in the queue is not looked up either.
    known = None if in_group else opened_words(ticket)

    def record() -> None:
        if pauses.take(f"desk-number:{ticket.account_id}", _AGAIN_TO_ONE_S) and (
            not in_group or pauses.take(f"desk-numbers:{ticket.space_id}", _AGAIN_IN_GROUP_S)
        ):
            words = known or opened_words(ticket)
            _say(ticket, words, key=f"{OPENED}:{ticket.pk}:said")

    return Done({}, record)


def opened_words(ticket: Ticket) -> Text:
    """The number of a question with its place in the queue and the wait, as far as they are known."""
    said = Text(f"We have your question: #{ticket.number}.", f"已收到您的问题，工单号 #{ticket.number}。")
    place = queueing.position(ticket)
    wait = queueing.told(place)
    if wait is not None:
        return Text(
            f"{said.en} You are number {place.position} in line; an answer takes {wait.en}.",
            f"{said.zh}当前排在第 {place.position} 位，预计等待{wait.zh}。",
        )
    if place.wait_s is None and place.opens_at is not None:
        at = place.opens_at
        return Text(
            f"{said.en} Nobody is on duty just now; we are back at {at:%Y-%m-%d %H:%M} UTC.",
            f"{said.zh}当前无人值班，将于 {at:%Y-%m-%d %H:%M}（UTC）恢复服务。",
        )
    return Text(f"{said.en} A colleague will answer you here.", f"{said.zh}工作人员会在此回复您。")


def hear(event: str, payload: Mapping[str, Any]) -> None:
    """A ticket was solved: its asker is asked in a moment. Called inside the transaction that solved it."""
    if event != "ticket.solved":
        return
    ticket = Ticket.objects.filter(pk=payload.get("ticket")).first()
    if ticket is None or ticket.space_id is None or ticket.account_id is None:
        return
    effects.enqueue(
        NewEffect(
            RATE,
            {"ticket": ticket.pk},
            unique_key=f"{RATE}:{ticket.pk}",
            due_at=clock.now() + ASKED_AFTER,
            priority=70,
            cause=f"ticket:{ticket.pk}",
        )
    )


def ask_rating(effect: Claimed) -> Done:
    """Perform one `desk.ask_rating`."""
    ticket = _ticket(effect)
    if ticket is None or ticket.space is None or not is_ratable(ticket):
        return Done({"left_out": "nothing to rate"})
    rules = _rules(ticket)
    if rules is not None and not rules.rates:
        return Done({"left_out": "the door does not ask"})
    place = _place(ticket)
    buttons = rating_buttons(ticket) if has_buttons(place) else ()
    number = f"#{ticket.number}"
    words = Text(RATE_WORDS.en.format(number=number), RATE_WORDS.zh.format(number=number))
    if not buttons:
        if place.kind != "private":
            return Done({"left_out": "it cannot be answered here"})
        words = Text(words.en + RATE_BY_TEXT.en, words.zh + RATE_BY_TEXT.zh)

    def record() -> None:
        _say(ticket, words, key=f"{RATE}:{ticket.pk}:said", buttons=buttons)

    return Done({}, record)


def rating_buttons(ticket: Ticket) -> tuple[Button, ...]:
    """Five buttons, each with the score it stands for."""
    return tuple(
        Button("⭐" * score, data=f"{RATE_DATA}{ticket.pk}:{score}") for score in range(WORST, BEST + 1)
    )


def has_buttons(space: Space) -> bool:
    """Whether a button under a message comes back to us when it is pressed."""
    adapter = registry.get(space.platform)
    return adapter.limits.buttons >= BEST and adapter.capabilities[Verb.ANSWER_BUTTON].supported


def _say(ticket: Ticket, words: Text, *, key: str, buttons: tuple[Button, ...] = ()) -> bool:
    """Say it where they can read it; False when the platform or compliance does not let us."""
    space = _place(ticket)
    adapter = registry.get(space.platform)
    text = words.for_language(ticket.language)
    while adapter.limits.count(text) > adapter.limits.text:
        text = text[: -len(text) // 10]
    clearance = service_clearance(space.region, text, ticket.language)
    about, thread = _last_message(ticket, space)
    shared = space.platform in registry.holding() and space.kind != "private"
    verbs = (Verb.WARN,) if shared else (Verb.REPLY, Verb.SEND) if about else (Verb.SEND,)
    verb = next((one for one in verbs if adapter.capabilities[one].supported), None)
    if verb is None or clearance is None or not clearance.covers(text):
        return False
    act = Act(
        verb,
        space.pk,
        account_id=str(ticket.account_id) if verb is Verb.WARN else "",
        text=text,
        reply_to=about if verb is Verb.REPLY else "",
        thread_id=thread if verb is not Verb.WARN else "",
        buttons=buttons,
    )
    with transaction.atomic():
        channels.request_many(
            [channels.Wanted(act, clearance, key, priority=60)], actor=_ACTOR, reason=f"ticket:{ticket.pk}"
        )
    return True


def _ticket(effect: Claimed) -> Ticket | None:
    return (
        Ticket.objects.select_related("space", "private_space", "account")
        .filter(pk=effect.payload["ticket"])
        .first()
    )


def _rules(ticket: Ticket) -> doors_in_force.Rules | None:
    space = ticket.space
    if space is None:
        return None
    return doors_in_force.rules_of(space.pk, space.platform, is_private=space.kind == "private")


def _place(ticket: Ticket) -> Space:
    space = ticket.space
    if space is None:
        raise ValueError("a ticket without a space has nowhere to be told")
    return space


def _alone(ticket: Ticket) -> bool:
    """Whether nobody but the asker reads it."""
    space = _place(ticket)
    return space.kind == "private" or space.platform in registry.holding()


def _last_message(ticket: Ticket, space: Space) -> tuple[str, str]:
    """Ours of the asker's last message there that still stands, and its thread; '' where there is none."""
    found = (
        Entry.objects.filter(
            ticket=ticket,
            kind=Entry.Kind.CUSTOMER,
            message__space=space,
            message__removed_at__isnull=True,
        )
        .order_by("-pk")
        .values_list("message_id", "message__thread_id")
        .first()
    )
    return (str(found[0]), found[1]) if found is not None else ("", ticket.thread_id)
