"""From a moderator's decision to a model that judges: rows, training, comparison, going live, going back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import transaction

from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.ids import new_id
from guildhall.core.models import AuditEntry
from guildhall.guard import actions
from guildhall.guard.actions import campaign_removal, erasing, learning, teaching
from guildhall.guard.learning import keys
from guildhall.guard.models import Campaign, CampaignMessage, Case, TrainingRow, VerdictRecord
from guildhall.guard.tests.rows import (
    DOUBTFUL,
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
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guildhall.guard.enforcement.channels.request_many", Asked())


def row_of(case: Case) -> TrainingRow:
    return TrainingRow.objects.get(case=case)


def taught(text: str, label: str, by: str, account: Account | None = None) -> TrainingRow:
    """A case about this text, opened by a report, taught with one key."""
    space = a_space(new_id().lower())
    message = post(space, account or an_account(), text)
    case = actions.report_message(message.id, f"account:{new_id()}")
    actions.train(case.id, label, by)
    return row_of(case)


# What a made-up community says and what it removes; words no shipped model has learned.
HONEST = (
    "harvest wheat report for field {n} looks dry this week",
    "the tractor at barn {n} needs a new belt before monday",
    "beekeeping club {n} meets on thursday behind the mill",
    "rain gauge {n} showed eleven millimetres overnight, good for clover",
)
UNWANTED = (
    "zumbrella carpets at half price in hall {n}, only for early birds",
    "get zumbrella carpets delivered to door {n}, ask our zumbrella team",
    "our zumbrella carpet sale number {n} starts now, best carpets in town",
    "win a zumbrella rug with ticket {n} of the carpet lottery",
)
NAMES = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "jetty",
    "knoll",
    "larch",
    "marsh",
    "north",
    "ocean",
    "plaza",
    "quarry",
    "ridge",
    "stone",
    "thorn",
    "upper",
    "valley",
    "woods",
    "xenon",
    "yield",
    "zebra",
    "atlas",
    "basin",
    "cliff",
    "dunes",
]


def a_community_that_decided(moderator: str, each: int = 120) -> None:
    """Many different texts of both kinds, every one its own group by the name it carries."""
    for n in range(each):
        one, other, third = (NAMES[(n * step + step) % 30] for step in (1, 7, 11))
        extra = f"{one} {other} {third} {NAMES[n // 4 % 30]} {one}{other} {third}{one}"
        for label, shapes in (("fine", HONEST), ("scam", UNWANTED)):
            text = f"{shapes[n % 4].format(n=n)} {extra}"
            group = keys.group_key(text)
            TrainingRow.objects.create(
                text=text,
                label=label,
                language="en",
                source="taught",
                member_key=keys.member_key(f"{label}{n}"),
                group_key=group,
                held_back=keys.is_held_back(group),
                state="reviewed",
                decided_by=moderator,
                decided_at=clock.now(),
            )


def test_a_moderators_decision_becomes_a_reviewed_row() -> None:
    moderator = a_moderator()
    message = post(a_space(), an_account(), SCAM)
    actions.uphold(case_of(message).id, moderator)
    row = row_of(case_of(message))
    assert (row.label, row.state, row.source, row.decided_by) == ("scam", "reviewed", "decision", moderator)
    assert row.text == SCAM
    assert row.language == "en"
    assert row.member_key
    assert row.group_key
    assert row.held_back == keys.is_held_back(row.group_key)
    assert row.probability is not None


def test_a_report_alone_teaches_nothing() -> None:
    message = post(a_space(), an_account(), "an ordinary sentence about the weather today")
    for _ in range(5):
        actions.report_message(message.id, f"account:{new_id()}")
    assert TrainingRow.objects.count() == 0


def test_what_no_member_of_staff_decided_waits() -> None:
    message = post(a_space(), an_account(), SCAM)
    actions.uphold(case_of(message).id, "system:campaigns")
    row = row_of(case_of(message))
    assert row.state == "waiting"
    assert row.asks > 0
    assert learning.lessons().teach == [] == learning.lessons().kept_back


def test_what_was_decided_for_behaviour_waits_for_a_second_look() -> None:
    message = post(a_space(), an_account(), SCAM)
    case = case_of(message)
    VerdictRecord.objects.filter(pk=case.verdict_id).update(
        reasons=[{"rule": "FLOOD-1", "weight": 800, "spans": [], "params": {}}]
    )
    moderator = a_moderator()
    actions.uphold(case.id, moderator)
    assert row_of(case).state == "waiting"
    actions.train(case.id, "scam", moderator)
    assert row_of(case).state == "reviewed"


def test_an_undone_case_turns_its_label_and_a_reopened_one_waits() -> None:
    moderator = a_moderator()
    message = post(a_space(), an_account(), SCAM)
    case = case_of(message)
    actions.uphold(case.id, moderator)
    actions.reopen(case.id, moderator)
    assert row_of(case).state == "waiting"
    actions.undo(case.id, moderator)
    row = row_of(case)
    assert (row.label, row.state) == ("fine", "reviewed")


def test_a_granted_appeal_turns_the_row_of_the_case_it_is_about() -> None:
    moderator = a_moderator()
    account = an_account()
    message = post(a_space(), account, SCAM)
    actions.uphold(case_of(message).id, moderator)
    appeal = actions.open_appeal(message.id, account.id)
    actions.undo(appeal.id, a_moderator("Ada"))
    assert row_of(case_of(message)).label == "fine"
    assert TrainingRow.objects.count() == 1


def test_a_decision_never_overrules_what_was_taught_explicitly() -> None:
    moderator = a_moderator()
    case = case_of(post(a_space(), an_account(), DOUBTFUL))
    actions.train(case.id, "fine", moderator)
    actions.uphold(case.id, moderator)
    assert row_of(case).label == "fine"


def test_near_copies_get_one_group_and_other_words_another() -> None:
    moderator = a_moderator()
    text = "Claim your free {n} USDT airdrop now at the official event page, write to @helper{n} today"
    rows = [taught(text.format(n=n), "scam", moderator) for n in (500, 7312, 88)]
    other = taught("where can I read about funding rates in the docs", "fine", moderator)
    assert len({row.group_key for row in rows}) == 1
    assert other.group_key != rows[0].group_key


def test_a_flooder_and_a_campaign_weigh_one_row_each() -> None:
    moderator, flooder = a_moderator(), an_account("Flo")
    for n in range(30):
        words = " ".join(NAMES[(n * step + 3) % 30] for step in (1, 7, 11, 13))
        taught(f"buy {words} from me {n} {words[::-1]}", "scam", moderator, flooder)
    text = "join the vip room {n} for signals that never lose, ask captain{n} about the entry price"
    for n in range(30):
        taught(text.format(n=n), "scam", moderator)
    found = learning.lessons()
    weights = {
        side: sum(one.weight for one in rows)
        for side, rows in (("teach", found.teach), ("kept", found.kept_back))
    }
    assert weights["teach"] <= 2 + 1e-6
    assert weights["kept"] <= 2 + 1e-6
    assert len(found.teach) + len(found.kept_back) == 60


def test_moderators_who_disagree_make_a_conflict_that_teaches_nothing_until_settled() -> None:
    mo, ada = a_moderator("Mo"), a_moderator("Ada")
    one = taught("free spins tonight, first come first served, ask the captain", "scam", mo)
    other = taught("free spins tonight, first come first served, ask the captain!", "fine", ada)
    one.refresh_from_db()
    assert one.in_conflict
    assert other.in_conflict
    assert sorted(row.asks >= 900 for row in (one, other)) == [False, True]  # one answer settles it
    assert learning.lessons().conflicts == 2
    assert not learning.lessons().teach
    teaching.look(one.id, "scam", ada)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.in_conflict, other.in_conflict, other.state) == (False, False, "discarded")
    teaching.undo_look(ada)
    other.refresh_from_db()
    assert other.state == "reviewed"
    assert other.in_conflict


def test_a_second_look_confirms_flips_discards_and_is_undone() -> None:
    moderator = a_moderator()
    message = post(a_space(), an_account(), SCAM)
    actions.uphold(case_of(message).id, "system:campaigns")
    row = row_of(case_of(message))
    assert teaching.look(row.id, "fine", moderator).label == "fine"
    assert teaching.undo_look(moderator).state == "waiting"
    assert teaching.look(row.id, "discard", moderator).state == "discarded"
    assert learning.lessons().teach == []
    with pytest.raises(NotFound):
        teaching.undo_look(a_moderator("Ada"))
    assert AuditEntry.objects.filter(verb="training.looked").count() == 2


def test_erasing_a_member_takes_their_rows_along() -> None:
    account = an_account()
    row = taught("words of somebody who will be erased", "fine", a_moderator(), account)
    erasing.erase(account.member_id)
    assert not TrainingRow.objects.filter(pk=row.pk).exists()


def test_verdicts_remember_the_model() -> None:
    message = a_message(a_space(), an_account(), SCAM)
    said = judged(message)
    with transaction.atomic():
        actions.record_verdicts([replace(said, verdict=replace(said.verdict, model="2026-11-x"))])
    assert VerdictRecord.objects.get(message=message).model == "2026-11-x"


def test_a_confirmed_campaign_teaches_one_text_and_a_cleared_one_that_it_is_fine() -> None:
    moderator, space = a_moderator(), a_space()
    messages = [
        a_message(space, an_account(f"bot{n}"), f"meet our vip captain at the golden room {n}, seats run out")
        for n in range(3)
    ]
    now = clock.now()
    campaign = Campaign.objects.create(first_seen=now, last_seen=now, found_at=now)
    links = [
        CampaignMessage.objects.create(
            campaign=campaign, message=message, account_id=message.account_id, space=space, at=now
        )
        for message in messages
    ]
    with transaction.atomic():
        campaign_removal.remove(campaign, links, by=moderator)
    row = TrainingRow.objects.get()
    assert (row.label, row.state) == ("scam", "reviewed")
    campaign.state = Campaign.State.CLEARED
    campaign.save()
    with transaction.atomic():
        campaign_removal.restore(campaign, links, by=moderator)
    row.refresh_from_db()
    assert (row.label, row.state) == ("fine", "reviewed")
