"""Takes what the pipeline heard, inside its transaction: reads commands, has it decided who may, carries them
out.

Each stands in a savepoint of its own, so that whatever goes wrong with one is said to the one who asked and
touches nobody else. The database failing is not one member's mistake and passes through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial

from django.db import InterfaceError, OperationalError, transaction

from guildhall.channels.email import PLATFORM as EMAIL
from guildhall.channels.port import Inbound, Kind
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.intake.commands import buttons, finding, for_desk, for_members, for_moderators, words
from guildhall.intake.commands.answers import Answers
from guildhall.intake.commands.deciding import decide
from guildhall.intake.commands.for_members import SAID_SELDOM
from guildhall.intake.commands.heard import Heard
from guildhall.intake.commands.parsing import FOR_THE_DESK, MODERATORS, Command, Name, parse, sounds_like_one

_logger = get_logger(__name__)
READ_BY_PEOPLE = frozenset({EMAIL})
"""Platforms where nothing is a command: anybody can put any sender on a letter."""
STALE = timedelta(minutes=15)
"""Nobody still waits for help they asked for so long ago (the house was away)."""


def hear(heard: Sequence[Heard]) -> Collection[str]:
    """Answer commands and pressed buttons; returns our ids of the messages that were one, or an answer we
    waited for. Joins the caller's transaction; only the database's own errors leave it.
    """
    taken: set[str] = set()
    if not heard:
        return taken
    answers = Answers(heard)
    for one in heard:
        if answers.is_answered(one):
            taken.add(one.message_id)
        elif one.inbound.kind is Kind.CALLBACK:
            _apart(one, answers, partial(buttons.press, one, answers))
            answers.look_again()
        elif _read(one, answers):
            taken.add(one.message_id)
    return taken


def is_command(inbound: Inbound) -> bool:
    """Whether a message is worth being heard in a group."""
    return sounds_like_one(inbound.text, inbound.entities)


def _read(heard: Heard, answers: Answers) -> bool:
    """Whether the message was a command or an answer we waited for."""
    said = heard.inbound
    if said.platform in READ_BY_PEOPLE:
        return False
    if said.is_automatic or said.forwarded_from is not None or said.via_bot:
        return False
    if said.sender.is_bot and not said.sender.is_anonymous:
        return False
    private = heard.space.kind == "private"
    command = parse(
        said.text,
        entities=said.entities,
        username=answers.username(heard) if "@" in said.text else "",
        is_reply=bool(said.reply_to),
    )
    if command is None:
        consumed: list[bool] = []
        if private and for_members.may_mean_something(heard, answers):
            _apart(heard, answers, lambda: consumed.append(for_members.private_words(heard, answers)))
        return any(consumed)
    if command.name is Name.START and not private:
        return False
    command = for_desk.as_asked(command)
    if command.name in FOR_THE_DESK and not for_desk.is_open(heard, command):
        return False
    if command.name in SAID_SELDOM:
        is_late = clock.now() - said.sent_at > STALE
        if is_late or not answers.is_room_for(heard, command.name):
            return True
    _apart(heard, answers, partial(_carry_out, heard, command, answers))
    answers.look_again()
    return True


def _carry_out(heard: Heard, command: Command, answers: Answers) -> None:
    match command.name:
        case Name.HELP:
            for_members.help_(heard, answers)
        case Name.RULES:
            for_members.rules(heard, answers)
        case Name.START:
            for_members.start(heard, command, answers)
        case Name.LANGUAGE:
            # Whoever changed something hears of it, also right after somebody else: once a minute each.
            say = answers.is_room_for(heard, command.name) or answers.is_room_for_refusal(heard)
            for_members.language(heard, command, answers, say=say)
        case Name.ASK:
            for_desk.ask(heard, command, answers)
        case Name.TICKET:
            for_desk.ticket(heard, command, answers)
        case Name.RAID | Name.UNRAID:
            _about_the_space(heard, command, answers)
        case _:
            _about_a_message(heard, command, answers)


def _about_the_space(heard: Heard, command: Command, answers: Answers) -> None:
    if heard.space.kind == "private":
        answers.reply(heard, words.IN_THE_GROUP)
        return
    standing = finding.standing_of(heard, heard.space)
    if standing.caller.may_moderate:
        for_moderators.raid(heard, command, standing, answers)
    elif not command.bare and answers.is_room_for_refusal(heard):
        answers.reply(heard, words.FOR_MODERATORS)


def _about_a_message(heard: Heard, command: Command, answers: Answers) -> None:
    about = finding.answered(heard)
    standing = finding.standing_of(heard, heard.space)
    account = None
    # Nobody without the right learns by a command whom we know.
    if standing.caller.may_moderate or command.name not in MODERATORS:
        account = finding.account_meant(heard, command, about)
    refused = decide(
        command,
        standing.caller,
        finding.as_person(heard, account) if account is not None else None,
        is_private=heard.space.kind == "private",
        is_reply=bool(heard.inbound.reply_to),
    )
    if refused is not None:
        may_say = standing.caller.may_moderate or answers.is_room_for_refusal(heard)
        if not refused.quiet and may_say:
            answers.reply(heard, refused.text)
        return
    match command.name:
        case Name.REPORT:
            say = answers.is_room_for(heard, command.name)
            for_members.report(heard, command, about, answers, say=say)
        case Name.APPEAL:
            say = answers.is_room_for(heard, command.name)
            for_members.appeal(heard, command, about, answers, say=say)
        case Name.WHY:
            if standing.caller.sees_why or answers.is_room_for(heard, command.name):
                for_moderators.why(heard, standing, about, answers)
        case Name.UNDO:
            for_moderators.undo(heard, command, standing, account, about, answers)
        case _:
            assert account is not None
            for_moderators.measure(heard, command, standing, account, about, answers)


def _apart(heard: Heard, answers: Answers, deed: Callable[[], None]) -> None:
    """Do it in a savepoint; what was refused or went wrong is said in another."""
    try:
        with transaction.atomic():
            deed()
    except (OperationalError, InterfaceError):
        raise
    except GuildhallError as error:
        answers.take_back(heard)
        _say(heard, answers, error.text)
    except Exception as error:
        # One message must never stop the intake of all others.
        _logger.exception("commands.failed", platform=heard.inbound.platform, error=type(error).__name__)
        answers.take_back(heard)
        _say(heard, answers, words.FAILED)


def _say(heard: Heard, answers: Answers, text: Text) -> None:
    try:
        with transaction.atomic():
            if heard.inbound.kind is Kind.CALLBACK:
                answers.toast(heard, text)
            elif answers.is_room_for_refusal(heard):
                answers.reply(heard, text)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # the deed itself was said to have failed; there is nothing more to say
        _logger.exception("commands.unsaid", platform=heard.inbound.platform, error=type(error).__name__)
