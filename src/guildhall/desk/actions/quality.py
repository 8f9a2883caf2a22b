"""Everything that happens to quality: cards and rules are written, a week is drawn, answers are judged, and
what the agent holds against it is decided by somebody else.

Nobody judges their own answer; a second judge never knows the first one's marks before giving their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.desk.models import Appeal, Coaching, Review, SamplingRule, Scorecard, ScorecardVersion
from guildhall.desk.models.quality import marks_of
from guildhall.desk.quality import candidates, sampling, scorecards
from guildhall.desk.quality.scorecards import Card
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff

LONGEST = 4_000
APPEAL_DAYS = 14
State = Review.State


def save_card(card: Scorecard | None, *, name: Text, content: Card, by: Staff | str) -> ScorecardVersion:
    """Write a card, or a new version of one, which is in force from then on. What was judged by an older
    version stays so. Saving what is in force already makes no version. Raises BadInput.
    """
    if not name.en.strip() or not name.zh.strip():
        raise BadInput(
            Text("A scorecard needs a name in both languages.", "评分卡需要中英文名称。"), field="name"
        )
    checked = Card.from_json(content.to_json())
    actor, called = actor_of(by), {"en": name.en.strip()[:80], "zh": name.zh.strip()[:80]}
    with transaction.atomic():
        if card is None:
            card = Scorecard.objects.create(name=called, created_by=actor)
        else:
            card = Scorecard.objects.select_for_update().get(pk=card.pk)
            Scorecard.objects.filter(pk=card.pk).update(name=called)
        newest = card.versions.order_by("-number").first()
        if newest is not None and newest.content == checked.to_json():
            return newest
        number = (newest.number if newest else 0) + 1
        version = ScorecardVersion.objects.create(
            scorecard=card, number=number, content=checked.to_json(), made_by=actor, made_at=clock.now()
        )
        audit.record(actor, "quality.card_saved", f"scorecard:{card.pk}", {"version": number})
    return version


def archive_card(card_id: str, by: Staff | str) -> None:
    """Judge by it no longer. Raises NotFound, and Conflict while a rule draws for it."""
    with transaction.atomic():
        card = Scorecard.objects.select_for_update().filter(pk=card_id, archived_at=None).first()
        if card is None:
            raise NotFound(Text("There is no such scorecard.", "没有此评分卡。"))
        if card.rules.filter(is_on=True).exists():
            raise Conflict(Text("A sampling rule still uses it.", "仍有抽样规则在使用该评分卡。"))
        Scorecard.objects.filter(pk=card.pk).update(archived_at=clock.now())
        audit.record(actor_of(by), "quality.card_archived", f"scorecard:{card.pk}")


def save_rule(rule: SamplingRule | None, columns: Mapping[str, Any], by: Staff | str) -> SamplingRule:
    """Write a rule; `columns` are those of the model, match as JSON. Raises BadInput."""
    match = sampling.Match.from_json(columns.get("match") or {}).to_json()
    for name in ("share_bp", "second_bp"):
        if not 0 <= int(columns.get(name) or 0) <= sampling.FULL:
            raise BadInput(Text("A share lies between 0 and 100 %.", "比例须在 0 到 100% 之间。"), field=name)
    if not int(columns.get("share_bp") or 0) and not int(columns.get("at_least") or 0):
        raise BadInput(
            Text("Say a share, a number for each agent, or both.", "请填写比例或每人条数，或两者都填。"),
            field="share_bp",
        )
    actor = actor_of(by)
    said = {**columns, "match": match, "changed_by": actor, "changed_at": clock.now()}
    with transaction.atomic():
        if rule is None:
            rule = SamplingRule.objects.create(**said)
        else:
            SamplingRule.objects.filter(pk=rule.pk).update(**said)
            rule.refresh_from_db()
        audit.record(actor, "quality.rule_saved", f"sampling_rule:{rule.pk}", {"share_bp": rule.share_bp})
    return rule


def remove_rule(rule_id: str, by: Staff | str) -> None:
    """Draw by it no longer; what it drew stays. Raises NotFound."""
    with transaction.atomic():
        removed, _ = SamplingRule.objects.filter(pk=rule_id).delete()
        if not removed:
            raise NotFound(Text("There is no such rule.", "没有此规则。"))
        audit.record(actor_of(by), "quality.rule_removed", f"sampling_rule:{rule_id}")


def draw_week(week: date, by: Staff | str) -> int:
    """Draw what is judged of the week that begins on Monday `week` (UTC); returns how many reviews are new.
    Drawing again adds nothing. Raises BadInput for a week that is not over.
    """
    if week.weekday() != 0:
        raise BadInput(Text("A week begins on a Monday.", "一周从星期一开始。"), field="week")
    if week + timedelta(days=7) > clock.now().date():
        raise BadInput(Text("This week is not over yet.", "这一周尚未结束。"), field="week")
    rules = list(SamplingRule.objects.filter(is_on=True).order_by("order", "pk"))
    cards = {rule.pk: newest_version(rule.scorecard_id) for rule in rules}
    plain = [
        sampling.Rule(
            rule.pk, sampling.Match.from_json(rule.match), rule.share_bp, rule.at_least, rule.second_bp
        )
        for rule in rules
    ]
    with transaction.atomic():
        taken = set(Review.objects.filter(first=None, week=week).values_list("ticket_id", "agent_id"))
        picks = sampling.draw(candidates.of_week(week), plain, week, taken)
        known = set(
            Review.objects.filter(first=None, ticket_id__in=[one.ticket for one in picks]).values_list(
                "ticket_id", "agent_id"
            )
        )
        new = [one for one in picks if (one.ticket, one.agent) not in known]
        for pick in new:
            _plan(pick.ticket, pick.agent, cards[pick.rule], week, actor_of(by), pick.rule, pick.twice)
        if new:
            audit.record(actor_of(by), "quality.drawn", f"week:{week.isoformat()}", {"count": len(new)})
    return len(new)


def choose(ticket_id: str, agent_id: int, card_id: str, by: Staff) -> Review:
    """Have one answer judged that no rule drew. Raises NotAllowed, Conflict when it is judged already."""
    _require_judge(by)
    version = newest_version(card_id)
    week = clock.now().date() - timedelta(days=clock.now().weekday())
    with transaction.atomic():
        if Review.objects.filter(ticket_id=ticket_id, agent_id=agent_id, first=None).exists():
            raise Conflict(Text("This answer is judged already.", "该回复已在质检中。"))
        review = _plan(ticket_id, agent_id, version, week, by.actor, None, False)
        audit.record(by.actor, "quality.chosen", f"review:{review.pk}", {"ticket": ticket_id})
    return review


def judge(
    review_id: str,
    marks: Mapping[str, int | None],
    *,
    by: Staff,
    comments: Mapping[str, str] | None = None,
    coaching: str = "",
) -> Review:
    """Give the marks of a review (criterion → mark, None where it does not apply), for good.

    Raises BadInput naming the criterion, NotAllowed for one's own answer and for who judged it the other
    time, Conflict when it was judged meanwhile, NotFound.
    """
    _require_judge(by)
    with transaction.atomic():
        review = _locked(review_id)
        if review.state != State.WAITING:
            raise Conflict(Text("This was judged meanwhile.", "该条已被他人评分。"))
        _require_other(review, by)
        score = scorecards.score(review.version.card, marks)
        now = clock.now()
        kept = {key: text.strip()[:LONGEST] for key, text in (comments or {}).items() if text.strip()}
        Review.objects.filter(pk=review.pk).update(
            state=State.DONE, reviewer=by, marks=dict(marks), comments=kept, points=score.points,
            failed=list(score.failed), done_at=now,
        )  # fmt: skip
        if coaching.strip() and review.first_id is None:
            _coach(review.agent_id, coaching, by, review)
        audit.record(
            by.actor,
            "quality.judged",
            f"review:{review.pk}",
            {"points": score.points, "failed": len(score.failed)},
        )
    review.refresh_from_db()
    return review


def drop(review_id: str, by: Staff) -> None:
    """Not judge it after all, and its second review neither. Raises Conflict once it is judged."""
    _require_judge(by)
    with transaction.atomic():
        review = _locked(review_id)
        if review.state != State.WAITING:
            raise Conflict(Text("This was judged meanwhile.", "该条已被他人评分。"))
        Review.objects.filter(pk=review.pk).update(state=State.DROPPED)
        Review.objects.filter(first=review, state=State.WAITING).update(state=State.DROPPED)
        audit.record(by.actor, "quality.dropped", f"review:{review.pk}")


def note_seen(review_id: str, by: Staff) -> None:
    """The agent read the review."""
    Review.objects.filter(pk=review_id, agent=by, state=State.DONE, seen_at=None).update(seen_at=clock.now())
    Coaching.objects.filter(review_id=review_id, agent=by, seen_at=None).update(seen_at=clock.now())


def coach(agent_id: int, text: str, by: Staff) -> Coaching:
    """Write a colleague a word about how they answer. Raises BadInput, NotAllowed."""
    _require_judge(by)
    with transaction.atomic():
        return _coach(agent_id, text, by, None)


def appeal(review_id: str, text: str, by: Staff) -> Appeal:
    """The agent does not agree. Raises NotAllowed for anybody else, Conflict for a second time or after two
    weeks, BadInput without a reason.
    """
    said = text.strip()[:LONGEST]
    if not said:
        raise BadInput(Text("Say what is wrong with it.", "请说明申诉理由。"), field="text")
    with transaction.atomic():
        review = _locked(review_id)
        if review.agent_id != by.pk or review.first_id is not None or review.state != State.DONE:
            raise NotAllowed(Text("Only whose answer it is can appeal.", "只有被评客服本人可以申诉。"))
        if review.done_at is not None and clock.now() - review.done_at > timedelta(days=APPEAL_DAYS):
            raise Conflict(
                Text(f"An appeal is heard within {APPEAL_DAYS} days.", f"申诉须在 {APPEAL_DAYS} 天内提出。")
            )
        if Appeal.objects.filter(review=review).exists():
            raise Conflict(Text("There was an appeal already.", "已提出过申诉。"))
        made = Appeal.objects.create(review=review, text=said, by=by, at=clock.now())
        audit.record(by.actor, "quality.appealed", f"review:{review.pk}")
    return made


def decide_appeal(
    appeal_id: str, granted: bool, answer: str, *, by: Staff, marks: Mapping[str, int | None] | None = None
) -> Appeal:
    """Decide an appeal; a granted one needs the marks that count instead. Raises NotAllowed for whoever
    judged it or is judged, Conflict when it was decided, BadInput without an answer or marks.
    """
    if not by.may("quality.manage"):
        raise NotAllowed(Text("You may not decide appeals.", "您无权裁决申诉。"))
    if not answer.strip():
        raise BadInput(Text("Say why, for the agent to read.", "请写明理由，供客服查看。"), field="answer")
    with transaction.atomic():
        found = Appeal.objects.select_for_update().filter(pk=appeal_id).first()
        if found is None or found.state != Appeal.State.OPEN:
            raise Conflict(Text("This appeal was decided.", "该申诉已裁决。"))
        review = _locked(found.review_id)
        judges = Review.objects.filter(first=review).values_list("reviewer_id", flat=True)
        if by.pk in {review.agent_id, review.reviewer_id, *judges}:
            raise NotAllowed(
                Text("Somebody who did not judge this decides.", "须由未参与评分的人裁决。"),
                code="own_judgement",
            )
        if granted:
            _mark_anew(review, marks)
        state = Appeal.State.GRANTED if granted else Appeal.State.REFUSED
        Appeal.objects.filter(pk=found.pk).update(
            state=state, answer=answer.strip()[:LONGEST], decided_by=by, decided_at=clock.now()
        )
        audit.record(by.actor, "quality.appeal_decided", f"review:{review.pk}", {"granted": granted})
    found.refresh_from_db()
    return found


def newest_version(card_id: str) -> ScorecardVersion:
    """The version of a card in force. Raises NotFound."""
    found = (
        ScorecardVersion.objects.filter(scorecard_id=card_id, scorecard__archived_at=None)
        .order_by("-number")
        .first()
    )
    if found is None:
        raise NotFound(Text("There is no such scorecard.", "没有此评分卡。"))
    return found


def _mark_anew(review: Review, marks: Mapping[str, int | None] | None) -> None:
    if marks is None:
        raise BadInput(Text("Give the marks that count instead.", "请给出更正后的分值。"), field="marks")
    score = scorecards.score(review.version.card, marks)
    before = {"marks": marks_of(review.marks), "points": review.points, "failed": review.failed}
    Review.objects.filter(pk=review.pk).update(
        marks=dict(marks), points=score.points, failed=list(score.failed), before=before
    )


def _plan(
    ticket_id: str,
    agent_id: int,
    version: ScorecardVersion,
    week: date,
    by: str,
    rule: str | None,
    twice: bool,
) -> Review:
    said = {
        "ticket_id": ticket_id, "agent_id": agent_id, "version": version, "week": week, "made_by": by,
        "rule_id": rule, "made_at": clock.now(),
    }  # fmt: skip
    review = Review.objects.create(**said)
    if twice:
        Review.objects.create(**said, first=review)
    return review


def _coach(agent_id: int, text: str, by: Staff, review: Review | None) -> Coaching:
    if not text.strip():
        raise BadInput(Text("Write the note first.", "请先填写内容。"), field="text")
    made = Coaching.objects.create(
        agent_id=agent_id, review=review, text=text.strip()[:LONGEST], by=by, at=clock.now()
    )
    audit.record(by.actor, "quality.coached", f"staff:{agent_id}")
    return made


def _locked(review_id: str) -> Review:
    found = (
        Review.objects.select_for_update(of=("self",)).select_related("version").filter(pk=review_id).first()
    )
    if found is None:
        raise NotFound(Text("There is no such review.", "没有此质检记录。"))
    return found


def _require_judge(by: Staff) -> None:
    if not by.may("quality.review"):
        raise NotAllowed(Text("You may not judge answers.", "您无权进行质检评分。"))


def _require_other(review: Review, by: Staff) -> None:
    if review.agent_id == by.pk:
        raise NotAllowed(Text("Nobody judges their own answer.", "不能评自己的回复。"), code="own_answer")
    other = (
        Review.objects.filter(pk=review.first_id) if review.first_id else Review.objects.filter(first=review)
    )
    if other.filter(reviewer=by).exists():
        raise NotAllowed(
            Text(
                "You judged this answer already; the second look is somebody else's.",
                "您已评过该回复，复评须由他人完成。",
            ),
            code="own_judgement",
        )
