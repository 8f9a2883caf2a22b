"""Pages: raised once, told step by step until somebody is on it, and over when what raised them is over.

Each deed is one transaction with its audit row and the effects it causes. Who is told of a step, and what
comes after it, is worked out when the step is due: whoever left the team meanwhile is not woken.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from guildhall.core import audit, clock
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects import webhooks
from guildhall.effects.types import NewEffect
from guildhall.paging import escalating, finding
from guildhall.paging.escalating import USUAL, Course
from guildhall.paging.kinds import RANK, NoticeState, PageState, Severity, What
from guildhall.paging.models import Notice, Page, Pager

STEP, TELL = "paging.step", "paging.tell"
OPEN, TAKEN, OVER = PageState.OPEN, PageState.ACKNOWLEDGED, PageState.RESOLVED
_MOST_TITLE, _MOST_BODY = 200, 2000
NOTHING = Text("", "")


def raise_page(
    kind: str,
    title: Text,
    *,
    by: str,
    severity: str = Severity.WARNING,
    body: Text = NOTHING,
    link: str = "",
    dedupe_key: str = "",
    course: Course | None = None,
) -> Page:
    """Have somebody told that something needs them now; returns the page.

    kind: a dotted name as in `trouble.disk_full`, which plans refer to. link: a path of the console. A page
    with the same `dedupe_key` that is not over yet counts once more; it rings again only when it became more
    pressing. course: who is told, instead of whom the plans name. Joins the caller's transaction.
    """
    key = (dedupe_key or kind)[:190]
    with transaction.atomic():
        page, created = _open_page(kind, Severity(severity), title, by, key, body, link, course)
        if created:
            audit.record(by, "page.raised", f"page:{page.pk}", {"kind": kind, "severity": page.severity})
            webhooks.announce("page.raised", {"page": page.pk, "kind": kind, "severity": page.severity})
            _queue_step(page, 0, 0, clock.now())
        else:
            _again(page, Severity(severity), title, body)
        return page


def acknowledge(page_id: str, by: str, *, pager_id: str = "") -> Page:
    """Somebody is on it: nobody else is woken. Twice is the same as once; a page that is over stays over.

    pager_id: the pager it was acknowledged through, which thereby has proved to work. Raises NotFound.
    """
    with transaction.atomic():
        page = _locked(page_id)
        if pager_id:
            _proved(pager_id, by)
        if page.state != OPEN:
            return page
        page.state, page.acknowledged_by, page.acknowledged_at, page.next_at = TAKEN, by, clock.now(), None
        page.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "next_at"])
        _let_go(page)
        audit.record(by, "page.acknowledged", f"page:{page.pk}", {"kind": page.kind})
        webhooks.announce("page.acknowledged", {"page": page.pk, "kind": page.kind})
        _tell_those_told(page, What.TAKEN, by)
        return page


def resolve(page_id: str, by: str) -> Page:
    """It is over: incidents that other services opened for it are closed too. Raises NotFound."""
    with transaction.atomic():
        page = _locked(page_id)
        if page.state == OVER:
            return page
        page.state, page.resolved_by, page.resolved_at, page.next_at = OVER, by, clock.now(), None
        page.save(update_fields=["state", "resolved_by", "resolved_at", "next_at"])
        _let_go(page)
        audit.record(by, "page.resolved", f"page:{page.pk}", {"kind": page.kind})
        webhooks.announce("page.resolved", {"page": page.pk, "kind": page.kind})
        _tell_those_told(page, What.OVER, by)
        return page


def resolve_by_key(dedupe_key: str, by: str) -> bool:
    """The same for whoever raised it and did not keep the page; whether there was one."""
    page = Page.objects.filter(dedupe_key=dedupe_key).exclude(state=OVER).first()
    if page is not None:
        resolve(page.pk, by)
    return page is not None


def take_step(page_id: str, step: int, round_: int) -> int:
    """Tell everybody of one step and plan the next; returns how many were told. A step whose page somebody is
    on, or that was taken before, does nothing.
    """
    with transaction.atomic():
        page = Page.objects.select_for_update().filter(pk=page_id).first()
        if page is None or page.state != OPEN or (page.round, page.step) != (round_, step):
            return 0
        course = escalating.course_of(page.plan)
        who = course.steps[step].who if step < len(course.steps) else ()
        told = [
            tell(page, reach.pager, What.RAISED, staff_id=reach.staff.pk if reach.staff else None)
            for reach in finding.reaches(who, page.severity)
        ]
        following = escalating.after(course, step, round_)
        if following is None:
            page.next_at = None
            page.save(update_fields=["next_at"])
            audit.record("system:paging", "page.unanswered", f"page:{page.pk}", {"kind": page.kind})
        else:
            # Whoever could be told of nothing leaves the next ones waiting for no reason.
            wait = following[2] if told else timedelta(0)
            _queue_step(page, following[0], following[1], clock.now() + wait)
        return len(told)


def tell(
    page: Page, pager: Pager | None, what: What, *, staff_id: int | None, quietly: bool = True
) -> Notice:
    """Queue one notice to one pager (None: the address somebody signs in with). quietly: quiet hours count.

    Inside the caller's transaction.
    """
    now = clock.now()
    due = now
    if pager is not None and quietly:
        until = escalating.quiet_until(now, pager.quiet_from, pager.quiet_to, pager.zone, page.severity)
        due = until or now
    notice = Notice.objects.create(
        page=page, pager=pager, staff_id=staff_id, means=finding.Reach(None, pager).means, what=what,
        step=page.step, round=page.round, due_at=due,
        state=NoticeState.HELD if due > now else NoticeState.PLANNED,
    )  # fmt: skip
    effects.enqueue(
        NewEffect(
            TELL,
            {"notice": notice.pk},
            order_key=f"page:{page.pk}:{pager.pk if pager else staff_id}",
            due_at=due if due > now else None,
            priority=20,
            cause=f"page:{page.pk}",
        )
    )
    return notice


def hurry(page_id: str) -> None:
    """Nobody could be told of the step that is on: the next one is taken now. Inside a transaction."""
    page = Page.objects.select_for_update().filter(pk=page_id, state=OPEN).first()
    if page is None or page.next_at is None or page.next_at <= clock.now():
        return
    page.next_at = clock.now()
    page.save(update_fields=["next_at"])
    effects.enqueue(
        NewEffect(
            STEP,
            {"page": page.pk, "step": page.step, "round": page.round},
            priority=20,
            cause=f"page:{page.pk}",
        )
    )


def _open_page(
    kind: str,
    severity: Severity,
    title: Text,
    by: str,
    key: str,
    body: Text,
    link: str,
    course: Course | None,
) -> tuple[Page, bool]:
    """The page of a key that is not over, made when there is none."""
    known = Page.objects.select_for_update().filter(dedupe_key=key).exclude(state=OVER).first()
    if known is not None:
        return known, False
    plan = finding.plan_for(kind) if course is None else None
    if plan is not None:
        course = Course(escalating.course_of({"steps": plan.steps}).steps, plan.again_min, plan.rounds)
    fresh = Page(
        kind=kind[:60], severity=severity, dedupe_key=key, raised_by=by, link=link[:300],
        title=_cut(title, _MOST_TITLE), body=_cut(body, _MOST_BODY), plan=(course or USUAL).to_json(),
        raised_at=clock.now(), last_at=clock.now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            fresh.save(force_insert=True)
    except IntegrityError:
        return Page.objects.select_for_update().exclude(state=OVER).get(dedupe_key=key), False
    return fresh, True


def _again(page: Page, severity: Severity, title: Text, body: Text) -> None:
    page.count, page.last_at = page.count + 1, clock.now()
    fields = ["count", "last_at"]
    if RANK[severity] > RANK[Severity(page.severity)]:
        page.severity, page.title, page.body = severity, _cut(title, _MOST_TITLE), _cut(body, _MOST_BODY)
        fields += ["severity", "title", "body"]
        if page.state == OPEN:
            _queue_step(page, 0, page.round, clock.now())
    page.save(update_fields=fields)


def _queue_step(page: Page, step: int, round_: int, at: datetime) -> None:
    page.step, page.round, page.next_at = step, round_, at
    page.save(update_fields=["step", "round", "next_at"])
    payload = {"page": page.pk, "step": step, "round": round_}
    effects.enqueue(NewEffect(STEP, payload, due_at=at, priority=20, cause=f"page:{page.pk}"))


def _let_go(page: Page) -> None:
    """What was not sent yet is not needed any more."""
    waiting = (NoticeState.PLANNED, NoticeState.HELD)
    page.notices.filter(state__in=waiting).update(state=NoticeState.SKIPPED)


def _tell_those_told(page: Page, what: What, by: str) -> None:
    """Everybody who heard of it, but whoever did it, hears that it is taken or over; services close their
    incident.
    """
    seen: set[tuple[str | None, int | None]] = set()
    for notice in page.notices.filter(state=NoticeState.SENT, what=What.RAISED).select_related("pager"):
        key = notice.pager_id, notice.staff_id
        is_nobody = notice.pager is None and notice.staff_id is None
        if key in seen or is_nobody or by == f"staff:{notice.staff_id}":
            continue
        seen.add(key)
        tell(page, notice.pager, what, staff_id=notice.staff_id)


def _proved(pager_id: str, by: str) -> None:
    if Pager.objects.filter(pk=pager_id, verified_at=None).update(verified_at=clock.now()):
        audit.record(by, "pager.verified", f"pager:{pager_id}")


def _locked(page_id: str) -> Page:
    page = Page.objects.select_for_update().filter(pk=page_id).first()
    if page is None:
        raise NotFound(Text("There is no such page.", "不存在该告警。"))
    return page


def _cut(text: Text, most: int) -> dict[str, str]:
    return {"en": text.en[:most], "zh": text.zh[:most]}
