"""Members speak up: an appeal against a removal, a report of somebody else's message. Both become cases."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from guildhall.channels.models import Message
from guildhall.core import audit, clock
from guildhall.core.errors import Conflict, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.effects import webhooks
from guildhall.guard import alerts
from guildhall.guard.models import Case, Report

APPEAL_PRIORITY = 200
REPORT_PRIORITY = 90
_LONGEST = 2000


def open_appeal(message_id: str, by_account: str, text: str = "") -> Case:
    """The sender of a removed message asks for a person; once per message, the second time gives the same
    case.

    by_account: our account id of the sender. Raises NotFound, NotAllowed (not the sender), Conflict
    (nothing was done).
    """
    with transaction.atomic():
        message = _message(message_id)
        if message.account_id != by_account:
            raise NotAllowed(
                Text("Only the sender can appeal.", "只有发送者本人可以申诉。"), code="not_the_sender"
            )
        known = Case.objects.filter(message=message, kind=Case.Kind.APPEAL).first()
        if known is not None:
            return known
        parent = (
            Case.objects.filter(message=message)
            .exclude(enacted=[])
            .exclude(state=Case.State.UNDONE)
            .order_by("-id")
            .first()
        )
        if parent is None:
            raise Conflict(
                Text("Nothing was done about this message.", "此消息未受任何处置。"), code="nothing_to_appeal"
            )
        case = Case.objects.create(
            kind=Case.Kind.APPEAL,
            verdict=parent.verdict,
            message=message,
            message_version=parent.message_version,
            space_id=message.space_id,
            account_id=message.account_id,
            priority=APPEAL_PRIORITY,
            score=parent.score,
            action=parent.action,
            mode=parent.mode,
            opened_at=clock.now(),
            opened_by=f"account:{by_account}",
            statement=_clean(text),
            parent=parent,
        )
        audit.record(
            f"account:{by_account}",
            "case.appealed",
            f"case:{case.id}",
            {"message": message_id, "against": parent.id},
        )
        webhooks.announce("case.appealed", {"case": case.id, "message": message_id})
        alerts.tell_staff(case)
        return case


def add_statement(case_id: str, by_account: str, text: str) -> bool:
    """What the member writes after having appealed; False when the appeal has words already or was decided.
    Raises NotFound (no such appeal of theirs).
    """
    with transaction.atomic():
        case = (
            Case.objects.select_for_update()
            .filter(pk=case_id, kind=Case.Kind.APPEAL, account_id=by_account)
            .first()
        )
        if case is None:
            raise NotFound(Text("There is no such appeal.", "不存在该申诉。"))
        words = _clean(text)
        if case.statement or case.state != Case.State.OPEN or not words:
            return False
        case.statement = words
        case.save(update_fields=["statement"])
        audit.record(f"account:{by_account}", "case.stated", f"case:{case.id}")
        return True


def report_message(message_id: str, reporter: str, text: str = "") -> Case:
    """Somebody reports a message. Reports of one message gather in one open case, whose priority grows with
    them.

    reporter: an actor such as `account:<id>` or `staff:<pk>`. Raises NotFound.
    """
    with transaction.atomic():
        message = _message(message_id)
        before = Report.objects.filter(message=message, reporter=reporter).select_related("case").first()
        if before is not None:
            return before.case
        now = clock.now()
        case, is_new = Case.objects.get_or_create(
            message=message,
            kind=Case.Kind.REPORT,
            state=Case.State.OPEN,
            defaults={
                "message_version": message.version,
                "space_id": message.space_id,
                "account_id": message.account_id,
                "priority": REPORT_PRIORITY,
                "action": "review",
                "opened_at": now,
                "opened_by": reporter,
                "statement": _clean(text),
            },
        )
        Report.objects.create(case=case, message=message, reporter=reporter, text=_clean(text), at=now)
        Case.objects.filter(pk=case.pk).update(reports=F("reports") + 1, priority=F("priority") + 5)
        case.refresh_from_db()
        audit.record(reporter, "message.reported", f"message:{message_id}", {"case": case.id})
        webhooks.announce(
            "message.reported", {"case": case.id, "message": message_id, "reports": case.reports}
        )
        if is_new:
            alerts.tell_staff(case)
        return case


def _message(message_id: str) -> Message:
    message = Message.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotFound(Text("There is no such message.", "不存在该消息。"))
    return message


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:_LONGEST]
