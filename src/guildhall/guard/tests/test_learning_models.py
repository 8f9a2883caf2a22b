"""Text models of a house: trained, measured, put in force, rolled back, and not to be poisoned."""

from __future__ import annotations

import pytest
from django.db import transaction

from guildhall.core import approvals, clock, troubles
from guildhall.core.errors import Conflict, NotFound, Permanent
from guildhall.core.models import AuditEntry
from guildhall.effects.types import Claimed, Mode
from guildhall.guard import freshness, models_in_force
from guildhall.guard.actions import learning
from guildhall.guard.learning import weighing, workshop
from guildhall.guard.model.textmodel import TextModel
from guildhall.guard.models import ModelVersion, TrainingRow
from guildhall.guard.tests.approving import approve
from guildhall.guard.tests.rows import a_moderator
from guildhall.guard.tests.test_learning import HONEST, NAMES, a_community_that_decided

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def asked_for(by: str = "system:guard", *, asked: bool = True) -> Claimed:
    return Claimed(1, learning.KIND, {"by": by, "asked": asked}, 1, Mode.REPEATABLE, "", clock.now())


def run(by: str = "system:guard", *, asked: bool = True) -> dict[str, object]:
    """A training as the worker does it."""
    done = learning.perform(asked_for(by, asked=asked))
    if done.record is not None:
        with transaction.atomic():
            done.record()
    freshness.forget()
    return dict(done.result or {})


def test_too_little_or_nothing_new_trains_nothing() -> None:
    moderator = a_moderator()
    assert run()["skipped"] == "too_few"
    a_community_that_decided(moderator, 30)
    assert "skipped" not in run()
    assert run()["skipped"] == "nothing_new"
    assert ModelVersion.objects.count() == 1


def test_a_better_candidate_goes_live_by_itself_judges_and_is_rolled_back() -> None:
    moderator = a_moderator()
    a_community_that_decided(moderator)
    shipped = models_in_force.current()
    assert shipped is not None
    assert run()["outcome"] == "better"
    version = ModelVersion.objects.get(state="live")
    assert version.live_by == "system:guard"
    assert version.rows["held_back"] >= 40
    scorer = models_in_force.current()
    assert scorer is not None
    assert scorer.version == version.name != shipped.version
    result = version.evaluations.get().result
    assert result["candidate"]["log_loss"] < result["live"]["log_loss"]
    assert result["sure"] >= 0.95

    learning.roll_back(learning.SHIPPED, moderator)
    freshness.forget()
    back = models_in_force.current()
    assert back is not None
    assert back.version == shipped.version
    learning.roll_back(version.id, moderator)
    freshness.forget()
    again = models_in_force.current()
    assert again is not None
    assert again.version == version.name
    assert AuditEntry.objects.filter(verb="model.in_force").count() == 3


def test_a_candidate_that_learned_nonsense_does_not_go_live() -> None:
    moderator = a_moderator()
    a_community_that_decided(moderator)
    for row in TrainingRow.objects.filter(held_back=False):
        row.label = "fine" if row.label == "scam" else "scam"
        row.save(update_fields=["label"])
    assert run()["outcome"] == "not_better"
    assert ModelVersion.objects.get().state == "refused"
    assert models_in_force.current() is not None
    assert not ModelVersion.objects.filter(state="live").exists()


def test_against_the_evaluation_two_people_are_needed() -> None:
    mo, ada = a_moderator("Mo"), a_moderator("Ada")
    a_community_that_decided(mo, 30)
    run()
    version = ModelVersion.objects.get()
    version.evaluations.update(outcome="not_better")
    if version.state == "live":
        learning.roll_back(learning.SHIPPED, mo)
    assert learning.go_live(version.id, mo) is None
    proposal = approvals.Proposal.objects.get(kind=learning.APPROVAL)
    assert not ModelVersion.objects.filter(state="live").exists()
    approve(proposal.id, ada)
    assert ModelVersion.objects.get(state="live").live_by == ada


def test_only_what_judged_before_can_be_gone_back_to() -> None:
    moderator = a_moderator()
    a_community_that_decided(moderator, 30)
    run()
    version = ModelVersion.objects.get()
    if version.live_at is None:
        with pytest.raises(Conflict):
            learning.roll_back(version.id, moderator)
    with pytest.raises(NotFound):
        learning.roll_back("01NOTTHERE", moderator)


def test_a_model_cut_short_is_told_as_trouble_and_the_shipped_one_judges() -> None:
    moderator = a_moderator()
    a_community_that_decided(moderator, 30)
    run()
    version = ModelVersion.objects.get()
    version.blob = bytes(version.blob)[: version.size // 2]
    version.save()
    with transaction.atomic():
        learning.put_in_force(version, moderator)
    freshness.forget()
    scorer = models_in_force.current()
    assert scorer is not None
    assert scorer.version == models_in_force.shipped().version
    assert models_in_force.TROUBLE in {trouble.kind for trouble in troubles.current()}
    with transaction.atomic():
        learning.put_in_force(None, moderator)
    freshness.forget()
    models_in_force.current()
    assert models_in_force.TROUBLE not in {trouble.kind for trouble in troubles.current()}


def test_the_same_rows_give_the_same_model_to_the_byte() -> None:
    lessons = [workshop.Lesson(f"{word} rug sale", n % 2, "en", 1.0) for n, word in enumerate(NAMES)]
    assert workshop.make(lessons, seed=3).blob == workshop.make(lessons, seed=3).blob


def test_a_training_that_takes_too_long_is_stopped_and_changes_nothing() -> None:
    lessons = [workshop.Lesson(f"{word} rug sale", n % 2, "en", 1.0) for n, word in enumerate(NAMES)]
    with pytest.raises(Permanent):
        workshop.make(lessons, longest_s=0)


def taught_model(rows: list[weighing.Labelled]) -> TextModel:
    """The shipped model adapted to these rows as a training does it."""
    lessons = [
        workshop.Lesson(one.row.text, one.row.label, one.row.language, one.weight)
        for one in weighing.weigh(rows)
    ]
    return models_in_force.from_bytes(workshop.make(lessons).blob)


def a_labelled(n: int, text: str, label: int, member: str = "", group: str = "") -> weighing.Labelled:
    return weighing.Labelled(f"{n:04}", text, label, "en", "decision", member or f"m{n}", group or f"g{n}")


def test_a_campaign_of_three_hundred_moves_the_model_no_more_than_one_message() -> None:
    """An attacker has an honest phrase removed 300 times; honest people go on using it."""
    honest = [a_labelled(n, shape.format(n=n), 0) for n, shape in enumerate(HONEST * 6)]
    poison = "good morning everyone, how are the markets today"
    once = taught_model([*honest, a_labelled(900, poison, 1, group="campaign")])
    often = taught_model(
        [*honest, *(a_labelled(900 + n, f"{poison} {n}", 1, group="campaign") for n in range(300))]
    )
    flooded = taught_model(
        [*honest, *(a_labelled(900 + n, f"{poison} {n}", 1, member="flooder") for n in range(500))]
    )
    said = [scorer.probabilities([poison])[0] for scorer in (once, often, flooded)]
    assert said[1] < said[0] + 0.05
    assert said[2] < said[0] + 0.05
    assert max(said) < often.punish_at
