"""What must be covered, and the keys of calendar feeds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.people.models import Staff, Team
from guildhall.people.tokens import hash_of, new_secret
from guildhall.work.duty.seeing import teams_seen
from guildhall.work.duty.speaking import short
from guildhall.work.duty.wall import DAY_MINUTES, zone_of
from guildhall.work.models import DutyKind, FeedKey, Need

MOST_NEEDS, MOST_FEEDS = 200, 20


@dataclass(frozen=True, slots=True)
class Needed:
    """A need as somebody writes it. `closes` at or before `opens` is on the next day."""

    team_id: int
    opens: int
    closes: int
    zone: str
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    language: str = ""
    least: int = 1
    kind: str = DutyKind.SHIFT


def add_need(needed: Needed, *, by: str) -> Need:
    """Say how many must be on duty when. Raises BadInput naming the field."""
    zone_of(needed.zone)
    closes = needed.closes if needed.closes > needed.opens else needed.closes + DAY_MINUTES
    if not (0 <= needed.opens < DAY_MINUTES and closes <= 2 * DAY_MINUTES):
        raise BadInput(Text("There is no such time of day.", "时间无效。"), field="opens")
    if not needed.weekdays or not set(needed.weekdays) <= set(range(7)):
        raise BadInput(Text("Choose at least one day.", "请至少选择一天。"), field="weekdays")
    if not 1 <= needed.least <= 100:
        raise BadInput(Text("Between 1 and 100 people.", "人数须为 1 至 100。"), field="least")
    if needed.kind not in set(DutyKind):
        raise BadInput(Text("There is no such kind of duty.", "不存在该值班类型。"), field="kind")
    if not Team.objects.filter(pk=needed.team_id).exists():
        raise BadInput(Text("There is no such team.", "不存在该团队。"), field="team")
    with transaction.atomic():
        if Need.objects.count() >= MOST_NEEDS:
            raise BadInput(Text(f"At most {MOST_NEEDS} of them.", f"最多 {MOST_NEEDS} 条。"), field="team")
        need = Need.objects.create(
            team_id=needed.team_id, kind=needed.kind, language=short(needed.language.strip())[:10],
            weekdays=sorted(set(needed.weekdays)), opens=needed.opens, closes=closes, zone=needed.zone,
            least=needed.least, made_by=by, made_at=clock.now(),
        )  # fmt: skip
        audit.record(by, "need.added", f"need:{need.pk}", {"least": need.least, "language": need.language})
    return need


def remove_need(need_id: str, *, by: str) -> None:
    """Nobody must be there for this any more. Twice changes nothing."""
    with transaction.atomic():
        need = Need.objects.select_for_update().filter(pk=need_id).first()
        if need is not None:
            audit.record(
                by, "need.removed", f"need:{need.pk}", {"least": need.least, "language": need.language}
            )
            need.delete()


def make_feed(staff: Staff, team_id: int | None = None) -> tuple[FeedKey, str]:
    """A new calendar feed of a person's own shifts, or of a team they may see; and its key, shown once.

    Raises NotAllowed, BadInput when there are too many.
    """
    if team_id is not None and not teams_seen(staff).filter(pk=team_id).exists():
        raise NotAllowed(Text("You do not see this team.", "您无权查看该团队。"))
    with transaction.atomic():
        if FeedKey.objects.filter(staff=staff, revoked_at=None).count() >= MOST_FEEDS:
            raise BadInput(Text("Revoke a feed first.", "请先撤销一个日历订阅。"))
        secret = new_secret()
        feed = FeedKey.objects.create(
            staff=staff, team_id=team_id, key_hash=hash_of(secret), made_at=clock.now()
        )
        audit.record(staff.actor, "feed_key.made", f"feed_key:{feed.pk}", {"team": team_id})
    return feed, secret


def revoke_feed(feed_id: str, staff: Staff) -> None:
    """End a feed of one's own; its address answers no more. Raises NotFound."""
    with transaction.atomic():
        feed = FeedKey.objects.select_for_update().filter(pk=feed_id, staff=staff).first()
        if feed is None:
            raise NotFound(Text("There is no such feed.", "不存在该日历订阅。"))
        if feed.revoked_at is None:
            feed.revoked_at = clock.now()
            feed.save(update_fields=["revoked_at"])
            audit.record(staff.actor, "feed_key.revoked", f"feed_key:{feed.pk}")
