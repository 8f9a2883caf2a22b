"""What becomes of everything Telegram tells: recorded once, judged where somebody is to be judged, in any order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.channels.actions import deliveries
from guildhall.channels.models import (
    Delivery,
    JoinRequest,
    Message,
    Poll,
    Quarantine,
    Reaction,
    Space,
    SpaceMember,
    TelegramBot,
    Topic,
)
from guildhall.core import clock
from guildhall.effects.models import Effect
from guildhall.guard import history
from guildhall.guard.actions import assign_policy, install_shipped
from guildhall.guard.models import VerdictRecord
from guildhall.guard.policies import active_for
from guildhall.intake.pipeline import Status
from guildhall.intake.tests.updates import (
    AT,
    BOT,
    GROUP,
    OTHER_BOT,
    SCAM,
    a_bot,
    chat,
    member,
    message,
    person,
    raw,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bot(db: None) -> TelegramBot:
    install_shipped(by="system:test")
    return a_bot()


def members() -> dict[str, str]:
    return dict(SpaceMember.objects.values_list("account__external_id", "state"))


def test_a_delivery_that_comes_again_changes_nothing_also_within_one_batch() -> None:
    one = raw("message", message("hello"), update_id=5)
    assert [o.status for o in take(one, one)] == [Status.RECORDED, Status.DUPLICATE]
    assert [o.status for o in take(one)] == [Status.DUPLICATE]
    assert Message.objects.count() == 1
    assert Delivery.objects.get().key == f"telegram:{BOT}:5"


def test_a_delivery_that_was_put_aside_may_be_sent_through_again() -> None:
    bad = raw("message", message("first", number=7))
    worse = raw("message", message("other words", number=7), update_id=6)
    assert [o.status for o in take(bad, worse)] == [Status.RECORDED, Status.QUARANTINED]
    assert not Delivery.objects.filter(key=f"telegram:{BOT}:6").exists()
    Message.objects.all().delete()
    assert take(worse)[0].status is Status.RECORDED


def test_deliveries_are_forgotten_after_a_week() -> None:
    take(raw("message", message("hello")), raw("message", message("again")))
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(at=clock.now() - timedelta(days=8))
    deliveries.prune(None)
    assert Delivery.objects.count() == 1


def test_a_new_group_is_served_by_the_bot_that_heard_it_and_watched_first() -> None:
    take(raw("message", message("hello")))
    space = Space.objects.get()
    assert (space.external_id, space.kind, space.receiver, space.name) == (
        str(GROUP), "supergroup", str(BOT), "Perps EN",
    )  # fmt: skip
    assert active_for(space.id).slug == "review-first"


def test_a_scam_in_a_group_is_judged_and_its_removal_queued() -> None:
    take(raw("message", message("hello")))
    assign_policy(Space.objects.get().id, "default", by="system:test")
    (outcome,) = take(raw("message", message(SCAM)))
    assert outcome.verdict_action != "allow"
    assert Effect.objects.filter(kind="channels.act").exists()


def a_poll(question: str) -> dict[str, object]:
    options = [{"text": text, "voter_count": 0} for text in ("yes", "no")]
    return {"id": "1", "question": question, "options": options, "is_closed": False, "type": "regular"}


@pytest.mark.parametrize(
    "more",
    [
        {"poll": a_poll(SCAM)},
        {"contact": {"phone_number": "+1555", "first_name": SCAM}},
        {"external_reply": {"origin": {"type": "hidden_user", "sender_user_name": "x", "date": AT},
                            "chat": chat(-100999)}, "quote": {"text": SCAM, "position": 0}, "text": "look"},
    ],
    ids=["poll", "contact", "quote"],
)  # fmt: skip
def test_a_scam_in_the_words_of_an_attachment_is_judged_like_one_in_the_text(more: dict) -> None:
    take(raw("message", message("hello")))
    assign_policy(Space.objects.get().id, "default", by="system:test")
    (outcome,) = take(raw("message", {**message(""), **more}))
    assert outcome.verdict_action not in ("", "allow")
    stored = Message.objects.get(pk=outcome.message_id)
    (again,) = history.chunk(stored.received_at, clock.now(), stored.pk[:-1], 1)
    assert SCAM in again.subject.text


@pytest.mark.parametrize(
    "more",
    [
        {"chat": {"id": 11, "type": "private", "first_name": "Ann"}},
        {"is_automatic_forward": True, "sender_chat": {"id": -100777, "type": "channel", "title": "News"}},
        {"from": {"id": OTHER_BOT, "is_bot": True, "first_name": "Ours"}},
    ],
    ids=["private", "automatic", "ours"],
)
def test_private_talks_automatic_posts_and_our_own_bots_are_recorded_and_not_judged(more: dict) -> None:
    a_bot(OTHER_BOT)
    (outcome,) = take(raw("message", message(SCAM, **more)))
    assert (outcome.status, outcome.verdict_action) == (Status.RECORDED, "")
    assert Message.objects.count() == 1
    assert not VerdictRecord.objects.exists()


def test_an_administrator_is_not_punished_as_a_member_even_under_the_groups_name() -> None:
    take(raw("chat_member", member(12, "member", "administrator")))
    anonymous = {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": chat()}
    outcomes = take(
        raw("message", message(SCAM, **{"from": person(12)})),
        raw("message", message(SCAM, **anonymous)),
        raw("message", message(SCAM, **{"from": person(13)})),
    )
    assert [o.verdict_action == "allow" for o in outcomes] == [True, True, False]


def test_whether_an_administrator_may_ban_is_known_as_told_last() -> None:
    told = member(12, "member", "administrator")
    take(raw("chat_member", told))
    assert SpaceMember.objects.get().may_restrict is False
    promoted = member(12, "administrator", "administrator", at=AT + 5)
    promoted["new_chat_member"]["can_restrict_members"] = True
    take(raw("chat_member", promoted), raw("chat_member", told))
    assert SpaceMember.objects.get().may_restrict is True


def test_the_same_join_told_twice_keeps_the_invite_whichever_came_first() -> None:
    told = raw("message", message("", new_chat_members=[person(21), person(22)]))
    link = {"invite_link": "https://t.me/+abc", "name": "summer", "creator": person(99), "creates_join_request": False,
            "is_primary": False, "is_revoked": False}  # fmt: skip
    take(told, raw("chat_member", member(21, "left", "member", invite_link=link)))
    take(raw("chat_member", member(22, "left", "member", invite_link=link)))
    take(raw("message", message("", new_chat_members=[person(22)])))
    assert members() == {"21": "member", "22": "member"}
    assert set(SpaceMember.objects.values_list("invite", flat=True)) == {"summer"}


def test_leaving_and_coming_in_the_wrong_order_ends_where_the_clock_says() -> None:
    take(raw("chat_member", member(21, "member", "left", at=AT + 60)))
    take(raw("chat_member", member(21, "left", "member", at=AT)))
    assert members() == {"21": "left"}
    take(raw("message", message("late words", at=AT + 30, **{"from": person(21)})))
    assert members() == {"21": "left"}
    take(raw("chat_member", member(21, "left", "member", at=AT + 120)))
    assert members() == {"21": "member"}


def test_a_restriction_by_hand_with_its_end_is_known_and_an_older_word_does_not_undo_it() -> None:
    until = AT + 3600
    body = member(21, "member", "restricted", at=AT + 10)
    body["new_chat_member"]["until_date"] = until
    take(raw("chat_member", body), raw("chat_member", member(21, "left", "member", at=AT)))
    row = SpaceMember.objects.get()
    assert (row.state, int(row.until.timestamp())) == ("restricted", until)
    take(raw("message", message("", at=AT + 20, left_chat_member=person(21))))
    take(raw("message", message("", at=AT + 30, new_chat_members=[person(21)])))
    assert members() == {"21": "restricted"}


def test_a_request_to_join_waits_until_they_are_in() -> None:
    asked = {"chat": chat(), "from": person(21), "user_chat_id": 21, "date": AT, "bio": "trader"}
    take(raw("chat_join_request", asked), raw("chat_join_request", asked))
    row = JoinRequest.objects.get()
    assert (row.state, row.about) == ("waiting", "trader")
    take(raw("chat_member", member(21, "left", "member", at=AT + 60)))
    row.refresh_from_db()
    assert row.state == "approved"


def test_reactions_polls_topics_and_titles_stand_as_told_last() -> None:
    (outcome,) = take(raw("message", message("gm", number=50)))

    def react(emoji: str, at: int) -> None:
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        body = {
            "chat": chat(),
            "message_id": 50,
            "user": person(21),
            "date": at,
            "old_reaction": [],
            "new_reaction": new,
        }
        take(raw("message_reaction", body))

    react("👍", AT + 5)
    react("🔥", AT + 2)
    assert Reaction.objects.get(message_id=outcome.message_id).reactions == ["👍"]
    react("", AT + 9)
    assert Reaction.objects.get().reactions == []
    counts = [{"type": {"type": "emoji", "emoji": "👍"}, "total_count": 3}]
    for _ in range(2):
        take(
            raw("message_reaction_count", {"chat": chat(), "message_id": 50, "date": AT, "reactions": counts})
        )
    assert Reaction.objects.get(account=None).reactions == [["👍", 3]]
    poll = {"id": "p1", "question": "Up?", "options": [{"text": "yes", "voter_count": 0}, {"text": "no", "voter_count": 0}],
            "total_voter_count": 0, "is_closed": False, "is_anonymous": True, "type": "regular",
            "allows_multiple_answers": False}  # fmt: skip
    take(raw("message", message("", poll=poll)))
    take(
        raw(
            "poll", {**poll, "options": [{"text": "yes", "voter_count": 4}, {"text": "no", "voter_count": 1}]}
        )
    )
    take(raw("poll_answer", {"poll_id": "p1", "user": person(21), "option_ids": [0]}))
    row = Poll.objects.get()
    assert (row.options, row.message is not None) == ([["yes", 4], ["no", 1]], True)
    take(raw("message", message("", new_chat_title="Perps & Spot", chat=chat(title="Perps & Spot"))))
    assert Space.objects.get().name == "Perps & Spot"
    created = message("", message_thread_id=9, is_topic_message=True,
                      forum_topic_created={"name": "Funding", "icon_color": 1})  # fmt: skip
    take(raw("message", created))
    assert Topic.objects.get(external_id="9").name == "Funding"


def test_a_link_swapped_behind_the_same_words_is_a_new_version() -> None:
    def linked(url: str) -> dict:
        return {"entities": [{"type": "text_link", "offset": 0, "length": 5, "url": url}]}

    (first,) = take(raw("message", message("hello world", number=60, **linked("https://example.org"))))
    edit = message("hello world", number=60, edit_date=AT + 9, **linked("https://wallet-verify9.top/unlock"))
    (edited,) = take(raw("edited_message", edit))
    assert (edited.status, edited.message_id) == (Status.RECORDED, first.message_id)
    assert Message.objects.get().version == 2


def test_an_edit_of_a_message_never_seen_is_stored_and_the_original_after_it_is_a_duplicate() -> None:
    (edited,) = take(raw("edited_message", message("second words", number=70, edit_date=AT + 9)))
    assert (edited.status, edited.verdict_action) == (Status.RECORDED, "allow")
    (late,) = take(raw("message", message("first words", number=70)))
    assert (late.status, late.message_id) == (Status.DUPLICATE, edited.message_id)
    assert Message.objects.get().text == "second words"


def test_a_group_that_becomes_a_supergroup_stays_the_same_space() -> None:
    old = chat(-55, "group")
    take(raw("message", message("before", number=3, chat=old)))
    space = Space.objects.get()
    new = raw("message", message("already there", number=3))
    moved = raw("message", message("", number=4, chat=old, migrate_to_chat_id=GROUP))
    take(new, moved)
    late = raw("message", message("late", number=5, chat=old))
    again = raw("message", message("before", number=3, chat=old))
    assert [o.status for o in take(late, again)] == [Status.RECORDED, Status.DUPLICATE]
    space.refresh_from_db()
    assert (space.external_id, space.kind) == (str(GROUP), "supergroup")
    texts = dict(Message.objects.filter(space=space).values_list("external_id", "text"))
    assert texts == {"-55:3": "before", "3": "already there", "-55:5": "late"}
    take(raw("message", message("", number=6, migrate_from_chat_id=-55)))
    assert Space.objects.filter(archived_at=None).count() == 1


def test_messages_heard_under_the_new_id_before_the_migration_are_moved_over() -> None:
    take(raw("message", message("before", number=3, chat=chat(-55, "group"))))
    old = Space.objects.get()
    take(raw("message", message("early", number=3)))
    assert Space.objects.count() == 2
    take(raw("message", message("", number=4, chat=chat(-55, "group"), migrate_to_chat_id=GROUP)))
    assert dict(Message.objects.filter(space=old).values_list("external_id", "text")) == {
        "-55:3": "before",
        "3": "early",
    }
    assert SpaceMember.objects.get(space=old).message_count == 2


def test_in_a_basic_group_one_bot_counts_until_it_is_gone() -> None:
    a_bot(OTHER_BOT)
    small = chat(-55, "group")
    take(raw("message", message("one", number=3, chat=small)))
    (other,) = take(raw("message", message("one", number=41, chat=small), bot=OTHER_BOT))
    assert other.status is Status.DUPLICATE
    TelegramBot.objects.filter(bot_id=BOT).update(state="paused")
    (heard,) = take(raw("message", message("two", number=3, chat=small), bot=OTHER_BOT))
    assert heard.status is Status.RECORDED
    assert Space.objects.get().receiver == str(OTHER_BOT)
    assert set(Message.objects.values_list("external_id", "text")) == {(f"{BOT}:3", "one"), ("3", "two")}


def test_in_a_supergroup_two_bots_hear_one_message() -> None:
    a_bot(OTHER_BOT)
    one = message("hello", number=3)
    assert [o.status for o in take(raw("message", one), raw("message", one, bot=OTHER_BOT))] == [
        Status.RECORDED, Status.DUPLICATE,
    ]  # fmt: skip
    assert SpaceMember.objects.get().message_count == 1


def test_what_our_bot_said_is_not_a_conflict_when_another_bot_hears_it() -> None:
    take(raw("message", message("hello")))
    space = Space.objects.get()
    Message.objects.create(
        space=space,
        direction="out",
        external_id="90",
        text="Welcome!",
        sent_at=clock.now(),
        received_at=clock.now(),
    )
    body = message("Welcome!", number=90, **{"from": {"id": BOT, "is_bot": True, "first_name": "Guild"}})
    (outcome,) = take(raw("message", body, bot=OTHER_BOT))
    assert outcome.status is Status.DUPLICATE
    assert not Quarantine.objects.exists()
