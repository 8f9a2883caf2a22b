"""Methods on the topics of a forum; the general topic has the thread id 1."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.rights import need_inside, need_right
from guildhall.channels.testing.telegram.state import Bot, Chat, Json, Topic
from guildhall.channels.testing.telegram.world import World

GENERAL = 1


def make_topic(world: World, chat: Chat, by: int, name: str, color: int = 7322096, icon: str = "") -> Topic:
    made: Json = {"name": name, "icon_color": color, **({"icon_custom_emoji_id": icon} if icon else {})}
    topic = Topic(chat.counter + 1, name, color, icon)
    chat.topics[topic.id] = topic
    world.post(chat, {"forum_topic_created": made}, sender=by, thread=topic.id, service=True)
    return topic


def _forum(world: World, bot: Bot, p: Json, right: str = "can_manage_topics") -> Chat:
    chat = world.chat_for(bot, p["chat_id"])
    need_inside(chat, world.me(bot, chat))
    if not chat.is_forum:
        raise bad("the chat is not a forum")
    need_right(chat, world.me(bot, chat), right, "not enough rights to manage topics in the chat")
    return chat


def _topic(chat: Chat, thread: int) -> Topic:
    if thread == GENERAL:
        return chat.topics.setdefault(GENERAL, Topic(GENERAL, "General"))
    found = chat.topics.get(thread)
    if found is None:
        raise bad("TOPIC_ID_INVALID")
    return found


@method("createForumTopic")
def create(world: World, bot: Bot, p: Json) -> Any:
    chat = _forum(world, bot, p)
    topic = make_topic(
        world, chat, bot.id, p["name"], p.get("icon_color", 7322096), p.get("icon_custom_emoji_id", "")
    )
    found: Json = {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}
    return {**found, "icon_custom_emoji_id": topic.icon} if topic.icon else found


def _change(world: World, bot: Bot, p: Json, thread: int, service: str, **fields: Any) -> Any:
    chat = _forum(world, bot, p)
    topic = _topic(chat, thread)
    if all(getattr(topic, name) == value for name, value in fields.items()):
        raise bad("TOPIC_NOT_MODIFIED")
    for name, value in fields.items():
        setattr(topic, name, value)
    content = {"name": topic.name} if service == "forum_topic_edited" else {}
    world.post(
        chat, {service: content}, sender=bot.id, thread=thread if thread != GENERAL else 0, service=True
    )
    return True


@method("editForumTopic")
def edit(world: World, bot: Bot, p: Json) -> Any:
    fields = {"name": p["name"]} if p.get("name") else {}
    if "icon_custom_emoji_id" in p:
        fields["icon"] = p["icon_custom_emoji_id"]
    return _change(world, bot, p, p["message_thread_id"], "forum_topic_edited", **fields)


@method("editGeneralForumTopic")
def edit_general(world: World, bot: Bot, p: Json) -> Any:
    return _change(world, bot, p, GENERAL, "forum_topic_edited", name=p["name"])


def _switch(name: str, service: str, field: str, value: bool, *, general: bool) -> None:
    def play(world: World, bot: Bot, p: Json) -> Any:
        thread = GENERAL if general else p["message_thread_id"]
        return _change(world, bot, p, thread, service, **{field: value})

    method(name)(play)


_switch("closeForumTopic", "forum_topic_closed", "closed", True, general=False)
_switch("reopenForumTopic", "forum_topic_reopened", "closed", False, general=False)
_switch("closeGeneralForumTopic", "forum_topic_closed", "closed", True, general=True)
_switch("reopenGeneralForumTopic", "forum_topic_reopened", "closed", False, general=True)
_switch("hideGeneralForumTopic", "general_forum_topic_hidden", "hidden", True, general=True)
_switch("unhideGeneralForumTopic", "general_forum_topic_unhidden", "hidden", False, general=True)


@method("deleteForumTopic")
def delete(world: World, bot: Bot, p: Json) -> Any:
    chat = _forum(world, bot, p, "can_delete_messages")
    thread = _topic(chat, p["message_thread_id"]).id
    del chat.topics[thread]
    for message in chat.messages.values():
        if message.thread == thread:
            world.erase(message, bot.id)
    return True


@method("unpinAllForumTopicMessages", "unpinAllGeneralForumTopicMessages")
def unpin_all(world: World, bot: Bot, p: Json) -> Any:
    chat = _forum(world, bot, p, "can_pin_messages")
    thread = p.get("message_thread_id", 0)
    chat.pins = [one for one in chat.pins if one.thread != thread]
    return True


@method("getForumTopicIconStickers")
def icons(world: World, bot: Bot, p: Json) -> Any:
    return []
