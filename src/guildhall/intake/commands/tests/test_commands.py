"""What members and moderators get when they ask for something in the chat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.telegram.menu import COMMANDS
from guildhall.core import clock
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard import actions as guard
from guildhall.guard import freshness
from guildhall.guard.models import Case, HandMeasure
from guildhall.guard.tests.rows import SCAM, post
from guildhall.intake.commands import Heard, for_members, hear
from guildhall.intake.commands.parsing import FOR_THE_DESK, MODERATORS, OF_THE_SPACE, Name
from guildhall.intake.commands.tests.chat import (
    a_group,
    a_platform,
    a_private_talk,
    press,
    said_by_us,
    somebody,
    take,
    verbs,
    words,
)
from guildhall.people.actions import Known
from guildhall.people.models import Account, Member, RoleGrant, Staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _platform(db: None) -> Iterator[None]:
    freshness.forget()
    with a_platform():
        yield


@pytest.fixture
def group() -> Space:
    return a_group()


@pytest.fixture
def ann(group: Space) -> Known:
    return somebody("Ann", group)


@pytest.fixture
def mallory(group: Space) -> Known:
    return somebody("Mallory", group)


@pytest.fixture
def admin(group: Space) -> Known:
    return somebody("Ada", group, state="admin")


def a_message(group: Space, account: Known, text: str = "buy my signals") -> Message:
    return Message.objects.get(pk=words(group, account, text).message_id)


def removed(group: Space, account: Known) -> Message:
    message = post(group, Account.objects.get(pk=account.id), SCAM)
    drain()
    Effect.objects.all().delete()
    return message


def a_colleague(account: Known, role: str = "moderator") -> Staff:
    staff = Staff.objects.create(email=f"{account.id.lower()}@example.org", name="Mo")
    RoleGrant.objects.create(staff=staff, role=role, granted_by="system:test")
    Account.objects.filter(pk=account.id).update(staff=staff, is_staff=True)
    return staff


# --- anybody ------------------------------------------------------------------------------------------------


def test_a_thousand_who_ask_for_help_at_once_get_one_answer(group: Space) -> None:
    people = [somebody(f"P{n}") for n in range(10)]
    take(*(words(group, people[n % 10], "/help") for n in range(1000)))
    assert len(said_by_us()) == 1


def test_help_is_answered_again_after_ten_seconds_and_always_in_private(group: Space, ann: Known) -> None:
    with clock.freeze(clock.now()) as held:
        take(words(group, ann, "/help"))
        take(words(group, ann, "/help"))
        held.advance(10)
        take(words(group, ann, "/help"))
        assert len(said_by_us(group)) == 2
        talk = a_private_talk(ann)
        take(words(talk, ann, "/help"), words(talk, ann, "/help"))
        assert len(said_by_us(talk)) == 2


def test_a_machine_in_a_private_talk_does_not_fill_the_queue(ann: Known) -> None:
    talk = a_private_talk(ann)
    take(*(words(talk, ann, "/help") for _ in range(300)))
    take(*(words(talk, ann, "what?") for _ in range(300)))
    assert len(said_by_us(talk)) == 6


def test_the_same_command_delivered_twice_is_answered_once(group: Space, ann: Known) -> None:
    once = words(a_private_talk(ann), ann, "/help")
    take(once)
    take(once, once)
    assert len(said_by_us()) == 1


def test_another_bots_command_and_forwarded_ones_are_not_ours(group: Space, ann: Known) -> None:
    take(words(group, ann, "/help@otherbot"), words(group, ann, "/help", forwarded_from="somewhere"))
    assert said_by_us() == []
    take(words(group, ann, "/help@guildbot"))
    assert len(said_by_us()) == 1


def test_everybody_is_answered_in_their_own_language(group: Space) -> None:
    wang = somebody("Wang", group, language="zh-hans")
    take(words(group, wang, "群规"))
    assert said_by_us()[0].startswith("群规")


def test_the_rules_are_those_of_the_space(group: Space, ann: Known) -> None:
    Space.objects.filter(pk=group.pk).update(settings={"rules_en": "Be kind.", "rules_zh": "友善。"})
    group.refresh_from_db()
    take(words(group, ann, "/rules"))
    assert said_by_us() == ["Be kind."]


def test_a_language_is_set_by_word_and_by_button(group: Space, ann: Known) -> None:
    take(words(group, ann, "/language 中文"))
    assert Member.objects.get(pk=ann.member_id).language == "zh-hans"
    take(press(group, ann, "language:zh-hant"))
    assert Member.objects.get(pk=ann.member_id).language == "zh-hant"
    talk = a_private_talk(ann)
    take(words(talk, ann, "/language"))
    buttons = Effect.objects.order_by("id").last().payload["buttons"]  # type: ignore[union-attr]
    assert [button[2] for button in buttons] == ["language:en", "language:zh-hans", "language:zh-hant"]


def test_the_payload_of_a_link_into_the_private_talk_is_kept(ann: Known) -> None:
    talk = a_private_talk(ann)
    take(words(talk, ann, "/start summer_campaign"))
    assert SpaceMember.objects.get(space=talk, account_id=ann.id).invite == "summer_campaign"
    assert "seed phrases" in said_by_us()[0]


# --- reports ------------------------------------------------------------------------------------------------


def test_a_report_becomes_a_case_and_both_sides_are_told(group: Space, ann: Known, mallory: Known) -> None:
    admins = a_group("admins")
    Space.objects.filter(pk=group.pk).update(settings={"reports_to": admins.id})
    group.refresh_from_db()
    message = a_message(group, mallory)
    take(words(group, ann, "/report shilling", reply_to=message))
    case = Case.objects.get(kind="report")
    assert (case.message_id, case.statement, case.opened_by) == (message.id, "shilling", f"account:{ann.id}")
    assert "moderator will look" in said_by_us(group)[0]
    assert f"/review/{case.id}" in said_by_us(admins)[0]


def test_a_report_of_nothing_of_oneself_or_of_ours_is_explained(group: Space, ann: Known) -> None:
    own = a_message(group, ann)
    ours = a_message(group, ann)
    Message.objects.filter(pk=ours.pk).update(direction="out", account=None)
    with clock.freeze(clock.now()) as held:
        for reply in (None, own, ours, "never-seen"):
            take(words(group, ann, "/report", reply_to=reply))
            held.advance(61)
    told = said_by_us()
    assert not Case.objects.exists()
    assert len(told) == 4
    assert len(set(told)) == 4


# --- appeals ------------------------------------------------------------------------------------------------


def test_an_appeal_in_private_finds_the_last_removed_message_in_any_space(
    group: Space, mallory: Known
) -> None:
    removed(group, mallory)
    last = removed(a_group("vip"), mallory)
    take(words(a_private_talk(mallory), mallory, "/appeal it was a quote"))
    case = Case.objects.get(kind="appeal")
    assert (case.message_id, case.statement) == (last.id, "it was a quote")


def test_pressing_appeal_opens_one_and_the_next_words_are_the_reason(group: Space, mallory: Known) -> None:
    message = removed(group, mallory)
    talk = a_private_talk(mallory)
    take(press(talk, mallory, f"appeal:{message.id}"))
    take(press(talk, mallory, f"appeal:{message.id}"))
    take(words(talk, mallory, "I was warning the others"))
    take(words(talk, mallory, "thanks"))
    case = Case.objects.get(kind="appeal")
    assert case.statement == "I was warning the others"
    told = said_by_us(talk)
    assert "A person will look at it" in told[0]
    assert "open already" in told[1]
    assert told[2] == "Added to your appeal."


def test_nobody_appeals_for_somebody_else_and_a_forged_button_opens_nothing(
    group: Space, ann: Known, mallory: Known
) -> None:
    message = removed(group, mallory)
    take(
        press(group, ann, f"appeal:{message.id}"),
        press(group, ann, "appeal:01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        press(group, ann, "undo:nothing"),
        press(group, ann, "drop tables"),
        press(group, ann, ""),
    )
    assert not Case.objects.filter(kind="appeal").exists()
    assert verbs() == ["answer_button"] * 5
    assert "Only the sender" in said_by_us()[0]


def test_the_outcome_is_told_and_what_cannot_come_back_may_be_posted_again(
    group: Space, mallory: Known
) -> None:
    message = removed(group, mallory)
    take(words(group, mallory, "/appeal"))
    case = Case.objects.get(kind="appeal")
    Effect.objects.all().delete()
    guard.undo(case.id, "staff:1")
    told = said_by_us()
    assert len(told) == 1
    assert "you may post it again" in told[0]
    case.refresh_from_db()
    assert "post it again" in case.manual_step["en"]
    take(words(a_private_talk(mallory), mallory, "/appeal"))
    assert said_by_us()[-1] == "Your appeal was granted."
    assert message.id == case.message_id


def test_an_undone_removal_without_an_appeal_is_told_in_both_languages(group: Space, mallory: Known) -> None:
    message = removed(group, mallory)
    guard.undo(Case.objects.get(message=message).id, "staff:1")
    (told,) = said_by_us()
    assert "by mistake" in told
    assert "误删" in told


def test_who_has_nothing_to_appeal_is_told_so(group: Space, ann: Known) -> None:
    take(words(group, ann, "/appeal"))
    assert "no removed message" in said_by_us()[0]


def test_an_appeal_in_answer_to_a_notice_in_the_private_talk_is_about_the_removed_message(
    group: Space, mallory: Known
) -> None:
    message = removed(group, mallory)
    talk = a_private_talk(mallory)
    notice = a_message(talk, mallory, "A message of yours was removed")
    Message.objects.filter(pk=notice.pk).update(direction="out")
    for asked in ("/appeal a quote", "/why"):
        take(words(talk, mallory, asked, reply_to=notice))
    assert Case.objects.get(kind="appeal").message_id == message.id
    assert "Theft" in said_by_us(talk)[-1]


def test_the_commands_people_are_shown_are_the_commands_there_are() -> None:
    shown = {one.name: one.for_staff for one in COMMANDS}
    assert set(shown) == {name.value for name in set(Name) - FOR_THE_DESK} - {"start"}
    assert {name for name, for_staff in shown.items() if for_staff} == {
        name.value for name in MODERATORS | OF_THE_SPACE
    }


# --- moderators ---------------------------------------------------------------------------------------------


def test_an_administrator_mutes_for_two_hours_with_a_reason(
    group: Space, admin: Known, mallory: Known
) -> None:
    message = a_message(group, mallory)
    with clock.freeze(clock.now()):
        take(words(group, admin, "/mute 2h spam links", reply_to=message))
        measure = HandMeasure.objects.get()
        assert measure.until == clock.now() + timedelta(hours=2)
    assert (measure.kind, measure.reason, measure.by, measure.via, measure.message_id) == (
        "mute", "spam links", f"account:{admin.id}", "chat", message.id,
    )  # fmt: skip
    assert verbs() == ["restrict", "reply", "reply"]
    done, otherwise = said_by_us()
    assert "@mallory may not write until" in done
    assert "That did not work" in otherwise
    drain()
    assert SpaceMember.objects.get(account_id=mallory.id).state == "restricted"


def test_a_command_delivered_twice_measures_once(group: Space, admin: Known, mallory: Known) -> None:
    once = words(group, admin, "/warn", reply_to=a_message(group, mallory))
    take(once)
    take(once)
    Effect.objects.all().delete()
    take(once)
    assert HandMeasure.objects.count() == 1
    assert SpaceMember.objects.get(account_id=mallory.id).strikes == 1


def test_warnings_climb_the_ladder_of_the_space(group: Space, admin: Known, mallory: Known) -> None:
    for _ in range(2):
        take(words(group, admin, "/warn @mallory"))
    assert [one.kind for one in HandMeasure.objects.order_by("id")] == ["warn", "warn", "mute"]
    done, otherwise = said_by_us()[-2:]
    assert "(strike 2); this member may not write until" in done
    assert "The warning counts" in otherwise


def test_where_the_ladder_cannot_be_climbed_the_warning_stands_and_the_step_by_hand_is_named(
    admin: Known, mallory: Known
) -> None:
    basic = a_group("basic", kind="group")
    SpaceMember.objects.create(space=basic, account_id=admin.id, state="admin")
    for _ in range(2):
        take(words(basic, admin, "/warn @mallory"))
    assert [one.kind for one in HandMeasure.objects.order_by("id")] == ["warn", "warn"]
    assert "supergroup" in said_by_us()[-1]
    take(words(basic, admin, "/mute @mallory"))
    assert "supergroup" in said_by_us()[-1]
    assert HandMeasure.objects.count() == 2


@pytest.mark.parametrize("command", ["/warn", "/mute 2h", "/ban", "/unban", "/undo", "/unmute"])
def test_a_member_who_is_no_administrator_measures_nobody(
    group: Space, ann: Known, mallory: Known, command: str
) -> None:
    take(words(group, ann, command, reply_to=a_message(group, mallory)))
    assert not HandMeasure.objects.exists()
    assert verbs() == ["reply"]


def test_everybody_hears_that_their_language_was_changed_also_right_after_somebody_else(
    group: Space, ann: Known
) -> None:
    take(words(group, ann, "/language zh"), words(group, somebody("Eve", group), "/language en"))
    assert len(said_by_us()) == 2


def test_refusals_are_rare(group: Space, ann: Known, mallory: Known) -> None:
    message = a_message(group, mallory)
    take(*(words(group, ann, "/ban", reply_to=message) for _ in range(50)))
    assert len(said_by_us()) == 1
    take(words(group, somebody("Eve", group), "封禁", reply_to=message))
    assert len(said_by_us()) == 1


def test_an_administrator_of_one_space_is_nobody_in_another(admin: Known, mallory: Known) -> None:
    other = a_group("other")
    SpaceMember.objects.create(space=other, account_id=admin.id)
    take(words(other, admin, "/ban", reply_to=a_message(other, mallory)))
    assert not HandMeasure.objects.exists()


def test_an_administrator_whom_the_platform_lets_ban_nobody_bans_nobody_through_us(
    group: Space, admin: Known, mallory: Known
) -> None:
    SpaceMember.objects.filter(space=group, account_id=admin.id).update(may_restrict=False)
    take(words(group, admin, "/ban", reply_to=a_message(group, mallory)))
    assert not HandMeasure.objects.exists()
    assert verbs() == ["reply"]


@pytest.mark.parametrize("state", ["admin", "owner"])
def test_nobody_who_runs_the_space_can_be_banned(group: Space, admin: Known, state: str) -> None:
    boss = somebody("Boss", group, state=state)
    take(words(group, admin, "/ban", reply_to=a_message(group, boss)))
    assert verbs() == ["reply"]
    assert "Administrators" in said_by_us()[0]


def test_our_own_bot_the_space_itself_and_colleagues_cannot_be_banned(group: Space, admin: Known) -> None:
    colleague = somebody("Mo", group)
    a_colleague(colleague)
    take(
        words(group, admin, "/ban @mo"),
        words(group, admin, "/ban @ada"),
        words(group, admin, f"/ban {group.external_id}"),
    )
    assert not HandMeasure.objects.exists()


def test_a_colleague_linked_to_an_account_may_act_anywhere_under_their_own_name(
    group: Space, mallory: Known
) -> None:
    mo = somebody("Mo", group)
    staff = a_colleague(mo)
    take(words(group, mo, "/ban 7d scam", reply_to=a_message(group, mallory)))
    assert HandMeasure.objects.get().by == f"staff:{staff.pk}"
    entry = AuditEntry.objects.get(verb="member.banned")
    assert (entry.actor, entry.data["account"]) == (f"staff:{staff.pk}", mo.id)


@pytest.mark.parametrize("gone", ["analyst", "inactive", "unlinked"])
def test_an_account_of_ours_without_the_right_may_do_nothing(group: Space, mallory: Known, gone: str) -> None:
    mo = somebody("Mo", group)
    staff = a_colleague(mo, "analyst" if gone == "analyst" else "moderator")
    if gone == "inactive":
        Staff.objects.filter(pk=staff.pk).update(is_active=False)
    if gone == "unlinked":
        Account.objects.filter(pk=mo.id).update(staff=None)
    take(words(group, mo, "/ban", reply_to=a_message(group, mallory)))
    assert not HandMeasure.objects.exists()


def test_an_anonymous_administrator_may_act_and_the_audit_says_so(group: Space, mallory: Known) -> None:
    nobody = somebody("Traders", group)
    Account.objects.filter(pk=nobody.id).update(external_id=group.external_id)
    spoken_as = Known(
        nobody.id, nobody.member_id, nobody.platform, group.external_id, "", "", False, False,
        nobody.created_at, nobody.last_seen_at,
    )  # fmt: skip
    take(words(group, spoken_as, "/ban", reply_to=a_message(group, mallory), anonymous=True))
    assert HandMeasure.objects.get().by == f"account:{nobody.id}"
    assert AuditEntry.objects.get(verb="member.banned").data["anonymous"] == "yes"


def test_a_channel_that_only_claims_to_be_anonymous_is_nobody(
    group: Space, ann: Known, mallory: Known
) -> None:
    take(words(group, ann, "/ban", reply_to=a_message(group, mallory), anonymous=True))
    assert not HandMeasure.objects.exists()


def test_undo_by_button_reply_and_id(group: Space, admin: Known, ann: Known, mallory: Known) -> None:
    message = a_message(group, mallory)
    take(words(group, admin, "/mute", reply_to=message))
    first = HandMeasure.objects.get()
    take(press(group, ann, f"undo:{first.id}"))
    first.refresh_from_db()
    assert first.undone_at is None
    take(press(group, admin, f"undo:{first.id}"), press(group, admin, f"undo:{first.id}"))
    first.refresh_from_db()
    assert first.undone_by == f"account:{admin.id}"
    take(words(group, admin, "/warn", reply_to=message), words(group, admin, "/undo", reply_to=message))
    take(words(group, admin, "/ban", reply_to=message))
    ban = HandMeasure.objects.get(kind="ban")
    take(words(group, admin, f"/undo {ban.id[-8:]}"))
    assert not HandMeasure.objects.filter(undone_at__isnull=True).exists()
    drain()
    now = SpaceMember.objects.get(account_id=mallory.id)
    assert (now.strikes, now.state) == (0, "member")


def test_undo_under_a_notice_takes_the_removal_back(group: Space, admin: Known, mallory: Known) -> None:
    message = post(group, Account.objects.get(pk=mallory.id), SCAM)
    drain()
    notice = Message.objects.get(direction="out", reply_to=message.external_id)
    take(words(group, admin, "/undo", reply_to=notice))
    assert Case.objects.get(message=message).state == "undone"


def test_why_tells_moderators_all_and_the_sender_the_family(
    group: Space, admin: Known, ann: Known, mallory: Known
) -> None:
    message = removed(group, mallory)
    with clock.freeze(clock.now()) as held:
        for who in (admin, mallory, ann):
            take(words(group, who, "/why", reply_to=message))
            held.advance(61)
    full, family, nobody = said_by_us()
    assert "of 1000" in full
    assert "THEFT-" in full
    assert "Theft" in family
    assert "THEFT-" not in family
    assert "for moderators" in nobody


# --- when something goes wrong -------------------------------------------------------------------------------


def test_one_that_fails_takes_nothing_of_the_others_with_it(
    group: Space, admin: Known, mallory: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_message(group, mallory)

    def broken(*_given: object, **_more: object) -> None:
        SpaceMember.objects.filter(account_id=mallory.id).update(strikes=99)
        raise ZeroDivisionError

    monkeypatch.setattr(for_members, "rules", broken)
    take(
        words(group, admin, "/warn", reply_to=message),
        words(group, mallory, "/rules"),
        words(group, admin, "/mute", reply_to=message),
    )
    assert HandMeasure.objects.count() == 2
    assert SpaceMember.objects.get(account_id=mallory.id).strikes == 1
    assert any("did not work" in text for text in said_by_us())


def test_a_failing_database_is_nobodys_mistake_and_stops_the_batch(
    group: Space, ann: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object, **_more: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(for_members, "rules", refuse)
    asked: Heard = words(group, ann, "/rules")
    with pytest.raises(OperationalError), transaction.atomic():
        hear([asked])
