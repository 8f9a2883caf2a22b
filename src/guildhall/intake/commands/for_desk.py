"""What is asked of the desk by command: `/ask` and a question, `/ticket` under a message, a star under an
answer.

`/ask` works where the desk has a door. `/ticket` as an answer turns anybody's message into a ticket and is
for those who moderate there or work at the desk; said by anybody else it is a question of their own.
"""

from __future__ import annotations

from dataclasses import replace

from guildhall.channels.models import Message, Space
from guildhall.core.errors import BadInput, GuildhallError
from guildhall.core.text import Text
from guildhall.desk import doors_in_force, telling
from guildhall.desk.actions import tickets
from guildhall.desk.doors import Rules
from guildhall.desk.models import Entry, Ticket
from guildhall.desk.queries import open_ticket_of
from guildhall.intake.commands import finding, words
from guildhall.intake.commands.answers import Answers
from guildhall.intake.commands.heard import Heard
from guildhall.intake.commands.parsing import Command, Name

DATA = telling.RATE_DATA
_ASKING = ("me", "us")
"""/help me … asks for help with something, not for the list of commands."""


def rules_at(space: Space) -> Rules | None:
    """The rules of the desk's door here; None where there is none."""
    return doors_in_force.rules_of(space.id, space.platform, is_private=space.kind == "private")


def as_asked(command: Command) -> Command:
    """`/help me …` as the question it is."""
    first, _, rest = command.text.partition(" ")
    if command.name is Name.HELP and first.casefold() in _ASKING and rest.strip():
        return replace(command, name=Name.ASK)
    return command


def is_open(heard: Heard, command: Command) -> bool:
    """Whether the desk answers to this here; where it does not, another bot may."""
    rules = rules_at(heard.space)
    if rules is not None and rules.command:
        return True
    return command.name is Name.TICKET and bool(heard.inbound.reply_to)


def ask(heard: Heard, command: Command, answers: Answers) -> None:
    """Somebody asks: what stands after the command, else their own message it answers."""
    about = finding.answered(heard)
    own = about if about is not None and about.account_id == heard.account.id else None
    said = command.text or (own.text if own is not None else "")
    if not said.strip():
        if answers.is_room_for_refusal(heard):
            answers.reply(heard, words.ASK_HOW)
        return
    rules = rules_at(heard.space) or Rules()
    running = open_ticket_of(heard.account.id, space_id=heard.space.id)
    last = running.last_customer_at if running is not None else None
    is_near = last is not None and (heard.inbound.sent_at - last).total_seconds() <= rules.window_s
    if running is not None and is_near and running.thread_id == heard.inbound.thread_id:
        tickets.add_customer_messages([(running.pk, heard.message_id, said, heard.inbound.sent_at)])
        if answers.is_room_for(heard, "ask"):
            answers.reply(heard, _numbered(words.TICKET_ADDED, running))
        return
    opened = tickets.open_from_message(heard.message_id, f"account:{heard.account.id}", text=said)
    if rules.tells and answers.is_room_for(heard, "ask"):
        answers.reply(heard, telling.opened_words(opened), language=opened.language)


def ticket(heard: Heard, command: Command, answers: Answers) -> None:
    """Turn the message answered into a ticket, or ask like anybody."""
    about = finding.answered(heard)
    if about is None or about.account_id == heard.account.id or not _may_turn(heard):
        if not command.bare and rules_at(heard.space) is not None:
            ask(heard, command, answers)
        return
    known = Entry.objects.select_related("ticket").filter(message_id=about.pk).first()
    if known is not None:
        answers.reply(heard, _numbered(words.TICKET_KNOWN, known.ticket), about=about.pk)
        return
    try:
        opened = tickets.open_from_message(about.pk, _actor(heard), text=_with(about, command))
    except BadInput as error:
        answers.reply(heard, error.text)
        return
    answers.reply(heard, telling.opened_words(opened), about=about.pk, language=opened.language)


def press(heard: Heard, data: str) -> Text:
    """A star under an answer; returns what the presser is told."""
    ticket_id, _, score = data.partition(":")
    found = Ticket.objects.filter(pk=ticket_id).first()
    if found is None or not score.isascii() or not score.isdigit():
        return words.NO_BUTTON
    if found.account_id != heard.account.id and found.member_id != heard.account.member_id:
        return telling.NOT_YOURS
    try:
        tickets.rate(ticket_id, int(score), by=f"account:{heard.account.id}")
    except GuildhallError as error:
        return error.text
    return telling.THANKS


def _may_turn(heard: Heard) -> bool:
    staff = finding.colleague(heard.account.id)
    if staff is not None and staff.may("desk.work"):
        return True
    return finding.standing_of(heard, heard.space).caller.may_moderate


def _actor(heard: Heard) -> str:
    return finding.standing_of(heard, heard.space).actor


def _with(about: Message, command: Command) -> str:
    return f"{about.text}\n{command.text}".strip() if command.text else about.text


def _numbered(text: Text, found: Ticket) -> Text:
    return Text(text.en.format(number=found.number), text.zh.format(number=found.number))
