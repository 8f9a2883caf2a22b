"""Routes on polls, and what a vote does."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import shown
from guildhall.channels.testing.discord.refusals import Refused, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Json
from guildhall.channels.testing.discord.world import World

RESULT_MESSAGE = 46


def vote(world: World, channel_id: str, message: Json, user_id: str, answers: list[int]) -> None:
    """The user's picks are these from now on; every change is told one by one."""
    if message["poll"]["results"]["is_finalized"]:
        raise ValueError("the poll is over")
    guild = world.where.get(channel_id)
    place = guild.place(channel_id) if guild is not None else world.direct[channel_id]
    for one in message["poll"]["answers"]:
        number = one["answer_id"]
        users = world.votes[message["id"]].setdefault(number, [])
        told: Json = {"user_id": user_id, "channel_id": channel_id, "message_id": message["id"],
                      "answer_id": number}  # fmt: skip
        if guild is not None:
            told["guild_id"] = guild.id
        if number in answers and user_id not in users:
            users.append(user_id)
            world.tell("MESSAGE_POLL_VOTE_ADD", told, guild, place)
        elif number not in answers and user_id in users:
            users.remove(user_id)
            world.tell("MESSAGE_POLL_VOTE_REMOVE", told, guild, place)


def finish(world: World, channel_id: str, message: Json) -> None:
    """The poll ends: its results are final, and Discord says so in the channel."""
    poll = message["poll"]
    results = {**poll["results"], "is_finalized": True}
    world.edit(channel_id, message, poll={**poll, "expiry": world.time(), "results": results})
    votes = {number: len(users) for number, users in world.votes[message["id"]].items()}
    embed = {"type": "poll_result", "fields": [
        {"name": "poll_question_text", "value": poll["question"]["text"], "inline": False},
        {"name": "total_votes", "value": str(sum(votes.values())), "inline": False},
    ]}  # fmt: skip
    about = {"type": 0, "channel_id": channel_id, "message_id": message["id"]}
    author = message["author"]["id"]
    world.post(channel_id, author, type=RESULT_MESSAGE, embeds=[embed], message_reference=about)


def _poll(call: Call) -> tuple[str, Json]:
    _, channel = call.place()
    message = call.world.message_for(channel["id"], call.path["message_id"])
    if "poll" not in message:
        raise Refused(400, 50035, "Invalid Form Body")
    return channel["id"], message


@route("GET /channels/{channel_id}/polls/{message_id}/answers/{answer_id}")
def voters(call: Call) -> Any:
    _, message = _poll(call)
    users = call.world.votes[message["id"]].get(int(call.path["answer_id"]), [])
    after = int(call.query.get("after") or 0)
    ids = sorted((one for one in users if int(one) > after), key=int)[: call.number("limit", 25)]
    return {"users": [call.world.users[one] for one in ids]}


@route("POST /channels/{channel_id}/polls/{message_id}/expire")
def expire(call: Call) -> Any:
    channel_id, message = _poll(call)
    if message["author"]["id"] != call.app.id:
        raise unknown("Poll")
    if message["poll"]["results"]["is_finalized"]:
        raise Refused(400, 520001, "Poll expired")
    finish(call.world, channel_id, message)
    return shown.message(call.world, message, call.app.id)
