"""A newcomer's way into a Telegram group, whole, against the fake Bot API: silent, asked, answered, free, on trial."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from guildhall.channels.models import SpaceMember
from guildhall.core import clock
from guildhall.core.audit import AuditEntry
from guildhall.guard.actions import assign_policy
from guildhall.guard.actions.gates import asking
from guildhall.guard.gates.settings import Breach, Kind, Then
from guildhall.guard.models import Case, GateAttempt, Probation
from guildhall.intake.tests.gate_scene import Scene, at_the_gate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Scene]:
    with at_the_gate(monkeypatch, tmp_path) as found:
        yield found


def later(scene: Scene, by: timedelta) -> None:
    """Time goes by here and at Telegram, and what is due is done."""
    with clock.freeze(clock.now() + by):
        scene.tg.advance(by.total_seconds())
        scene.hear()


def standing_messages(scene: Scene, chat: int) -> list[str]:
    return [one.get("text", "") for one in scene.tg.messages(chat, scene.town.bot if chat > 0 else None)]


def test_joined_silent_wrong_right_free_on_trial_free(scene: Scene) -> None:
    scene.gate(challenge=Kind.SUM, trial_messages=2)
    assign_policy(scene.space.pk, "default", by="system:test")
    eve = scene.arrives("Eve")
    assert scene.is_silent(eve)
    (question,) = scene.asked()
    assert question["text"].startswith("Eve")

    told = scene.press(eve, scene.wrong(eve))
    assert "new question" in told["text"]
    assert scene.is_silent(eve)
    assert scene.attempt(eve).wrong == 1
    (question,) = scene.asked()
    assert question["text"].startswith("Eve")
    assert "not it" in question["text"]

    scene.press(eve, scene.right(eve))
    assert scene.attempt(eve).state == "passed"
    assert scene.status(eve) == "member" or scene.tg.member(scene.chat, eve).get("can_send_messages")
    assert scene.asked() == []

    link = scene.tg.say(scene.chat, eve, "look at https://example.org/offer")
    scene.hear()
    assert link not in {one["message_id"] for one in scene.tg.messages(scene.chat)}
    assert any("Newcomers" in text for text in standing_messages(scene, scene.chat))
    assert SpaceMember.objects.get(account__external_id=str(eve)).strikes == 0
    for words in ("is the funding rate negative?", "thank you all"):
        scene.tg.say(scene.chat, eve, words)
        scene.hear()
    assert Probation.objects.get().ended_at is not None
    kept = scene.tg.say(scene.chat, eve, "now look at https://example.org/offer")
    scene.hear()
    assert kept in {one["message_id"] for one in scene.tg.messages(scene.chat)}
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"gate.asked", "gate.wrong", "gate.passed", "gate.trial_broken", "gate.trial_over"} <= verbs


def test_a_request_to_join_is_answered_in_private_and_approved(scene: Scene) -> None:
    scene.gate(challenge=Kind.BUTTON)
    mei = scene.tg.add_user("Mei", language_code="zh-hans")
    scene.tg.join_request(scene.chat, mei)
    scene.hear()
    assert scene.asked() == []
    (question,) = scene.asked(mei)
    assert "申请加入" in question["text"]
    scene.press(mei, scene.right(mei), mei)
    assert scene.status(mei) == "member"
    assert not scene.is_silent(mei)
    assert scene.attempt(mei).state == "passed"
    assert GateAttempt.objects.count() == 1
    assert "验证通过" in standing_messages(scene, mei)[-1]


def test_a_request_with_too_many_wrong_answers_is_declined(scene: Scene) -> None:
    scene.gate(tries=1)
    user = scene.tg.add_user("Mal")
    scene.tg.join_request(scene.chat, user)
    scene.hear()
    scene.press(user, scene.wrong(user), user)
    assert scene.attempt(user).state == "failed"
    assert scene.status(user) == "left"


def test_an_answer_may_be_typed_in_private_in_any_digits(scene: Scene) -> None:
    scene.gate(challenge=Kind.SUM)
    user = scene.tg.add_user("Amal", language_code="ar")
    scene.tg.join_request(scene.chat, user)
    scene.hear()
    scene.tg.say(user, user, "no idea", bot=scene.town.bot)
    scene.hear()
    assert scene.attempt(user).wrong == 1
    number = asking.challenge_of(scene.attempt(user)).number
    assert number is not None
    arabic = "".join(chr(0x0660 + int(digit)) for digit in str(number))
    scene.tg.say(user, user, arabic, bot=scene.town.bot)
    scene.hear()
    assert scene.attempt(user).state == "passed"
    assert scene.status(user) == "member"


def test_who_does_not_answer_in_time_is_sent_away_and_the_question_goes(scene: Scene) -> None:
    scene.gate(minutes=5)
    user = scene.arrives()
    later(scene, timedelta(minutes=4))
    assert scene.attempt(user).state == "waiting"
    later(scene, timedelta(minutes=6))
    assert scene.attempt(user).state == "expired"
    assert scene.status(user) == "left"
    assert scene.asked() == []


def test_somebody_elses_button_does_nothing_but_say_so(scene: Scene) -> None:
    scene.gate()
    eve, mallory = scene.arrives("Eve"), scene.tg.add_user("Mallory")
    data = scene.right(eve)
    told = scene.press(mallory, data)
    assert "somebody else" in told["text"]
    assert told.get("show_alert")
    assert scene.attempt(eve).state == "waiting"
    assert scene.is_silent(eve)
    scene.press(eve, data)
    assert scene.attempt(eve).state == "passed"


def test_an_old_button_and_a_second_press_change_nothing(scene: Scene) -> None:
    scene.gate()
    eve = scene.arrives()
    old, message = scene.right(eve), scene.under(scene.right(eve))
    wrong = scene.wrong(eve)
    scene.press(eve, wrong)
    with pytest.raises(KeyError):
        scene.tg.press(eve, scene.chat, message, old)
    right = scene.right(eve)
    number = scene.tg.press(eve, scene.chat, message, asking_wire(right))
    twice = scene.tg.press(eve, scene.chat, message, asking_wire(right))
    scene.hear()
    assert scene.attempt(eve).state == "passed"
    assert "Right" in scene.tg.callback(number)["answer"]["text"]
    assert "settled" in scene.tg.callback(twice)["answer"]["text"]
    assert AuditEntry.objects.filter(verb="gate.passed").count() == 1


def asking_wire(data: str) -> str:
    from guildhall.channels.telegram import buttons

    return buttons.pack(data)


def test_rules_are_accepted_after_the_question_and_it_is_kept_which(scene: Scene) -> None:
    scene.gate(rules=True)
    eve = scene.arrives()
    scene.press(eve, scene.right(eve))
    attempt = scene.attempt(eve)
    assert (attempt.state, attempt.stage) == ("waiting", "rules")
    (question,) = scene.asked()
    assert "House rules" in question["text"]
    scene.press(eve, scene.other(eve, asking.ACCEPT))
    attempt = scene.attempt(eve)
    assert attempt.state == "passed"
    assert len(attempt.rules_version) == 12
    assert attempt.rules_at


def test_language_and_words_can_be_had_at_a_press(scene: Scene) -> None:
    scene.gate(challenge=Kind.PICTURE)
    eve = scene.arrives(language_code="en")
    scene.press(eve, scene.other(eve, asking.SWITCH))
    assert "哪张图片" in scene.asked()[0]["text"]
    scene.press(eve, scene.other(eve, asking.IN_WORDS))
    assert "以下哪个" in scene.asked()[0]["text"]
    scene.press(eve, scene.right(eve))
    assert scene.attempt(eve).state == "passed"


def test_somebody_who_asks_for_a_person_waits_for_one_and_is_let_in_by_a_button(scene: Scene) -> None:
    scene.gate(minutes=5)
    staff_chat = scene.tg.add_chat("supergroup", "Staff", owner=scene.town.owner)
    scene.tg.add_bot_to_chat(scene.town.bot, staff_chat, scene.town.owner, {"all": True})
    scene.hear()
    from guildhall.channels.models import Space

    space = scene.space
    space.settings = {**space.settings, "reports_to": Space.objects.get(external_id=str(staff_chat)).pk}
    space.save()
    SpaceMember.objects.update_or_create(
        space=space, account=owner_account(scene), defaults={"state": "owner"}
    )
    eve = scene.arrives()
    scene.press(eve, scene.other(eve, asking.PERSON))
    assert scene.attempt(eve).stage == "person"
    later(scene, timedelta(minutes=10))
    assert scene.attempt(eve).state == "waiting"
    assert scene.is_silent(eve)
    (call,) = scene.asked(staff_chat)
    assert "asks for a person" in call["text"]
    decide = f"{asking.DATA}{scene.attempt(eve).pk}:0:{asking.LET_IN}"
    told = scene.press(scene.tg.add_user("Nosy"), decide, staff_chat, call["message_id"])
    assert "moderators" in told["text"]
    scene.press(scene.town.owner, decide, staff_chat, call["message_id"])
    assert scene.attempt(eve).state == "let_in"
    assert not scene.is_silent(eve)


def owner_account(scene: Scene):  # type: ignore[no-untyped-def]
    from guildhall.people.models import Account, Member

    return Account.objects.get_or_create(
        platform="telegram", external_id=str(scene.town.owner),
        defaults={"member": Member.objects.create(display_name="Olga"), "display_name": "Olga"},
    )[0]  # fmt: skip


def test_who_leaves_meanwhile_leaves_no_question_behind_and_may_not_farm_tries(scene: Scene) -> None:
    scene.gate(attempts_a_day=2)
    eve = scene.arrives()
    scene.tg.leave(scene.chat, eve)
    scene.hear()
    assert scene.attempt(eve).state == "left"
    assert scene.asked() == []
    for expected in ("waiting", "failed"):
        with clock.freeze(clock.now() + timedelta(seconds=10)):
            scene.tg.advance(10)
            scene.tg.join(scene.chat, eve)
            scene.hear()
            assert scene.attempt(eve).state == expected
            if expected == "waiting":
                assert scene.is_silent(eve)
                scene.tg.leave(scene.chat, eve)
                scene.hear()
    assert scene.attempt(eve).why == "too_often"
    assert scene.status(eve) == "kicked"


def test_many_who_join_at_once_share_one_message_and_are_asked_in_private(scene: Scene) -> None:
    scene.gate()
    users = [scene.tg.add_user(f"U{n}") for n in range(8)]
    for user in users:
        scene.tg.join(scene.chat, user)
    scene.hear()
    assert all(scene.is_silent(user) for user in users)
    assert len(scene.asked()) == 5
    board = next(one for one in scene.asked() if "Many people" in one["text"])
    link = board["reply_markup"]["inline_keyboard"][0][0]["url"]
    for user in users[4:]:
        scene.tg.start(user, scene.town.bot, link.partition("start=")[2])
        scene.hear()
        scene.press(user, scene.right(user), user)
        assert scene.attempt(user).state == "passed"
        assert not scene.is_silent(user)
    assert not any("Many people" in one["text"] for one in scene.asked())


def test_hundreds_who_join_at_once_are_all_held_and_the_group_is_not_flooded(scene: Scene) -> None:
    scene.gate()
    users = [scene.tg.add_user(f"U{n}") for n in range(60)]
    for user in users:
        scene.tg.join(scene.chat, user)
    scene.hear()
    assert GateAttempt.objects.filter(state="waiting").count() == 60
    assert all(scene.is_silent(user) for user in users)
    assert len(scene.asked()) <= 5


def test_those_inside_before_and_those_named_are_not_asked(scene: Scene) -> None:
    inside = scene.arrives("Old")
    scene.gate(spare_invites=("KOL Wang",), spare_names=("@vip",))
    link = scene.tg.invite(scene.chat, name="KOL Wang")
    by_link = scene.arrives("Guest", invite=link)
    by_name = scene.arrives("Vip", username="vip")
    assert not GateAttempt.objects.exists()
    for user in (inside, by_link, by_name):
        assert not scene.is_silent(user)


def test_without_the_right_to_hold_nobody_is_asked(scene: Scene) -> None:
    scene.gate()
    scene.tg.set_rights(scene.town.bot, scene.chat, {"can_delete_messages": True})
    scene.hear()
    user = scene.arrives()
    assert not GateAttempt.objects.exists()
    assert not scene.is_silent(user)


def test_who_cannot_be_written_to_waits_for_a_person_instead_of_being_declined(scene: Scene) -> None:
    scene.gate()
    user = scene.tg.add_user("Shy")
    scene.tg.start(user, scene.town.bot)
    scene.hear()
    scene.tg.block(user, scene.town.bot)
    scene.hear()
    scene.tg.join_request(scene.chat, user)
    scene.hear()
    later(scene, timedelta(minutes=6))
    attempt = scene.attempt(user)
    assert (attempt.state, attempt.stage, attempt.why) == ("waiting", "person", "unreachable")


def test_who_fails_may_be_left_silent_until_a_person_looks(scene: Scene) -> None:
    scene.gate(tries=1, on_failure=Then.MUTE)
    eve = scene.arrives()
    scene.press(eve, scene.wrong(eve))
    attempt = scene.attempt(eve)
    assert (attempt.state, attempt.held) == ("failed", True)
    assert scene.is_silent(eve)
    from guildhall.guard.actions import gates

    gates.let_in(attempt.pk, "staff:1")
    scene.hear()
    assert not scene.is_silent(eve)
    assert scene.attempt(eve).state == "let_in"


def test_a_mute_by_hand_outlives_the_gate_and_lifting_it_lets_in(scene: Scene) -> None:
    from guildhall.guard.actions import Hand, take_measure
    from guildhall.guard.models import HandMeasure

    scene.gate()
    eve = scene.arrives()
    account = scene.attempt(eve).account_id
    kinds = HandMeasure.Kind
    take_measure(Hand(kinds.MUTE, scene.space.pk, account, "staff:1", seconds=7200, tell=False))
    scene.hear()
    scene.press(eve, scene.right(eve))
    assert scene.attempt(eve).state == "passed"
    assert scene.is_silent(eve)
    bob = scene.arrives("Bob")
    take_measure(Hand(kinds.UNMUTE, scene.space.pk, scene.attempt(bob).account_id, "staff:1", tell=False))
    scene.hear()
    assert scene.attempt(bob).state == "let_in"
    assert not scene.is_silent(bob)
    assert scene.asked() == []


def test_links_on_trial_may_go_to_review_instead(scene: Scene) -> None:
    scene.gate(trial_hours=24, breach=Breach.REVIEW)
    eve = scene.arrives()
    scene.press(eve, scene.right(eve))
    number = scene.tg.say(scene.chat, eve, "see https://example.org/news today")
    scene.hear()
    assert number in {one["message_id"] for one in scene.tg.messages(scene.chat)}
    case = Case.objects.get(kind="verdict")
    assert case.verdict is not None
    assert case.verdict.reasons[0]["rule"] == "GATE-1"
    with clock.freeze(clock.now() + timedelta(hours=25)):
        scene.tg.advance(25 * 3600)
        scene.tg.say(scene.chat, eve, "and https://example.org/more of it")
        scene.hear()
    assert Case.objects.filter(kind="verdict").count() == 1
    assert Probation.objects.get().ended_at is not None


def test_a_raid_hardens_a_gate_that_was_off_and_it_closes_by_itself(scene: Scene) -> None:
    from guildhall.guard.actions import gates

    assert gates.harden(scene.space.pk, clock.now() + timedelta(hours=1))
    eve = scene.arrives()
    attempt = scene.attempt(eve)
    assert attempt.is_hard
    assert attempt.tries == 2
    assert scene.is_silent(eve)
    assert "Many people" in scene.asked()[0]["text"]
    with clock.freeze(clock.now() + timedelta(hours=2)):
        scene.tg.advance(7200)
        scene.hear()
        bob = scene.arrives("Bob")
        assert not scene.is_silent(bob)
    assert gates.harden(scene.space.pk, clock.now() + timedelta(hours=9))
    assert gates.soften(scene.space.pk)
    assert not gates.soften(scene.space.pk)


def test_an_admin_who_frees_a_newcomer_in_telegram_has_let_them_in(scene: Scene) -> None:
    scene.gate()
    eve = scene.arrives()
    scene.tg.set_member(scene.chat, eve, scene.town.owner, status="member")
    scene.hear()
    assert scene.attempt(eve).state == "let_in"
    assert scene.asked() == []


def test_a_declared_raid_hardens_a_gate_that_is_on_until_it_is_over(scene: Scene) -> None:
    from guildhall.guard import gates_in_force
    from guildhall.guard.actions.raids import declare_raid, end_raid

    scene.gate()
    raid = declare_raid(scene.space.pk, "staff:1")
    gate = gates_in_force.open_gate(scene.space.pk)
    assert gate is not None
    assert gate.is_hard
    end_raid(raid.id, "staff:1")
    gate = gates_in_force.open_gate(scene.space.pk)
    assert gate is not None
    assert not gate.is_hard
