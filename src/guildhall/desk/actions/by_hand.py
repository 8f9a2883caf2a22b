"""A colleague or a moderator turns a message into a ticket, whatever the rules of the door say."""

from __future__ import annotations

from django.db import transaction

from guildhall.channels.models import Message
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.desk import doors_in_force
from guildhall.desk.actions.opening import Draft, open_many
from guildhall.desk.intents import category_of, language_of
from guildhall.desk.models import Entry, Ticket
from guildhall.people.models import Staff

_MAIL, _WEBCHAT = "email", "webchat"


def way_of(platform: str, *, is_private: bool, in_topic: bool) -> str:
    """How something was asked, as `Ticket.Way` says it."""
    if platform == _MAIL:
        return Ticket.Way.EMAIL.value
    if platform == _WEBCHAT:
        return Ticket.Way.WEBCHAT.value
    if is_private:
        return Ticket.Way.PRIVATE.value
    return Ticket.Way.TOPIC.value if in_topic else Ticket.Way.GROUP.value


def open_from_message(message_id: str, by: Staff | str, *, text: str = "", category: str = "") -> Ticket:
    """The ticket of a member's message: the one it is in already, else a new one.

    text: what is asked, '' for the message's own words. Raises NotFound, BadInput (it is ours, or empty).
    """
    with transaction.atomic():
        message = Message.objects.select_related("space", "account__member").filter(pk=message_id).first()
        if message is None:
            raise NotFound(Text("There is no such message.", "不存在该消息。"))
        known = Entry.objects.select_related("ticket").filter(message_id=message_id).order_by("pk").first()
        if known is not None:
            return known.ticket
        said = (text or message.text).strip()
        if message.direction == Message.Direction.OUT or message.account is None:
            raise BadInput(Text("That message is ours.", "这是官方发布的消息。"), code="our_own")
        if not said:
            raise BadInput(Text("There is nothing to read in it.", "该消息没有文字内容。"), code="empty")
        space, member = message.space, message.account.member
        rules = doors_in_force.rules_of(space.pk, space.platform, is_private=space.kind == "private")
        draft = Draft(
            way=way_of(space.platform, is_private=space.kind == "private", in_topic=bool(message.thread_id)),
            text=said,
            language=language_of(said, member.language or space.language),
            space_id=space.pk,
            thread_id=message.thread_id,
            account_id=message.account.pk,
            member_id=member.pk,
            message_id=message.pk,
            category=category
            or category_of(said, doors_in_force.words())
            or (rules.category if rules is not None else ""),
            priority=rules.priority if rules is not None else "",
            received_at=message.sent_at,
        )
        return open_many([draft], by=by, at=clock.now())[0]
