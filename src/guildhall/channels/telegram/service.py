"""Service lines of Telegram: messages written by nobody, saying that somebody came, a topic was closed, a
group got another id.

Pure. Of two tellings of one event one acts: joins and leaves are told with more authority by `chat_member`
(people there have a standing before), so here they are marked automatic; a migration acts in the old group.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from guildhall.channels.port import (
    Inbound,
    Kind,
    MemberChange,
    MemberState,
    SenderRef,
    SpaceRef,
    TopicState,
)
from guildhall.channels.telegram.people import sender_of, user, user_at
from guildhall.channels.telegram.reading import (
    PLATFORM,
    Json,
    bad,
    id_at,
    inner,
    line,
    maybe_id,
    maybe_inner,
    moment,
    names,
)

GENERAL_TOPIC = "1"
"""The topic every forum begins with. Its messages come without a thread."""


class Notice(NamedTuple):
    """A service line: who caused it where, and the whole update it came in."""

    message: Json
    space: SpaceRef
    by: SenderRef
    at: datetime
    whole: Json
    bot: str

    def told(
        self, kind: Kind, message_id: str = "", space: SpaceRef | None = None, **more: object
    ) -> Inbound:
        return Inbound(
            kind,
            PLATFORM,
            space or self.space,
            message_id or id_at(self.message, "message_id"),
            self.by,
            self.at,
            is_automatic=True,
            delivery_id=str(self.whole["update_id"]),
            receiver=self.bot,
            raw=self.whole,
            **more,  # type: ignore[arg-type]
        )


def read_service(message: Json, chat: Json, space: SpaceRef, whole: Json, bot: str) -> Inbound | None:
    """What a message with one of `FIELDS` says, None when somebody wrote it after all. Raises BadInput."""
    if "text" in message or "caption" in message:
        return None
    notice = Notice(message, space, sender_of(message, chat, space), moment(message, "date"), whole, bot)
    acting = next((field for field in message if field in _READERS), "")
    return _READERS[acting](notice) if acting else notice.told(Kind.OTHER)


def _came(notice: Notice) -> Inbound:
    people = notice.message["new_chat_members"]
    if type(people) is not list:
        raise bad("new_chat_members")
    found = [person for person in map(user, people) if person is not None]
    if not found:
        raise bad("new_chat_members")
    changes = tuple(
        MemberChange(person, None, MemberState.MEMBER, by=_unless(notice.by, person))
        for person in found
        if person.external_id != notice.bot
    )
    return notice.told(Kind.JOIN, members=changes) if changes else notice.told(Kind.OTHER)


def _went(notice: Notice) -> Inbound:
    person = user_at(notice.message, "left_chat_member")
    if person.external_id == notice.bot:
        return notice.told(Kind.OTHER)
    change = MemberChange(person, None, MemberState.LEFT, by=_unless(notice.by, person))
    return notice.told(Kind.LEAVE, members=(change,))


def _unless(by: SenderRef, person: SenderRef) -> str:
    return by.external_id if by.external_id != person.external_id else ""


def _renamed(notice: Notice) -> Inbound:
    title = line(notice.message, "new_chat_title")
    if not title:
        raise bad("new_chat_title")
    return notice.told(Kind.SPACE_UPDATE, space=SpaceRef(notice.space.external_id, title, notice.space.kind))


def _pinned(notice: Notice) -> Inbound:
    return notice.told(Kind.PIN, id_at(inner(notice.message, "pinned_message"), "message_id"))


def _migrated(notice: Notice) -> Inbound:
    return notice.told(Kind.MIGRATION, migrated_to=id_at(notice.message, "migrate_to_chat_id"))


def _topic(field: str, *, is_closed: bool | None) -> Callable[[Notice], Inbound]:
    def read(notice: Notice) -> Inbound:
        thread = maybe_id(notice.message, "message_thread_id")
        if not thread and field == "forum_topic_created":
            thread = id_at(notice.message, "message_id")
        name = line(maybe_inner(notice.message, field), "name")
        topic = TopicState(thread or GENERAL_TOPIC, name, is_closed)
        return notice.told(Kind.SPACE_UPDATE, topic=topic, thread_id=thread)

    return read


def _general(*, is_closed: bool | None) -> Callable[[Notice], Inbound]:
    def read(notice: Notice) -> Inbound:
        return notice.told(Kind.SPACE_UPDATE, topic=TopicState(GENERAL_TOPIC, "", is_closed))

    return read


_READERS: dict[str, Callable[[Notice], Inbound]] = {
    "new_chat_members": _came,
    "left_chat_member": _went,
    "new_chat_title": _renamed,
    "pinned_message": _pinned,
    "migrate_to_chat_id": _migrated,
    "forum_topic_created": _topic("forum_topic_created", is_closed=False),
    "forum_topic_edited": _topic("forum_topic_edited", is_closed=None),
    "forum_topic_closed": _topic("forum_topic_closed", is_closed=True),
    "forum_topic_reopened": _topic("forum_topic_reopened", is_closed=False),
    "general_forum_topic_hidden": _general(is_closed=True),
    "general_forum_topic_unhidden": _general(is_closed=None),
}
_NEED_NOTHING = names("""
    boost_added channel_chat_created chat_background_set chat_owner_changed chat_owner_left chat_shared
    checklist_tasks_done connected_website delete_chat_photo direct_message_price_changed gift
    gift_upgrade_sent giveaway_completed giveaway_created group_chat_created managed_bot_created
    message_auto_delete_timer_changed migrate_from_chat_id new_chat_photo paid_message_price_changed
    passport_data poll_option_deleted proximity_alert_triggered refunded_payment successful_payment
    suggested_post_approval_failed suggested_post_approved suggested_post_declined suggested_post_paid
    suggested_post_refunded supergroup_chat_created unique_gift users_shared video_chat_ended
    video_chat_participants_invited video_chat_scheduled video_chat_started web_app_data
    write_access_allowed
""")
FIELDS = frozenset(_READERS) | _NEED_NOTHING
"""The fields that make a message a service line."""
