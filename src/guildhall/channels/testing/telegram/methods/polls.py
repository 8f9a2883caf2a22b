"""Methods on polls."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.entities import parse
from guildhall.channels.testing.telegram.methods.editing import _editable
from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.methods.sending import keyboard, prepared
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.state import Bot, Json, Poll
from guildhall.channels.testing.telegram.world import World


def poll_json(world: World, p: Json) -> Json:
    question, marks = parse(p["question"], p.get("question_parse_mode"))
    kind = p.get("type", "regular")
    poll: Json = {
        "id": str(world.count("id") + 5_000_000_000_000_000_000),
        "question": question,
        "options": [
            {"persistent_id": str(index), "text": one["text"], "voter_count": 0}
            for index, one in enumerate(p["options"])
        ],
        "total_voter_count": 0,
        "is_closed": bool(p.get("is_closed")),
        "is_anonymous": p.get("is_anonymous", True),
        "type": kind,
        "allows_multiple_answers": bool(p.get("allows_multiple_answers")),
        "allows_revoting": p.get("allows_revoting", kind == "regular"),
        "members_only": bool(p.get("members_only")),
    }
    if marks:
        poll["question_entities"] = marks
    for name in ("open_period", "close_date", "explanation", "correct_option_ids"):
        if name in p:
            poll[name] = p[name]
    return poll


@method("sendPoll", sends=True)
def send_poll(world: World, bot: Bot, p: Json) -> Any:
    ready = prepared(world, bot, p, "poll")
    if any(not 1 <= len(one["text"]) <= 100 for one in p["options"]):
        raise bad("poll options length must not exceed 100")
    if p.get("type") == "quiz" and not p.get("correct_option_ids"):
        raise bad("quiz must have at least one correct option")
    chat, reply, thread, more = ready
    poll = poll_json(world, p)
    message = world.post(chat, {"poll": poll, **more}, sender=0 if chat.kind == "channel" else bot.id,
                         sender_chat=chat.id if chat.kind == "channel" else 0, reply_to=reply, thread=thread,
                         by_bot=bot.id)  # fmt: skip
    world.polls[poll["id"]] = Poll(poll["id"], message, bot.id, bool(poll["is_closed"]))
    return world.show(message, bot.id)


@method("stopPoll")
def stop_poll(world: World, bot: Bot, p: Json) -> Any:
    message = _editable(world, bot, p)
    poll = message.content.get("poll")
    if poll is None:
        raise bad("message with poll to stop not found")
    if poll["is_closed"]:
        raise bad("poll has already been closed")
    closed = {**poll, "is_closed": True}
    world.polls[poll["id"]].closed = True
    content = {key: value for key, value in message.content.items() if key != "reply_markup"}
    world.edit(message, {**content, "poll": closed, **keyboard(p, message.chat)})
    world.put(bot, "poll", closed, message.chat.id)
    return closed
