"""What any member may ask for: help, the rules, a report, an appeal, another language, the first hello."""

from __future__ import annotations

from datetime import timedelta

from guildhall.channels import actions as channels
from guildhall.channels.models import Message
from guildhall.channels.port import Button
from guildhall.core import clock
from guildhall.core.errors import Conflict
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.guard import house_rules, notices
from guildhall.guard.models import Case
from guildhall.intake.commands import at_the_gate, finding, for_desk, words
from guildhall.intake.commands.answers import Answers, has_buttons
from guildhall.intake.commands.heard import Heard
from guildhall.intake.commands.parsing import Command, Name
from guildhall.people import actions as people
from guildhall.people.actions import Known

STATEMENT_WITHIN = timedelta(hours=1)
LANGUAGE_DATA = "language:"
_APPEAL_PAYLOAD = "appeal_"
LANGUAGES = {"en": "English", "zh-hans": "简体中文", "zh-hant": "繁體中文"}
_CODES = {
    "en": "en", "english": "en", "英文": "en", "英语": "en",
    "zh": "zh-hans", "cn": "zh-hans", "zh-cn": "zh-hans", "zh-hans": "zh-hans", "中文": "zh-hans",
    "简体": "zh-hans", "简体中文": "zh-hans",
    "tw": "zh-hant", "zh-tw": "zh-hant", "zh-hk": "zh-hant", "zh-hant": "zh-hant", "繁体": "zh-hant",
    "繁體": "zh-hant", "繁體中文": "zh-hant", "繁体中文": "zh-hant",
}  # fmt: skip


def help_(heard: Heard, answers: Answers) -> None:
    """What can be asked; those who may moderate here read more."""
    in_group = heard.space.kind != "private"
    more = in_group and finding.standing_of(heard, heard.space).caller.may_moderate
    asks = for_desk.rules_at(heard.space) is not None
    parts = [words.HELP, *((words.HELP_DESK,) if asks else ()), *((words.HELP_MODERATORS,) if more else ())]
    answers.reply(heard, words.joined(*parts))


def rules(heard: Heard, answers: Answers) -> None:
    """The rules of the space."""
    answers.reply(heard, house_rules.rules_of(heard.space.settings))


def start(heard: Heard, command: Command, answers: Answers) -> None:
    """The first hello in a private talk. What the link carried is kept as what the member came by."""
    payload = command.text[:190]
    if payload.startswith(_APPEAL_PAYLOAD):
        appeal_against(heard, payload.removeprefix(_APPEAL_PAYLOAD).upper(), "", answers)
        return
    if at_the_gate.start(heard, payload, answers):
        return
    if payload:
        channels.note_invite(heard.space.id, heard.account.id, payload)
    answers.reply(heard, words.WELCOME, buttons=_language_buttons(heard))


def language(heard: Heard, command: Command, answers: Answers, *, say: bool) -> None:
    """Which language somebody is spoken to in."""
    code = _CODES.get(command.text.casefold())
    if code is not None:
        set_language(heard.account, code)
        if say:
            answers.reply(heard, words.LANGUAGE_SET, language=code)
    elif say:
        buttons = _language_buttons(heard)
        answers.reply(heard, words.LANGUAGE_ASK if buttons else words.LANGUAGE_HOW, buttons=buttons)


def set_language(account: Known, code: str) -> None:
    people.set_language(account.member_id, code, by=f"account:{account.id}")


def report(heard: Heard, command: Command, message: Message | None, answers: Answers, *, say: bool) -> None:
    """Somebody reports the message they answer."""
    if message is None:
        told = words.REPORT_UNKNOWN
    elif message.direction == Message.Direction.OUT:
        told = words.REPORT_OURS
    else:
        guard.report_message(message.id, f"account:{heard.account.id}", command.text)
        told = words.REPORTED
    if say:
        answers.reply(heard, told)


def appeal(heard: Heard, command: Command, message: Message | None, answers: Answers, *, say: bool) -> None:
    """Somebody wants a person to look at the removal of a message of theirs: the one they answer, else the
    last one.
    """
    is_theirs = message is not None and message.account_id == heard.account.id
    if message is not None and is_theirs and message.direction == Message.Direction.IN:
        appeal_against(heard, message.id, command.text, answers, say=say)
        return
    case = finding.latest_enacted(heard.account.id)
    if case is None:
        case = Case.objects.filter(account_id=heard.account.id, kind=Case.Kind.APPEAL).order_by("-id").first()
    if case is not None:
        appeal_against(heard, case.message_id, command.text, answers, say=say)
    elif say:
        answers.reply(heard, words.APPEAL_NONE)


def appeal_against(
    heard: Heard, message_id: str, statement: str, answers: Answers, *, say: bool = True
) -> None:
    """Open the appeal, or say how it stands."""
    told = open_appeal(heard, message_id, statement)
    if say:
        answers.reply(heard, told)


def open_appeal(heard: Heard, message_id: str, statement: str = "") -> Text:
    """Open an appeal and give the words for the one who asked. Raises NotFound, NotAllowed."""
    known = Case.objects.filter(message_id=message_id, kind=Case.Kind.APPEAL).first()
    if known is not None and known.account_id == heard.account.id:
        if statement and guard.add_statement(known.id, heard.account.id, statement):
            return words.STATED
        return words.APPEAL_STATES[known.state]
    try:
        case = guard.open_appeal(message_id, heard.account.id, statement)
    except Conflict as error:
        return error.text
    if case.statement:
        return notices.APPEAL_TAKEN
    private = heard.space.kind == "private"
    more = words.APPEAL_SAY_WHY if private else words.APPEAL_SAY_WHY_IN_PRIVATE
    return words.joined(notices.APPEAL_TAKEN, words.NEWLINE, more)


_TALKS_WITH_A_BOT = frozenset({"telegram", "discord"})
"""Where whoever writes in private writes to a program, and may need to be told so. Elsewhere (微信客服,
e-mail) they write to us, and people answer.
"""


def may_mean_something(heard: Heard, answers: Answers) -> bool:
    """Whether plain words in a private talk have to be looked at by `private_words` at all."""
    if not heard.inbound.text.strip():
        return False
    return heard.space.platform in _TALKS_WITH_A_BOT or answers.may_owe_a_reason(heard)


def private_words(heard: Heard, answers: Answers) -> bool:
    """Plain words in a private talk: an answer at a gate, the reason of an appeal just opened; whether they
    were. Else they are for the desk, where it has a door here; where it has none, a hint now and then.
    """
    said = heard.inbound.text.strip()
    with_a_bot = heard.space.platform in _TALKS_WITH_A_BOT
    if not said:
        return False
    if with_a_bot and at_the_gate.typed(heard):
        return True
    waiting = _waiting_appeal(heard) if answers.may_owe_a_reason(heard) else None
    is_command = said[0] in "/／"
    if waiting is not None and not is_command:
        guard.add_statement(waiting.id, heard.account.id, said)
        answers.reply(heard, words.STATED)
        return True
    if for_desk.rules_at(heard.space) is None and with_a_bot and answers.is_room_for_hint(heard):
        answers.reply(heard, words.HINT)
    return False


def _waiting_appeal(heard: Heard) -> Case | None:
    """The appeal somebody opened lately without saying why."""
    return (
        Case.objects.filter(
            account_id=heard.account.id,
            kind=Case.Kind.APPEAL,
            state=Case.State.OPEN,
            statement="",
            opened_at__gte=clock.now() - STATEMENT_WITHIN,
        )
        .order_by("-id")
        .first()
    )


def _language_buttons(heard: Heard) -> tuple[Button, ...]:
    if not has_buttons(heard.space):
        return ()
    return tuple(Button(name, data=f"{LANGUAGE_DATA}{code}") for code, name in LANGUAGES.items())


SAID_SELDOM = frozenset({Name.HELP, Name.RULES})
"""Nothing but an answer: without room for one there is nothing to do."""
