"""Figures from counted days: what is drawn, what decisions add, what a page may divide by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest
from django.db import transaction

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.guard import actions, estimates, figures, policy
from guildhall.guard.actions import figures as counted
from guildhall.guard.models import Case, GuardDay, RuleDay, SampleDay
from guildhall.guard.tests.rows import (
    FINE,
    SCAM,
    Asked,
    a_message,
    a_moderator,
    a_space,
    an_account,
    case_of,
    judged,
    post,
)
from guildhall.guard.types import Mode

pytestmark = pytest.mark.django_db
SAMPLED = replace(policy.shipped(), mode=Mode.ACT)


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guildhall.guard.enforcement.channels.request_many", Asked())


def today() -> tuple[date, date]:
    day = clock.now().astimezone(UTC).date()
    return day, day


def a_day_of(space: Space, scams: int, fine: int) -> list[Message]:
    """Messages judged in one batch, as intake does."""
    account = an_account()
    rows = [a_message(space, account, f"{SCAM} {n}") for n in range(scams)]
    rows += [a_message(space, account, f"{FINE} {n}") for n in range(fine)]
    with transaction.atomic():
        actions.record_verdicts([judged(row) for row in rows])
    return rows


def test_every_verdict_is_counted_once_under_its_day_policy_and_stratum() -> None:
    space = a_space()
    a_day_of(space, 3, 7)
    a_day_of(space, 2, 0)
    seen = dict(GuardDay.objects.filter(space=space).values_list("stratum", "seen"))
    assert seen == {"punished": 5, "allowed": 7}
    row = GuardDay.objects.get(space=space, stratum="punished")
    assert row.policy.startswith("default@")
    assert row.model == ""


def test_punished_messages_are_drawn_for_the_sample_with_their_probability() -> None:
    space = a_space()
    SampleDay.objects.create(space=space, day=(clock.now() - timedelta(days=1)).date(), seen=50, punished=10)
    a_day_of(space, 40, 0)
    drawn = Case.objects.filter(kind="verdict", sample_share__isnull=False)
    assert 3 <= drawn.count() <= 20
    assert set(drawn.values_list("sample_share", flat=True)) <= {0.5, 0.25, 0.125, 0.0625}
    day = SampleDay.objects.get(space=space, day=clock.now().date())
    assert (day.punished, day.punished_taken) == (40, drawn.count())


def test_what_was_put_before_a_person_anyway_is_never_drawn() -> None:
    message = post(a_space(), an_account(), SCAM, replace(policy.shipped(), mode=Mode.REVIEW))
    assert case_of(message).sample_share is None


def test_decided_samples_become_sums_and_other_decisions_only_counts() -> None:
    space, moderator = a_space(), a_moderator()
    a_day_of(space, 10, 0)
    cases = list(Case.objects.filter(kind="verdict").order_by("id"))
    Case.objects.update(sample_share=None)
    for case in cases[:4]:
        Case.objects.filter(pk=case.pk).update(sample_share=0.4)
    for case in cases[:3]:
        actions.uphold(case.id, moderator)
    actions.undo(cases[3].id, moderator)
    actions.uphold(cases[9].id, moderator)
    counted.roll_up()
    row = GuardDay.objects.get(space=space, stratum="punished")
    assert (row.seen, row.bad, row.fine, row.drawn, row.answered) == (10, 4, 1, 4, 4)
    assert row.weight == pytest.approx(10)
    assert row.weight_bad == pytest.approx(7.5)
    rule = RuleDay.objects.get(rule="THEFT-2", stratum="punished")
    assert (rule.cases, rule.bad, rule.fine, rule.answered) == (10, 4, 1, 4)


def test_counting_again_changes_nothing_and_keeps_what_came_meanwhile() -> None:
    space, moderator = a_space(), a_moderator()
    a_day_of(space, 4, 3)
    for case in Case.objects.filter(kind="verdict"):
        actions.uphold(case.id, moderator)
    counted.roll_up()
    before = list(GuardDay.objects.order_by("stratum").values("stratum", "seen", "bad", "answered"))
    a_day_of(space, 0, 2)
    counted.roll_up()
    after = list(GuardDay.objects.order_by("stratum").values("stratum", "seen", "bad", "answered"))
    assert [row["bad"] for row in after] == [row["bad"] for row in before]
    assert {row["stratum"]: row["seen"] for row in after} == {"allowed": 5, "punished": 4}


def test_a_reopened_case_no_longer_counts_as_decided() -> None:
    space, moderator = a_space(), a_moderator()
    (message,) = a_day_of(space, 1, 0)
    case = case_of(message)
    actions.uphold(case.id, moderator)
    counted.roll_up()
    actions.reopen(case.id, moderator)
    counted.roll_up()
    assert GuardDay.objects.get(stratum="punished").bad == 0


def test_appeals_and_time_to_removal_stand_with_what_they_are_about() -> None:
    space, moderator = a_space(), a_moderator()
    messages = a_day_of(space, 3, 0)
    for message in messages:
        Message.objects.filter(pk=message.pk).update(removed_at=message.received_at + timedelta(seconds=2))
    account = messages[0].account
    assert account is not None
    granted = actions.open_appeal(messages[0].id, account.id)
    refused = actions.open_appeal(messages[1].id, account.id)
    actions.open_appeal(messages[2].id, account.id)
    actions.undo(granted.id, moderator)
    actions.uphold(refused.id, moderator)
    counted.roll_up()
    found = figures.overall(*today())
    assert (found.appeals, found.granted, found.refused) == (3, 1, 1)
    half = found.appeals_granted
    assert half is not None
    assert (half.value, half.n) == (0.5, 2)
    assert found.delay(0.5) == pytest.approx(2, rel=0.13)


def test_an_estimate_waits_for_enough_samples_and_says_how_many() -> None:
    space = a_space()
    day = clock.now().astimezone(UTC).date()
    GuardDay.objects.create(
        day=day, space=space, policy="default@1", stratum="punished", seen=500,
        answered=12, weight=500, weight_squared=500**2 / 12, weight_bad=450,
    )  # fmt: skip
    found = figures.overall(day, day)
    assert found.precision is None
    assert found.missing("punished") == 8
    GuardDay.objects.update(answered=25, weight_squared=500**2 / 25)
    precision = figures.overall(day, day).precision
    assert precision is not None
    assert precision.value == pytest.approx(0.9)
    assert precision.low == pytest.approx(estimates.wilson(0.9, 25 * 499 / 475)[0])


def test_a_few_messages_need_only_be_decided_all() -> None:
    space = a_space()
    day = clock.now().astimezone(UTC).date()
    GuardDay.objects.create(
        day=day, space=space, policy="default@1", stratum="punished", seen=4,
        answered=4, weight=4, weight_squared=4, weight_bad=3,
    )  # fmt: skip
    precision = figures.overall(day, day).precision
    assert precision is not None
    assert (precision.low, precision.high) == (0.75, 0.75)


def test_figures_by_space_model_and_policy_add_up_to_the_whole() -> None:
    day = clock.now().astimezone(UTC).date()
    for n, space in enumerate((a_space("one"), a_space("two"))):
        for stratum, seen in (("allowed", 90), ("punished", 10 + n)):
            GuardDay.objects.create(
                day=day, space=space, policy=f"default@{n}", model=f"m{n}", stratum=stratum, seen=seen
            )
    whole = figures.overall(day, day)
    for by in ("space", "model", "policy", "day"):
        parts = figures.grouped(day, day, by)
        assert sum(part.seen for part in parts.values()) == whole.seen == 201
        assert len(parts) == (1 if by == "day" else 2)
