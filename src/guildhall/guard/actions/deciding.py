"""What a person decides about a case: uphold, undo, dismiss, reopen, train.

| kind | uphold | undo | dismiss |
|---------|-----------------------------------------|------------------------------------------|---------| |
verdict | it stands; if nothing was done yet, done | taken back on the platform, message fine | closed | |
report | the reporter is right: message removed | the message is fine, and back if removed | closed | |
appeal | the removal stands | taken back on the platform, message fine | closed | | sample | allowed rightly
| should not have been: removed now | closed |

The first decision counts: whoever comes second gets a Conflict that names who decided. The same person
deciding the same again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import MessageVersion
from guildhall.channels.port import Verb
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotFound
from guildhall.core.text import Text
from guildhall.effects import webhooks
from guildhall.guard import notices, records
from guildhall.guard.actions import campaigns, pictures, teaching
from guildhall.guard.actions.recording import dump_actions
from guildhall.guard.enforcement import Order, carry_out, take_back
from guildhall.guard.models import Case, Example
from guildhall.guard.types import SEVERITY, Action, Measure
from guildhall.people.models import Staff

State = Case.State
BAD, FINE = "bad", "fine"
_WORDS = {
    State.UPHELD: Text("upheld", "维持"),
    State.UNDONE: Text("undone", "撤销"),
    State.DISMISSED: Text("dismissed", "忽略"),
}


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """Which cases were decided, and which were passed over with the reason."""

    done: tuple[str, ...]
    skipped: tuple[tuple[str, Text], ...]


def uphold(case_id: str, by: str, note: str = "", *, actions: Sequence[Action] | None = None) -> Case:
    """Confirm a case. `actions` overrides what is done where nothing was done yet (default: what the
    verdict calls for, at least removal). A campaign its message belongs to is confirmed by that. Raises
    NotFound, Conflict.
    """
    with transaction.atomic():
        case, again = _take(case_id, State.UPHELD, by)
        if again:
            return case
        if case.kind == Case.Kind.SAMPLE:
            return _close(case, State.UPHELD, by, note, FINE)
        if case.kind != Case.Kind.APPEAL and not case.enacted:
            _enact(case, tuple(actions) if actions is not None else _called_for(case), by, note)
        _settle_parent(case, State.UPHELD, by, BAD)
        _tell_outcome(case, notices.APPEAL_REFUSED)
        closed = _close(case, State.UPHELD, by, note, BAD)
        campaigns.upheld(case.message_id, by)
        return closed


def undo(case_id: str, by: str, note: str = "") -> Case:
    """Overturn a case: take back what was done, on the platform too; for a sample, remove what was allowed.
    Raises NotFound, Conflict.
    """
    with transaction.atomic():
        case, again = _take(case_id, State.UNDONE, by)
        if again:
            return case
        if case.kind == Case.Kind.SAMPLE:
            _enact(case, (Action(Measure.DELETE),), by, note)
            return _close(case, State.UNDONE, by, note, BAD)
        _take_back(case, by)
        return _close(case, State.UNDONE, by, note, FINE)


def dismiss(case_id: str, by: str, note: str = "") -> Case:
    """Close a case without saying whether the message is bad; nothing is done or taken back. Raises
    NotFound, Conflict.
    """
    with transaction.atomic():
        case, again = _take(case_id, State.DISMISSED, by)
        if again:
            return case
        _tell_outcome(case, notices.APPEAL_CLOSED)
        return _close(case, State.DISMISSED, by, note, "")


def reopen(case_id: str, by: str, note: str = "") -> Case:
    """Make a decided case open again, so that it can be decided otherwise. What was done stays until then.
    Raises NotFound.
    """
    with transaction.atomic():
        case = _locked(case_id)
        if case.state == State.OPEN:
            return case
        was = case.state
        case.state, case.decided_at, case.decided_by, case.truth = State.OPEN, None, "", ""
        case.save(update_fields=["state", "decided_at", "decided_by", "truth"])
        teaching.reopened(case)
        audit.record(by, "case.reopened", f"case:{case.id}", {"was": was, "note": bool(note)})
        return case


def bulk_uphold(case_ids: Sequence[str], by: str, note: str = "") -> BulkOutcome:
    """Uphold many, each in its own transaction; those somebody else decided meanwhile are passed over and
    told.
    """
    done, skipped = [], []
    for case_id in dict.fromkeys(case_ids):
        try:
            uphold(case_id, by, note)
        except GuildhallError as error:
            skipped.append((case_id, error.text))
        else:
            done.append(case_id)
    return BulkOutcome(tuple(done), tuple(skipped))


def train(case_id: str, label: str, by: str) -> Example:
    """Keep the case's message, as it was judged, as an example labelled `scam` or `fine`. Raises NotFound,
    BadInput.
    """
    if label not in Example.Label.values:
        raise BadInput(Text("The label is scam or fine.", "标签只能是 scam 或 fine。"), field="label")
    with transaction.atomic():
        case = _locked(case_id)
        known = Example.objects.filter(case=case).first()
        if known is not None and known.label == label:
            return known
        example, _created = Example.objects.update_or_create(
            case=case, defaults={"text": judged_text(case), "label": label, "by": by, "at": clock.now()}
        )
        teaching.keep(case, example.text, label, by, source=teaching.Source.TAUGHT)
        audit.record(
            by, "case.trained", f"case:{case.id}", {"label": label, "was": known.label if known else ""}
        )
        return example


def judged_text(case: Case) -> str:
    """The wording the case is about: the message's at that version, not what it was edited to since."""
    if case.message.version != case.message_version:
        old = (
            MessageVersion.objects.filter(message_id=case.message_id, version=case.message_version)
            .values_list("text", flat=True)
            .first()
        )
        if old is not None:
            return old
    return case.message.text


def _locked(case_id: str) -> Case:
    case = Case.objects.select_for_update(of=("self",)).select_related("message").filter(pk=case_id).first()
    if case is None:
        raise NotFound(Text("There is no such case.", "不存在该案例。"))
    return case


def _take(case_id: str, wanted: Case.State, by: str) -> tuple[Case, bool]:
    """The case for a decision, and whether this very decision was already made by the same person."""
    case = _locked(case_id)
    if case.state == State.OPEN:
        return case, False
    if case.state == wanted and case.decided_by == by:
        return case, True
    name = actor_name(case.decided_by)
    word = _WORDS[State(case.state)]
    raise Conflict(
        Text(f"{name} has already decided this case: {word.en}.", f"{name} 已处理此案例：{word.zh}。"),
        code="case_decided",
    )


def actor_name(actor: str) -> str:
    """An actor as people know it: a staff member's name, else the actor itself."""
    kind, _, key = actor.partition(":")
    if kind == "staff" and key.isdigit():
        return Staff.objects.filter(pk=int(key)).values_list("name", flat=True).first() or actor
    return actor


def _close(case: Case, state: Case.State, by: str, note: str, truth: str) -> Case:
    case.state, case.decided_at, case.decided_by = state, clock.now(), by
    case.note, case.truth = note[:2000], truth
    case.save(update_fields=["state", "decided_at", "decided_by", "note", "truth", "enacted", "manual_step"])
    _teach(case, by)
    audit.record(
        by,
        f"case.{state.value}",
        f"case:{case.id}",
        {"kind": case.kind, "message": case.message_id, "truth": truth, "done": case.enacted},
    )
    webhooks.announce(
        "case.decided", {"case": case.id, "kind": case.kind, "state": state.value, "message": case.message_id}
    )
    return case


def _teach(case: Case, by: str) -> None:
    """What a decision says of the words is kept to learn from. An appeal speaks of the case it is about."""
    about = case.parent if case.kind == Case.Kind.APPEAL and case.parent is not None else case
    if case.truth:
        label = teaching.SCAM if case.truth == BAD else teaching.FINE
        teaching.keep(about, judged_text(about), label, by)
        rules = [str(one.get("rule", "")) for one in (about.verdict.reasons if about.verdict else ())]
        pictures.learn_from_decision(about.message_id, case.truth, by, rules)


def _called_for(case: Case) -> tuple[Action, ...]:
    removal = Action(Measure.DELETE)
    try:
        measure = Measure(case.action)
    except ValueError:
        return (removal,)
    if SEVERITY[measure] <= SEVERITY[Measure.DELETE]:
        return (removal,)
    return (removal, Action(measure, 86_400 if measure is Measure.RESTRICT else 0))


def _enact(case: Case, actions: tuple[Action, ...], by: str, note: str) -> None:
    if not actions:
        return
    reasons = case.verdict and records.reasons(case.verdict.reasons)
    order = Order(
        case.id, case.space_id, case.message_id, case.account_id, actions, reasons or (), clock.now()
    )
    case.manual_step = carry_out([order], actor=by).get(case.id, {})
    case.enacted = dump_actions(actions)


def _take_back(case: Case, by: str) -> None:
    """Everything done because of this message is undone together, whichever case it hangs on."""
    related = list(
        Case.objects.select_for_update().filter(message_id=case.message_id).exclude(state=State.UNDONE)
    )
    done = [other for other in related if other.enacted]
    orders = [
        Order(
            other.id,
            other.space_id,
            other.message_id,
            other.account_id,
            records.enacted(other.enacted),
            (),
            clock.now(),
        )
        for other in done
    ]
    appeals = [other for other in related if other.kind == Case.Kind.APPEAL and other.state == State.OPEN]
    if orders:
        # Whoever appealed is told with the outcome of the appeal.
        manual = take_back(orders, actor=by, tell=not appeals)
        case.manual_step = next(iter(manual.values()), {})
    for appeal in appeals:
        _tell_outcome(appeal, _granted(appeal))
    now = clock.now()
    for other in {other.pk: other for other in (*done, *appeals)}.values():
        if other.pk != case.pk:
            Case.objects.filter(pk=other.pk).update(
                state=State.UNDONE, decided_at=now, decided_by=by, truth=FINE
            )
            other.truth = FINE
            _teach(other, by)
            audit.record(
                by, "case.undone", f"case:{other.id}", {"through": case.id, "message": case.message_id}
            )


def _granted(appeal: Case) -> Text:
    back = registry.capability(appeal.space.platform, Verb.RESTORE).supported
    return notices.APPEAL_GRANTED_BACK if back else notices.APPEAL_GRANTED_AGAIN


def _tell_outcome(case: Case, words: Text) -> None:
    """How an appeal ended, to the member who made it."""
    if case.kind != Case.Kind.APPEAL or case.account_id is None:
        return
    told = notices.tell(case.space, case.account_id, words, about=case.message_id, cause=f"case:{case.id}")
    if told is not None:
        channels.request_many([told], actor="system:guard", reason="guard")


def _settle_parent(case: Case, state: Case.State, by: str, truth: str) -> None:
    """An appeal that is refused closes the verdict it was raised against, if that still waits."""
    if case.kind != Case.Kind.APPEAL or case.parent_id is None:
        return
    if Case.objects.filter(pk=case.parent_id, state=State.OPEN).update(
        state=state, decided_at=clock.now(), decided_by=by, truth=truth
    ):
        audit.record(by, f"case.{state.value}", f"case:{case.parent_id}", {"through": case.id})
