"""Text models of this house: trained from reviewed rows, measured on those kept back, put in force, rolled
back.

A candidate goes live by itself only when the comparison calls it better. Against the comparison a person may
still put it in force, with the approval of another one. Going back to a model that judged before, or to the
shipped one, takes one person: it must be quick.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max

from guildhall.core import approvals, audit, clock
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.actions import enqueue
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard import freshness, models_in_force
from guildhall.guard.actions import teaching
from guildhall.guard.canonical import canonical
from guildhall.guard.learning import comparing, weighing, workshop
from guildhall.guard.learning.comparing import Comparison, Cuts, Kept, Outcome
from guildhall.guard.learning.weighing import Labelled, Weighed
from guildhall.guard.models import Evaluation, ModelVersion, TrainingRow
from guildhall.guard.types import Scorer

KIND = "guard.learn"
APPROVAL = "guard.model"
ACTOR = "system:guard"
SHIPPED = "shipped"
LEAST_ROWS, LEAST_OF_EACH = 20, 4
NEW_ROWS = 15
"""So many more reviewed rows than last time make a nightly training worth its while."""
_MOST_ROWS = 50_000
_ASKED_AGAIN = 2_000
State = ModelVersion.State


@dataclass(frozen=True, slots=True)
class Lessons:
    """What there is to learn from and to measure with."""

    teach: list[Weighed]
    kept_back: list[Weighed]
    conflicts: int

    @property
    def counts(self) -> dict[str, int]:
        """As a version keeps them."""
        rows = [one.row for one in self.teach]
        return {
            "scam": sum(row.label for row in rows),
            "fine": sum(1 - row.label for row in rows),
            "members": len({row.member_key for row in rows if row.member_key}),
            "groups": len({row.group_key for row in rows}),
            "held_back": len(self.kept_back),
            "conflicts": self.conflicts,
        }

    @property
    def are_enough(self) -> bool:
        """Whether a training is worth trying at all."""
        counts = self.counts
        each = min(counts["scam"], counts["fine"])
        return counts["scam"] + counts["fine"] >= LEAST_ROWS and each >= LEAST_OF_EACH


def lessons() -> Lessons:
    """All reviewed rows, weighed; conflicting ones are left out of both sides."""
    found = TrainingRow.objects.filter(state=TrainingRow.State.REVIEWED).order_by("-id")[:_MOST_ROWS]
    rows = [
        (
            Labelled(
                row.id,
                row.text,
                int(row.label == TrainingRow.Label.SCAM),
                row.language,
                row.source,
                row.member_key,
                row.group_key,
            ),
            row.held_back,
        )
        for row in reversed(found)
    ]
    conflicts = weighing.conflicting((row.group_key, row.label) for row, _ in rows)
    return Lessons(
        weighing.weigh([row for row, held in rows if not held]),
        weighing.weigh([row for row, held in rows if held]),
        sum(row.group_key in conflicts for row, _ in rows),
    )


def start(by: str) -> None:
    """Queue a training that somebody asked for."""
    with transaction.atomic():
        enqueue(NewEffect(KIND, {"by": by, "asked": True}, unique_key=f"{KIND}:{new_id()}", cause=by))
        audit.record(by, "model.training_asked", "model:next", {})


def perform(effect: Claimed) -> Done:
    """The job: train a candidate, measure it, and put it in force when it is better. Changes nothing when
    there is too little, or nothing new, to learn from.
    """
    by = str(effect.payload.get("by") or ACTOR)
    said, record = _train(by, asked=bool(effect.payload.get("asked")))
    return Done(said, record)


def train_now(by: str) -> dict[str, Any]:
    """The same at once, in this process; says what became of it. Raises Permanent."""
    said, record = _train(by, asked=True)
    if record is not None:
        with transaction.atomic():
            record()
    return said


def _train(by: str, *, asked: bool) -> tuple[dict[str, Any], Callable[[], None] | None]:
    """What came out, and what is still to be written."""
    found = lessons()
    idle = _nothing_to_do(found, asked=asked)
    if idle:
        return {"skipped": idle, **found.counts}, None
    made = workshop.make(
        [workshop.Lesson(one.row.text, one.row.label, one.row.language, one.weight) for one in found.teach]
    )
    candidate = models_in_force.from_bytes(made.blob)
    live = models_in_force.current()
    compared = evaluate(found.kept_back, live, candidate) if live is not None else None
    recent = list(
        TrainingRow.objects.exclude(state=TrainingRow.State.DISCARDED).order_by("-id")[:_ASKED_AGAIN]
    )
    is_better = compared is not None and compared.outcome is Outcome.BETTER
    said = _probabilities(candidate if is_better else live or candidate, [row.text for row in recent])

    def record() -> None:
        version = _keep(made, candidate.version, found, by)
        if compared is not None and live is not None:
            Evaluation.objects.create(
                candidate=version,
                against=live.version,
                outcome=compared.outcome.value,
                result=compared.as_json(),
            )
            if is_better:
                put_in_force(version, ACTOR)
            elif compared.outcome is Outcome.NOT_BETTER:
                version.state = State.REFUSED
                version.save(update_fields=["state"])
        teaching.ask_again(recent, said)

    return {"model": candidate.version, "outcome": compared.outcome.value if compared else ""}, record


def evaluate(rows: Sequence[Weighed], live: Scorer, candidate: Scorer) -> Comparison:
    """Both models on the rows kept back."""
    texts = [one.row.text for one in rows]
    kept = [
        Kept(bool(one.row.label), one.weight, was, new)
        for one, was, new in zip(
            rows, _probabilities(live, texts), _probabilities(candidate, texts), strict=True
        )
    ]
    return comparing.compare(
        kept, Cuts(live.review_at, live.punish_at), Cuts(candidate.review_at, candidate.punish_at)
    )


def go_live(version_id: str, by: str) -> ModelVersion | None:
    """A person puts a version in force. When its evaluation does not call it better, this only proposes it
    to a second person, and None is given. Raises NotFound, Conflict, BadInput for a damaged one.
    """
    version = _version(version_id)
    if version.state == State.LIVE:
        raise Conflict(Text("This model is in force already.", "该模型已在使用中。"), code="is_live")
    models_in_force.read(version)
    latest = version.evaluations.order_by("-id").first()
    if latest is None or latest.outcome != Outcome.BETTER.value:
        payload = {
            "version": version.id,
            "number": version.number,
            "name": version.name,
            "sha256": version.sha256,
            "outcome": latest.outcome if latest else "",
        }
        approvals.propose(APPROVAL, f"model:{version.number}", payload, by)
        return None
    with transaction.atomic():
        put_in_force(version, by)
    return version


def roll_back(to: str, by: str) -> ModelVersion | None:
    """Back to a version that judged before, by its id, or to the shipped model (`shipped`, gives None).

    Raises NotFound; Conflict for one that never judged or is in force; BadInput for a damaged one.
    """
    if to == SHIPPED:
        with transaction.atomic():
            put_in_force(None, by)
        return None
    version = _version(to)
    if version.state != State.RETIRED or version.live_at is None:
        raise Conflict(
            Text(
                "Only a model that was in force before can be gone back to.", "只能回退到曾经生效过的模型。"
            ),
            code="never_live",
        )
    models_in_force.read(version)
    with transaction.atomic():
        put_in_force(version, by)
    return version


def put_in_force(version: ModelVersion | None, by: str) -> None:
    """Let a version (None: the shipped model) judge from now on; in the caller's transaction."""
    now = clock.now()
    was = ModelVersion.objects.select_for_update().filter(state=State.LIVE).first()
    if was is not None:
        was.state, was.retired_at = State.RETIRED, now
        was.save(update_fields=["state", "retired_at"])
    if version is not None:
        version.state, version.live_at, version.live_by, version.retired_at = State.LIVE, now, by, None
        version.save(update_fields=["state", "live_at", "live_by", "retired_at"])
    freshness.touch(models_in_force.STAMP)
    audit.record(
        by,
        "model.in_force",
        f"model:{version.number if version else SHIPPED}",
        {"name": version.name if version else SHIPPED, "was": was.number if was else SHIPPED},
    )


def carry_out_proposal(proposal: approvals.Proposal) -> None:
    """What an approved proposal does."""
    version = _version(str(proposal.payload["version"]))
    if version.sha256 != proposal.payload["sha256"]:
        raise Conflict(Text("The model has changed since.", "该模型已发生变化。"), code="content_changed")
    models_in_force.read(version)
    put_in_force(version, proposal.decided_by)


def describe_proposal(payload: dict[str, Any]) -> Text:
    """A proposal in one sentence."""
    number = payload.get("number")
    return Text(
        f"Put text model {number} in force although its evaluation does not call it better",
        f"启用文本模型 {number}（评估未显示其更好）",
    )


def _nothing_to_do(found: Lessons, *, asked: bool) -> str:
    """Why no training is needed now; '' when one is."""
    if not found.are_enough:
        return "too_few"
    last = ModelVersion.objects.order_by("-number").first()
    if last is None:
        return ""
    shipped = models_in_force.shipped().version
    if last.rows_hash == weighing.rows_hash(found.teach, shipped):
        return "nothing_new"
    if last.base != shipped[:60]:  # the house came with another model: adapt that one
        return ""
    more = len(found.teach) - last.rows.get("scam", 0) - last.rows.get("fine", 0)
    return "few_new" if more < NEW_ROWS and not asked else ""


def _keep(made: workshop.Made, name: str, found: Lessons, by: str) -> ModelVersion:
    base = models_in_force.shipped().version
    number = (ModelVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    version = ModelVersion.objects.create(
        number=number,
        name=name[:60],
        blob=made.blob,
        sha256=sha256(made.blob).hexdigest(),
        size=len(made.blob),
        base=base[:60],
        rows=found.counts,
        rows_hash=weighing.rows_hash(found.teach, base),
        made_by=by,
        cpu_seconds=made.cpu_seconds,
    )
    audit.record(by, "model.trained", f"model:{number}", {"name": version.name, **found.counts})
    return version


def _probabilities(scorer: Scorer, texts: Sequence[str]) -> list[float]:
    return [scorer.opinion(canonical(text)).probability for text in texts]


def _version(version_id: str) -> ModelVersion:
    version = ModelVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise NotFound(Text("There is no such model.", "不存在该模型。"))
    return version


def lessons_counted() -> dict[str, int]:
    """How many rows teach, measure and stand in conflict, counted without reading a text."""
    reviewed = TrainingRow.objects.filter(state=TrainingRow.State.REVIEWED)
    agreed = reviewed.filter(in_conflict=False)
    return {
        "teach": agreed.filter(held_back=False).count(),
        "kept_back": agreed.filter(held_back=True).count(),
        "conflicts": reviewed.filter(in_conflict=True).count(),
        "scam": agreed.filter(label=TrainingRow.Label.SCAM).count(),
        "fine": agreed.filter(label=TrainingRow.Label.FINE).count(),
    }
