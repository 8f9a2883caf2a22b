"""What those who look after a space may ask for: warn, mute, ban and lift, undo, and why something happened.

Every deed goes through the guard's own actions, as the same deed in the console does.
"""

from __future__ import annotations

import re

from guildhall.channels.actions import Deed
from guildhall.channels.links import extract
from guildhall.channels.models import Message
from guildhall.channels.port import Button
from guildhall.channels.text import one_line
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.guard import records, rulebook
from guildhall.guard.actions import Hand
from guildhall.guard.models import Case, HandMeasure, Raid, VerdictRecord
from guildhall.intake.commands import finding, words
from guildhall.intake.commands.answers import Answers, has_buttons
from guildhall.intake.commands.finding import Standing
from guildhall.intake.commands.heard import Heard
from guildhall.intake.commands.parsing import Command, Name
from guildhall.people.models import Account

UNDO_DATA = "undo:"
MUTE_S = 86_400
"""How long a mute lasts when no time was said."""
RAID_AT_MOST_MIN = 24 * 60
_ID_SHOWN = 8
_MOST_REASONS = 5
_DOT = re.compile(r"(?<=\w)\.(?=\w)")
_KINDS = {
    Name.WARN: HandMeasure.Kind.WARN, Name.MUTE: HandMeasure.Kind.MUTE, Name.BAN: HandMeasure.Kind.BAN,
    Name.UNMUTE: HandMeasure.Kind.UNMUTE, Name.UNBAN: HandMeasure.Kind.UNBAN,
}  # fmt: skip
_CLAIMS = {HandMeasure.Kind.MUTE: Deed.RESTRICTED, HandMeasure.Kind.BAN: Deed.BANNED}


def measure(
    heard: Heard,
    command: Command,
    standing: Standing,
    account: Account,
    about: Message | None,
    answers: Answers,
) -> None:
    """Do it, and say in the space what was done."""
    kind = _KINDS[command.name]
    seconds = command.seconds
    if seconds is None:
        seconds = MUTE_S if command.name is Name.MUTE else 0
    is_theirs = about is not None and about.account_id == account.id
    taken = guard.take_measure(
        Hand(
            kind,
            heard.space.id,
            account.id,
            standing.actor,
            via=HandMeasure.Via.CHAT,
            seconds=seconds,
            reason=command.text,
            message_id=about.id if about is not None and is_theirs else "",
            key=f"command:{heard.message_id}",
            tell=False,
            facts=standing.facts,
        )
    )
    told = words.measured(kind, _called(account), words.until(taken.until))
    if kind == HandMeasure.Kind.WARN:
        told = words.joined(told, words.strikes(taken.strikes))
    if taken.followed is not None:
        whom = Text("this member", "该成员")
        ends = words.until(taken.followed.until)
        told = words.joined(told, Text("; ", "；"), words.measured(taken.followed.kind, whom, ends))
    told = words.joined(told, Text(".", "。"))
    if taken.by_hand is not None:
        told = words.joined(told, words.NEWLINE, taken.by_hand)
    if command.text:
        told = words.joined(told, words.NEWLINE, Text("Reason: ", "原因："), words.plain(command.text[:300]))
    buttons: tuple[Button, ...] = ()
    if has_buttons(heard.space):
        buttons = (Button("Undo · 撤销", data=f"{UNDO_DATA}{taken.measure.id}"),)
    else:
        told = words.joined(told, words.plain(f"\n/undo {taken.measure.id[-_ID_SHOWN:]}"))
    answers.reply(
        heard,
        told,
        about=about.id if about is not None and is_theirs and not about.removed_at else "",
        buttons=buttons,
        language=heard.space.language,
        after=_claimed(taken.followed or taken.measure),
        otherwise=words.NOT_DONE if taken.followed is None else words.NOT_FOLLOWED,
    )


def _claimed(measure: HandMeasure) -> str:
    """What must have happened before anybody is told of it; '' for what needs nothing of the platform."""
    deed = _CLAIMS.get(HandMeasure.Kind(measure.kind))
    return deed.of(measure.account_id) if deed is not None else ""


def raid(heard: Heard, command: Command, standing: Standing, answers: Answers) -> None:
    """Declare that this space is raided (for at least so long), or end it; say which it is now."""
    if command.name is Name.UNRAID:
        found = Raid.objects.filter(space=heard.space).exclude(state=Raid.State.OVER).first()
        if found is not None:
            guard.end_raid(found.id, standing.actor)
        answers.reply(heard, words.RAID_OVER if found is not None else words.NO_RAID)
        return
    declared = guard.declare_raid(heard.space.id, standing.actor, note=command.text)
    if command.seconds:
        guard.extend_raid(declared.id, standing.actor, min(command.seconds // 60, RAID_AT_MOST_MIN))
    answers.reply(heard, words.RAID_ON)


def undo(
    heard: Heard,
    command: Command,
    standing: Standing,
    account: Account | None,
    about: Message | None,
    answers: Answers,
) -> None:
    """Take back the measure named, else the last thing done about the member: by hand, or by the guard."""
    if command.target.id:
        found = measure_named(command.target.id, heard, standing)
    elif account is not None:
        found = (
            HandMeasure.objects.filter(
                space=heard.space, account=account, undone_at__isnull=True, because_of__isnull=True
            )
            .order_by("-id")
            .first()
        )
    else:
        found = None
    case = _enacted(about) if about is not None and standing.may_review and not command.target.id else None
    if case is not None and (found is None or found.at < (case.decided_at or case.opened_at)):
        guard.undo(case.id, standing.actor, command.text)
    elif found is not None:
        guard.undo_measure(found.id, standing.actor, facts=standing.facts)
    else:
        answers.reply(heard, words.NOTHING_TO_UNDO)
        return
    answers.reply(heard, words.UNDONE)


def measure_named(written: str, heard: Heard, standing: Standing) -> HandMeasure | None:
    """A measure by its id or the end of it: of this space, or of any for a colleague who asks in private."""
    found = HandMeasure.objects.filter(pk__endswith=written)
    if not (heard.space.kind == "private" and standing.actor.startswith("staff:")):
        found = found.filter(space=heard.space)
    return found.order_by("-id").first()


def why(heard: Heard, standing: Standing, about: Message | None, answers: Answers) -> None:
    """Which rules and what score, for those who may know; for the sender the family of the rule only."""
    is_notice = about is not None and about.direction == Message.Direction.OUT
    if about is None or (is_notice and about.account_id == heard.account.id):
        case = finding.latest_enacted(heard.account.id)
        answers.reply(heard, words.WHY_WHOSE if case is None else _family(case))
        return
    if standing.caller.sees_why:
        answers.reply(heard, _in_full(about))
    elif about.account_id == heard.account.id:
        case = _enacted(about)
        answers.reply(heard, _family(case) if case is not None else words.NOTHING_HELD)
    elif answers.is_room_for_refusal(heard):
        answers.reply(heard, words.FOR_MODERATORS)


def _in_full(about: Message) -> Text:
    """Score, rules and what was done by hand. What a rule quotes is made unclickable."""
    verdict = VerdictRecord.objects.filter(message=about).order_by("-id").first()
    lines: list[Text] = []
    if verdict is not None and verdict.reasons:
        policy = f"{verdict.policy_slug} v{verdict.policy_version}"
        lines.append(
            Text(f"Score {verdict.score} of 1000, {policy}", f"评分 {verdict.score}/1000，策略 {policy}")
        )
        for reason in sorted(records.reasons(verdict.reasons), key=lambda one: -one.weight)[:_MOST_REASONS]:
            params = {key: _unclickable(value) for key, value in reason.params.items()}
            said = rulebook.text(reason.rule_id, params)
            lines.append(Text(f"{reason.rule_id}: {said.en}", f"{reason.rule_id}：{said.zh}"))
    else:
        lines.append(words.NOTHING_HELD)
    by_hand = (
        HandMeasure.objects.filter(
            space_id=about.space_id, account_id=about.account_id, undone_at__isnull=True
        )
        .order_by("-id")
        .first()
    )
    if by_hand is not None:
        done = words.measured(by_hand.kind, Text("This member", "该成员"), words.until(by_hand.until))
        at = f" ({by_hand.at:%Y-%m-%d %H:%M} UTC)"
        why_ = f" {by_hand.reason[:200]}" if by_hand.reason else ""
        lines.append(words.joined(done, words.plain(at + why_)))
    return Text("\n".join(line.en for line in lines), "\n".join(line.zh for line in lines))


def _family(case: Case) -> Text:
    reasons = records.reasons(case.verdict.reasons) if case.verdict is not None else ()
    heaviest = max(reasons, key=lambda one: one.weight, default=None)
    family = rulebook.family(heaviest.rule_id) if heaviest is not None else Text("house rules", "群规")
    said = words.WHY_MINE
    return Text(said.en.format(family=family.en), said.zh.format(family=family.zh))


def _enacted(message: Message) -> Case | None:
    return (
        Case.objects.filter(message=message)
        .exclude(enacted=[])
        .exclude(state=Case.State.UNDONE)
        .order_by("-id")
        .first()
    )


def _called(account: Account) -> Text:
    """A member as the bot names them: @name, else the shown name, unless that is a trap of its own."""
    if account.username:
        return words.plain(f"@{account.username}")
    name = one_line(account.display_name, 40)
    if not name or "@" in name or "/" in name or extract(name):
        return Text("This member", "该成员")
    return Text(name, f" {name} ")


def _unclickable(value: str) -> str:
    return _DOT.sub("[.]", value.replace("://", "[:]//")).replace("@", "(at)")[:120]
