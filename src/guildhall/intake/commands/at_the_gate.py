"""What people say and press at a gate: answers to their question, the link on a group's board, and
moderators' buttons under the line that calls for a person.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard.actions import gates
from guildhall.guard.gates import words
from guildhall.guard.models import GateAttempt
from guildhall.intake.commands import finding
from guildhall.intake.commands.answers import Answers
from guildhall.intake.commands.heard import Heard

DATA = gates.DATA


def press(heard: Heard, data: str, answers: Answers) -> None:
    """A button of a question, or a moderator's decision. data: what it carried after `DATA`."""
    attempt_id, _, what = data.partition(":")
    if what in (f"0:{gates.LET_IN}", f"0:{gates.TURN_AWAY}"):
        answers.toast(heard, _decide(heard, attempt_id, what[-1]))
        return
    talk = heard.space.pk if heard.space.kind == "private" else ""
    told = gates.press(data, heard.account.id, talk=talk)
    answers.toast(heard, told.words, language=told.language, must_read=told.must_read)


def start(heard: Heard, payload: str, answers: Answers) -> bool:
    """Somebody followed the link on a board; whether it was one."""
    told = gates.come_in(heard.account.id, payload, heard.space)
    if told is None:
        return False
    if told.words.en:
        answers.reply(heard, told.words, language=told.language)
    return True


def typed(heard: Heard) -> bool:
    """Plain words in a private talk: an answer, if a question waits for one."""
    said = heard.inbound.text.strip()
    return bool(said) and said[0] not in "/／" and gates.typed(heard.account.id, said, heard.space)


def _decide(heard: Heard, attempt_id: str, what: str) -> Text:
    attempt = GateAttempt.objects.select_related("space").filter(pk=attempt_id).first()
    if attempt is None:
        return words.TOAST[words.Came.OVER]
    standing = finding.standing_of(heard, attempt.space)
    if not standing.caller.may_moderate:
        return words.FOR_MODERATORS
    if what == gates.LET_IN:
        gates.let_in(attempt_id, standing.actor)
        return words.DONE_LET_IN
    gates.turn_away(attempt_id, standing.actor)
    return words.DONE_TURNED_AWAY
