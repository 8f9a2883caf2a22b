"""What happens when a button under one of our messages is pressed. The app waits, so every press is answered.

That a button is ours says nothing about who pressed it: each deed asks for the presser's own right.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.guard.models import HandMeasure
from guildhall.guard.notices import APPEAL_DATA
from guildhall.intake.commands import at_the_gate, finding, for_desk, for_members, on_duty, words
from guildhall.intake.commands.answers import Answers
from guildhall.intake.commands.for_members import LANGUAGE_DATA, LANGUAGES
from guildhall.intake.commands.for_moderators import UNDO_DATA
from guildhall.intake.commands.heard import Heard


def press(heard: Heard, answers: Answers) -> None:
    """Do what the button stands for, and say how it went."""
    callback = heard.inbound.callback
    data = callback.data if callback is not None else ""
    if data.startswith(APPEAL_DATA):
        told = for_members.open_appeal(heard, data.removeprefix(APPEAL_DATA))
        answers.toast(heard, told, must_read=True)
    elif data.startswith(LANGUAGE_DATA):
        code = data.removeprefix(LANGUAGE_DATA)
        if code not in LANGUAGES:
            answers.toast(heard, words.NO_BUTTON)
            return
        for_members.set_language(heard.account, code)
        answers.toast(heard, words.LANGUAGE_SET, language=code)
    elif data.startswith(at_the_gate.DATA):
        at_the_gate.press(heard, data.removeprefix(at_the_gate.DATA), answers)
    elif data.startswith(on_duty.DATA):
        answers.toast(heard, on_duty.press(heard, data.removeprefix(on_duty.DATA)), must_read=True)
    elif data.startswith(for_desk.DATA):
        answers.toast(heard, for_desk.press(heard, data.removeprefix(for_desk.DATA)))
    elif data.startswith(UNDO_DATA):
        answers.toast(heard, _undo(heard, data.removeprefix(UNDO_DATA)))
    else:
        answers.toast(heard, words.NO_BUTTON)


def _undo(heard: Heard, measure_id: str) -> Text:
    measure = HandMeasure.objects.select_related("space").filter(pk=measure_id).first()
    if measure is None:
        return words.NO_BUTTON
    standing = finding.standing_of(heard, measure.space)
    if not standing.caller.may_moderate:
        return words.FOR_MODERATORS
    if measure.undone_at is not None:
        return words.UNDONE_ALREADY
    guard.undo_measure(measure.id, standing.actor, facts=standing.facts)
    return words.UNDONE
