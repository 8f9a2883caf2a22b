"""What is recorded of a verdict, and what people make of it: uphold, undo, appeal, report, train."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.models import AuditEntry
from guildhall.guard import actions, notices, policy, queries
from guildhall.guard.models import Case, Example, VerdictRecord
from guildhall.guard.tests.rows import (
    DOUBTFUL,
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
from guildhall.guard.types import Action, Measure, Mode

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    noted = Asked()
    monkeypatch.setattr("guildhall.guard.enforcement.channels.request_many", noted)
    return noted


def strikes(message) -> int:  # type: ignore[no-untyped-def]
    return message.space.members.get(account=message.account).strikes


def test_a_scam_is_out_of_sight_in_the_same_commit_and_a_case_says_why(asked: Asked) -> None:
    message = post(a_space(), an_account(), SCAM)
    case = case_of(message)
    assert not message.visible
    assert case.state == "open"
    assert case.enacted[0]["measure"] == "delete"
    assert case.verdict.reasons[0]["rule"] == "THEFT-2"
    assert "delete" in asked.verbs
    assert strikes(message) == 1
    assert AuditEntry.objects.filter(subject=f"message:{message.id}", actor="system:guard").exists()


def test_an_ordinary_message_leaves_a_verdict_and_nothing_else(asked: Asked) -> None:
    message = post(a_space(), an_account(), FINE, replace(policy.shipped(), sample_per_day=0))
    assert message.visible
    assert VerdictRecord.objects.get(message=message).action == "allow"
    assert not Case.objects.filter(message=message).exclude(kind="sample").exists()
    assert asked.acts == []


@pytest.mark.parametrize("mode", [Mode.REVIEW, Mode.SHADOW])
def test_a_policy_that_does_not_act_only_opens_the_case(mode: Mode, asked: Asked) -> None:
    message = post(a_space(), an_account(), SCAM, replace(policy.shipped(), mode=mode))
    assert message.visible
    assert case_of(message).enacted == []
    assert case_of(message).action != "allow"
    assert (asked.acts, strikes(message)) == ([], 0)


def test_strikes_climb_the_ladder(asked: Asked) -> None:
    space, account = a_space(), an_account()
    for _ in range(2):
        last = post(space, account, SCAM)
    assert case_of(last).action == "restrict"
    restriction = next(act for act in asked.acts if act.verb == "restrict")
    assert (restriction.until - last.received_at).total_seconds() == 3600


def test_batches_need_the_callers_transaction(asked: Asked) -> None:
    message = a_message(a_space(), an_account(), SCAM)
    row = judged(message)
    with transaction.atomic():
        actions.record_verdicts([row])
        with pytest.raises(Exception, match="verdictrecord|atomic|undo me"), transaction.atomic():
            raise RuntimeError("undo me")
    assert Case.objects.count() == 1


def test_a_warned_member_gets_one_notice_in_both_languages_when_compliance_clears_it(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def source(region: str, content: str, language: str) -> Clearance:
        return Clearance("service", region, content_hash(content), ("R-1@1",), clock.now())

    monkeypatch.setattr(notices, "_source", source)
    post(a_space(), an_account(), SCAM)
    act, told = next((a, t) for a, t in zip(asked.acts, asked.said, strict=True) if a.text)
    assert "appeal" in act.text
    assert "申诉" in act.text
    assert told.clearance.covers(act.text)
    assert told.unique_key
    assert all(button.data.startswith(notices.APPEAL_DATA) for button in act.buttons)


def test_who_is_muted_is_told_for_how_long_and_how_to_appeal(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def source(region: str, content: str, language: str) -> Clearance:
        return Clearance("service", region, content_hash(content), ("R-1@1",), clock.now())

    monkeypatch.setattr(notices, "_source", source)
    space, account = a_space(), an_account()
    post(space, account, SCAM)
    asked.clear()
    post(space, account, SCAM)
    assert "restrict" in asked.verbs
    (told,) = [act for act in asked.acts if act.text]
    assert "You cannot write here for 1 hour." in told.text
    assert "您已被禁言 1 小时。" in told.text


def test_without_a_clearance_nothing_is_said_and_the_removal_does_not_wait(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_source", None)
    message = post(a_space(), an_account(), SCAM)
    assert not message.visible
    assert not any(act.text for act in asked.acts)


def test_undo_is_really_undone(asked: Asked) -> None:
    space, account = a_space(), an_account()
    post(space, account, SCAM)
    message = post(space, account, SCAM)
    moderator = a_moderator()
    asked.clear()
    case = actions.undo(case_of(message).id, moderator, "a quote from our guide")
    assert (case.state, case.truth) == ("undone", "fine")
    assert asked.verbs == ["restore", "unrestrict"]
    assert strikes(message) == 1
    assert AuditEntry.objects.filter(verb="case.undone", actor=moderator).count() == 1


def test_a_restriction_another_case_still_calls_for_stays(asked: Asked) -> None:
    space, account = a_space(), an_account()
    for _ in range(2):
        post(space, account, SCAM)
    third = post(space, account, SCAM)
    asked.clear()
    actions.undo(case_of(third).id, a_moderator())
    assert asked.verbs == ["restore"]


def test_what_the_platform_cannot_take_back_is_told_as_a_step_by_hand(
    monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    from guildhall.channels.port import Capability, Verb
    from guildhall.core.text import Text

    message = post(a_space(), an_account(), SCAM)

    class Limited:
        capabilities = {verb: Capability(True) for verb in Verb} | {
            Verb.RESTORE: Capability(False, Text("no", "不行"), Text("Post it again.", "请重新发布。"))
        }

    monkeypatch.setattr(
        "guildhall.guard.enforcement.registry.capability", lambda _, verb: Limited.capabilities[verb]
    )
    case = actions.undo(case_of(message).id, a_moderator())
    assert case.manual_step == {"en": "Post it again.", "zh": "请重新发布。"}


def test_the_second_to_decide_is_told_who_was_first(asked: Asked) -> None:
    message = post(a_space(), an_account(), SCAM)
    first, second = a_moderator("Mona"), a_moderator("Max")
    actions.uphold(case_of(message).id, first)
    with pytest.raises(Conflict, match="Mona"):
        actions.undo(case_of(message).id, second)
    assert actions.uphold(case_of(message).id, first).decided_by == first


def test_upholding_a_doubtful_message_removes_it(asked: Asked) -> None:
    message = post(a_space(), an_account(), DOUBTFUL)
    assert message.visible
    case = actions.uphold(case_of(message).id, a_moderator())
    message.refresh_from_db()
    assert (case.truth, case.enacted, message.visible) == (
        "bad",
        [{"measure": "delete", "duration_s": 0}],
        False,
    )
    assert asked.verbs == ["delete"]
    assert strikes(message) == 1


def test_a_moderator_may_choose_what_is_done(asked: Asked) -> None:
    message = post(a_space(), an_account(), DOUBTFUL)
    actions.uphold(case_of(message).id, a_moderator(), actions=[Action(Measure.DELETE), Action(Measure.BAN)])
    assert asked.verbs == ["delete", "ban"]


def test_dismissing_says_nothing_about_the_message(asked: Asked) -> None:
    message = post(a_space(), an_account(), DOUBTFUL)
    case = actions.dismiss(case_of(message).id, a_moderator())
    assert (case.state, case.truth, asked.acts) == ("dismissed", "", [])


def test_a_reopened_case_can_be_decided_otherwise(asked: Asked) -> None:
    message = post(a_space(), an_account(), SCAM)
    moderator = a_moderator()
    actions.uphold(case_of(message).id, moderator)
    actions.reopen(case_of(message).id, moderator)
    assert actions.undo(case_of(message).id, a_moderator("Ned")).state == "undone"


def test_an_upheld_sample_was_fine_and_an_undone_one_is_removed(asked: Asked) -> None:
    space, account = a_space(), an_account()
    generous = replace(policy.shipped(), sample_per_day=1000)
    rows = [a_message(space, account, f"{FINE} {i}") for i in range(2)]
    from guildhall.guard.tests.test_policy_actions import in_force

    in_force(generous)
    with transaction.atomic():
        actions.record_verdicts([judged(row, generous) for row in rows])
    moderator = a_moderator()
    assert actions.uphold(case_of(rows[0], "sample").id, moderator).truth == "fine"
    assert actions.undo(case_of(rows[1], "sample").id, moderator).truth == "bad"
    assert asked.verbs == ["delete"]


def test_an_appeal_is_a_case_before_all_others_and_can_be_granted(asked: Asked) -> None:
    space, account = a_space(), an_account()
    message = post(space, account, SCAM)
    for _ in range(3):
        post(space, an_account("Bob"), DOUBTFUL)
    appeal = actions.open_appeal(message.id, account.id, "I was quoting a warning")
    assert actions.open_appeal(message.id, account.id, "again").id == appeal.id
    assert queries.review_queue().cases[0].id == appeal.id
    assert appeal.parent_id == case_of(message).id
    asked.clear()
    actions.undo(appeal.id, a_moderator())
    assert "restore" in asked.verbs
    assert case_of(message).state == "undone"


def test_a_refused_appeal_closes_the_verdict_too(asked: Asked) -> None:
    account = an_account()
    message = post(a_space(), account, SCAM)
    appeal = actions.open_appeal(message.id, account.id)
    assert actions.uphold(appeal.id, a_moderator()).truth == "bad"
    assert case_of(message).state == "upheld"
    assert "restore" not in asked.verbs


def test_only_the_sender_of_a_removed_message_can_appeal(asked: Asked) -> None:
    space, account = a_space(), an_account()
    removed, standing = post(space, account, SCAM), post(space, account, FINE)
    with pytest.raises(NotAllowed):
        actions.open_appeal(removed.id, an_account("Eve").id)
    with pytest.raises(Conflict):
        actions.open_appeal(standing.id, account.id)
    with pytest.raises(NotFound):
        actions.open_appeal("01ARZ3NDEKTSV4RRFFQ69G5FAV", account.id)


def test_reports_gather_in_one_case_that_grows_urgent(asked: Asked) -> None:
    message = post(a_space(), an_account(), FINE)
    first = actions.report_message(message.id, "account:A", "spam?\x00")
    again = actions.report_message(message.id, "account:A")
    other = actions.report_message(message.id, "account:B")
    assert first.id == again.id == other.id
    assert (other.reports, other.priority > first.priority, other.statement) == (2, True, "spam?")
    assert actions.uphold(other.id, a_moderator()).truth == "bad"
    message.refresh_from_db()
    assert not message.visible


def test_many_are_upheld_at_once_and_the_decided_ones_are_named(asked: Asked) -> None:
    space, account = a_space(), an_account()
    ids = [case_of(post(space, account, SCAM)).id for _ in range(3)]
    actions.undo(ids[1], a_moderator("Early"))
    outcome = actions.bulk_uphold([*ids, ids[0]], a_moderator("Late"))
    assert outcome.done == (ids[0], ids[2])
    assert [case_id for case_id, _ in outcome.skipped] == [ids[1]]
    assert "Early" in outcome.skipped[0][1].zh


def test_training_keeps_the_judged_wording(asked: Asked) -> None:
    message = post(a_space(), an_account(), SCAM)
    case = case_of(message)
    actions.train(case.id, "scam", "staff:1")
    actions.train(case.id, "scam", "staff:1")
    assert AuditEntry.objects.filter(verb="case.trained").count() == 1
    assert actions.train(case.id, "fine", "staff:2").label == "fine"
    assert Example.objects.get().text == SCAM
    with pytest.raises(BadInput):
        actions.train(case.id, "perhaps", "staff:1")


def test_the_case_page_has_everything_in_one_call(asked: Asked) -> None:
    space, account = a_space(), an_account()
    earlier = post(space, account, FINE)
    twin = post(a_space("other"), an_account("Twin"), SCAM.upper())
    message = post(space, account, SCAM)
    found = queries.case_detail(case_of(message).id)
    assert "".join(piece.text for piece in found.stretches) == SCAM
    assert any("THEFT-2" in piece.rules for piece in found.stretches)
    assert found.reasons[0].text.zh
    assert found.member is not None
    assert [row.id for row in found.member.recent] == [earlier.id]
    assert ([item.message.id for item in found.copies], found.copies_count) == ([twin.id], 1)
    assert not found.copies[0].is_same_sender
    with pytest.raises(NotFound):
        queries.case_detail("nonsense")


def test_the_queue_pages_through_every_case_once(asked: Asked) -> None:
    space, account = a_space(), an_account()
    made = {case_of(post(space, account, text)).id for text in [SCAM, DOUBTFUL] * 4}
    seen: list[str] = []
    cursor = ""
    while True:
        page = queries.review_queue(queries.Filters(kind="verdict"), cursor=cursor, size=3)
        seen += [case.id for case in page.cases]
        cursor = page.next_cursor
        if not cursor:
            break
    assert (set(seen), len(seen)) == (made, len(made))
    assert queries.queue_count(queries.Filters(action="review", kind="verdict")) == 4
    assert queries.queue_count(queries.Filters(rule="THEFT-2", kind="verdict")) == 4
    assert queries.review_queue(queries.Filters(state="upheld")).cases == ()
    assert queries.next_case(case_of(post(space, account, SCAM))) is not None


def test_figures_for_today(asked: Asked) -> None:
    space, account = a_space(), an_account()
    began = clock.now()
    ids = [case_of(post(space, account, SCAM)).id for _ in range(3)]
    actions.uphold(ids[0], "staff:1")
    actions.undo(ids[1], "staff:1")
    found = queries.figures(began)
    assert (found.removed, found.decided, found.upheld, found.undone) == (3, 2, 1, 1)
    assert found.precision == 0.5
    assert ("THEFT-2", 3) in found.by_rule
    assert found.open_cases >= 1


def test_ids_made_after_a_time_are_above_its_floor() -> None:
    from guildhall.core.ids import new_id

    before = clock.now()
    assert new_id() >= queries.id_floor(before)


def test_audit_needs_no_names(asked: Asked) -> None:
    post(a_space(), an_account("Very Private Name"), SCAM)
    with transaction.atomic():
        audit.record("system:test", "noted", "x")
    assert not [
        row for row in AuditEntry.objects.all() if "Private" in str(row.data) or "seed" in str(row.data)
    ]


def test_erasing_a_person_leaves_the_verdict_and_none_of_the_words(asked: Asked) -> None:
    from guildhall.guard.actions import erasing

    space, account = a_space(), an_account("Binance Support")
    message = post(space, account, SCAM)
    actions.open_appeal(message.id, account.id, "my private reasons")
    actions.train(case_of(message).id, "scam", "staff:1")
    assert [row["kind"] for row in erasing.export(account.member_id)] == ["verdict", "appeal"]
    for _ in range(2):
        erasing.erase(account.member_id)
    record = VerdictRecord.objects.get(message=message)
    assert record.action != "allow"
    assert "Binance Support" not in str(record.reasons)
    assert not Example.objects.exists()
    assert case_of(message, "appeal").statement == ""
