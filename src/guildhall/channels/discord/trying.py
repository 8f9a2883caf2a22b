"""A test message: one sentence of the house's own in a channel of a server, so that people see it arrive.

It is about nothing but itself and worded by nobody else, so it needs no clearance.
"""

from __future__ import annotations

from django.db import transaction

from guildhall.channels.discord import bots, client
from guildhall.channels.discord.client import Call, CallFailed
from guildhall.channels.discord.errors import Refused
from guildhall.channels.discord.task import usual_channel
from guildhall.channels.models import Message, Space, Topic
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects.types import Mode

TALK = ("text", "news")
_TEST = Text(
    "A test message of {house}. Everything works: this can be deleted.",
    "这是来自 {house} 的测试消息。一切正常，可以删除。",
)


def channels_of(space: Space) -> list[Topic]:
    """The channels of a server a test can be said in, those for announcements first."""
    found = Topic.objects.filter(space=space, kind__in=TALK, gone_at=None, is_closed=False)
    return list(found.order_by("-announces", "name", "pk")[:200])


def send_test(space: Space, channel: str, by: str) -> str:
    """Say one sentence in a channel ('': where the server is usually spoken to), at once; our id of the
    message. Raises BadInput (no such channel), Temporary, Uncertain, Refused.
    """
    channel = channel or usual_channel(space.pk)
    topic = Topic.objects.filter(space=space, external_id=channel, gone_at=None).first()
    if topic is None:
        raise BadInput(Text("Choose a channel for the test.", "请选择发送测试消息的频道。"), field="channel")
    bot_id = bots.serving(space)
    text = _TEST.format(house=settings.name).for_language(topic.language or space.language)
    body = {"content": text, "allowed_mentions": {"parse": []}}
    asked = Call("POST", "/channels/{channel_id}/messages", {"channel_id": channel}, body)
    try:
        sent = client.attempt(bot_id, asked)
    except CallFailed as failed:
        error = client.understood(bot_id, failed.failure, Mode.ONCE)
        if isinstance(error, Refused):
            bots.note_refusal(space.pk, error)
        raise error from None
    now = clock.now()
    with transaction.atomic():
        message = Message.objects.create(
            id=new_id(), space=space, direction=Message.Direction.OUT, external_id=str(sent["id"]),
            thread_id=channel, text=text, sent_at=now, received_at=now,
        )  # fmt: skip
        audit.record(by, "discord.test_sent", f"space:{space.pk}", {"message": message.pk})
    return message.pk
