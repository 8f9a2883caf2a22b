"""Pagers and plans: added, tried out, changed, removed. A pager counts once somebody acknowledged a page
through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from guildhall.channels.email.decoding import address_of
from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects import webhooks
from guildhall.paging import escalating
from guildhall.paging.actions.pages import tell
from guildhall.paging.kinds import Means, Severity, What
from guildhall.paging.models import Page, Pager, Plan, secret_name
from guildhall.people.models import Account, Staff

TEST = "paging.test"
PUSHOVER, PAGERDUTY = "https://api.pushover.net/1/messages.json", "https://events.pagerduty.com/v2/enqueue"
_TEST_TITLE = Text("This is a test", "这是一条测试告警")
_TEST_BODY = Text("Acknowledge it, and this pager counts from now on.", "请点击“确认”，该通知方式随即生效。")
_MOST_PAGERS = 10
_NEEDS_SECRET = (Means.PUSHOVER, Means.WEBHOOK)


def add_pager(
    means: str, by: str, *, staff_id: int | None, address: str, secret: str = "", **said: Any
) -> Pager:
    """Add a way to reach somebody (staff_id None: the house's own service).

    said: label, quiet_from, quiet_to, zone, least. Raises BadInput naming the field, Conflict when it is
    there.
    """
    pager = Pager(staff_id=staff_id, means=Means(means), created_by=by)
    pager.address = _address(pager, address)
    if pager.means in _NEEDS_SECRET and not secret:
        raise BadInput(Text("The key is missing.", "缺少密钥。"), field="secret")
    _take(pager, said)
    if staff_id is not None and Pager.objects.filter(staff_id=staff_id).count() >= _MOST_PAGERS:
        raise Conflict(Text("Ten pagers are enough for one person.", "每人最多设置 10 种通知方式。"))
    try:
        with transaction.atomic():
            pager.save(force_insert=True)
            if secret:
                secrets.put(secret_name(pager.pk), secret, by)
            audit.record(by, "pager.added", f"pager:{pager.pk}", {"means": pager.means})
    except IntegrityError as error:
        raise Conflict(Text("This pager is there already.", "该通知方式已存在。")) from error
    return pager


def change_pager(pager: Pager, by: str, **said: Any) -> Pager:
    """Change label, quiet hours, zone, least severity or whether it is on. Raises BadInput."""
    with transaction.atomic():
        row = _locked(pager.pk)
        _take(row, said)
        row.save()
        audit.record(by, "pager.changed", f"pager:{row.pk}", {"fields": sorted(said)})
    return row


def remove_pager(pager: Pager, by: str) -> None:
    """Forget a pager and its key."""
    with transaction.atomic():
        Pager.objects.filter(pk=pager.pk).delete()
        secrets.delete(secret_name(pager.pk), by)
        audit.record(by, "pager.removed", f"pager:{pager.pk}")


def test_pager(pager: Pager, by: str) -> Page:
    """Ring this pager only, at once, quiet hours or not. Acknowledging the page through it proves it."""
    now = clock.now()
    with transaction.atomic():
        page = Page.objects.create(
            kind=TEST, severity=Severity.INFO, title=_TEST_TITLE.to_json(), body=_TEST_BODY.to_json(),
            dedupe_key=f"{TEST}:{pager.pk}:{now.isoformat()}", plan=escalating.USUAL.to_json(),
            raised_by=by, raised_at=now, last_at=now,
        )  # fmt: skip
        audit.record(by, "pager.tested", f"pager:{pager.pk}", {"page": page.pk})
        tell(page, pager, What.RAISED, staff_id=pager.staff_id, quietly=False)
    return page


def telegram_talks(staff: Staff) -> list[Space]:
    """The private talks somebody has with our bots under a Telegram account that is linked to them."""
    theirs = Account.objects.filter(platform="telegram", staff=staff)
    return list(
        Space.objects.filter(
            platform="telegram", kind="private", archived_at=None, members__account__in=theirs
        ).distinct()
    )


def save_plan(plan: Plan | None, by: str, *, name: str, data: Mapping[str, Any], kinds: list[str]) -> Plan:
    """Write a plan. `data` as `escalating.course_of` reads it. Raises BadInput."""
    course = escalating.course_of(data)
    name = one_line(name, 80)
    if not name:
        raise BadInput(Text("Give the plan a name.", "请填写方案名称。"), field="name")
    with transaction.atomic():
        row = plan or Plan()
        row.name, row.kinds = name, [one_line(kind, 60) for kind in kinds if kind.strip()][:50]
        row.steps = course.to_json()["steps"]
        row.again_min, row.rounds = course.again_min, course.rounds
        row.changed_by, row.changed_at = by, clock.now()
        row.save()
        audit.record(by, "paging.plan_saved", f"plan:{row.pk}", {"steps": len(course.steps)})
    return row


def remove_plan(plan: Plan, by: str) -> None:
    """Forget a plan; pages that are on keep the one they were raised under."""
    with transaction.atomic():
        audit.record(by, "paging.plan_removed", f"plan:{plan.pk}")
        Plan.objects.filter(pk=plan.pk).delete()


def _address(pager: Pager, given: str) -> str:
    given = given.strip()
    if pager.means == Means.EMAIL:
        found = address_of(given)
        if not found:
            raise BadInput(Text("This is not an e-mail address.", "这不是有效的邮箱地址。"), field="address")
        return found
    if pager.means == Means.TELEGRAM:
        staff = Staff.objects.filter(pk=pager.staff_id or 0).first()
        if staff is None or given not in {space.pk for space in telegram_talks(staff)}:
            raise BadInput(
                Text(
                    "Link your Telegram account first and start our bot.",
                    "请先关联您的 Telegram 账号并启动我们的机器人。",
                ),
                field="address",
            )
        return given
    if not given:
        given = {Means.PUSHOVER: PUSHOVER, Means.WEBHOOK: PAGERDUTY}.get(Means(pager.means), "")
    webhooks.check_url(given)
    if pager.means == Means.NTFY and not urlsplit(given).path.strip("/"):
        raise BadInput(
            Text("Write the whole address of the topic.", "请填写主题的完整网址。"), field="address"
        )
    return given


def _take(row: Pager, said: Mapping[str, Any]) -> None:
    for field, value in said.items():
        if field not in ("label", "quiet_from", "quiet_to", "zone", "least", "enabled"):
            raise BadInput(Text(f"{field} cannot be changed.", f"{field} 不可修改。"), field=field)
        setattr(row, field, one_line(value, 80) if field == "label" else value)
    for field in ("quiet_from", "quiet_to"):
        if not 0 <= int(getattr(row, field)) <= 24 * 60:
            raise BadInput(Text("A time of the day.", "请填写一天中的时间。"), field=field)
    try:
        ZoneInfo(row.zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(Text("There is no such time zone.", "不存在该时区。"), field="zone") from error
    row.least = Severity(row.least)


def _locked(pager_id: str) -> Pager:
    row = Pager.objects.select_for_update().filter(pk=pager_id).first()
    if row is None:
        raise NotFound(Text("There is no such pager.", "不存在该通知方式。"))
    return row
