"""Comings and goings, topics, reactions, polls, presses and all else that Telegram tells beside messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guildhall.channels.port import Inbound, Kind, MemberChange, MemberState, TopicState
from guildhall.channels.telegram.updates import ALLOWED
from guildhall.channels.tests.telegram_samples import HAPPENED, NOTHING_TO_DO, SAMPLES
from guildhall.channels.tests.telegram_updates import (
    ADMIN,
    BOB,
    BOT,
    GROUP,
    LEFT,
    MEMBER,
    OTHER_CHANNEL,
    SUPERGROUP,
    heard,
    member_changed,
    message,
    restricted,
    said,
    update,
)
from guildhall.core import clock
from guildhall.core.errors import BadInput

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def only(got: Inbound) -> MemberChange:
    (change,) = got.members
    return change


def test_somebody_who_joins_by_link_keeps_the_links_name() -> None:
    got = heard(HAPPENED["joined by link"])
    change = only(got)
    assert (got.kind, got.sent_at, got.is_automatic) == (Kind.JOIN, NOON, False)
    assert (change.account.external_id, change.invite, change.by) == ("502", "Twitter November", "")
    assert (change.before, change.after) == (MemberState.LEFT, MemberState.MEMBER)


@pytest.mark.parametrize(
    ("what", "invite"), [("joined by request", "join_request"), ("joined by folder", "chat_folder")]
)
def test_ways_in_without_a_link_are_told(what: str, invite: str) -> None:
    assert only(heard(HAPPENED[what])).invite == invite


def test_a_link_without_a_name_is_named_by_itself() -> None:
    link = {"invite_link": "https://t.me/+Ab...", "name": ""}
    assert only(heard(member_changed(LEFT, MEMBER, invite_link=link))).invite == "https://t.me/+Ab..."


def test_of_two_tellings_of_a_join_the_service_line_knows_less_and_says_so() -> None:
    line, update_ = heard(HAPPENED["joined (service line)"]), heard(HAPPENED["joined by link"])
    assert line.kind is update_.kind is Kind.JOIN
    assert (line.is_automatic, only(line).before, line.message_id) == (True, None, "42")
    assert (update_.is_automatic, only(update_).before, update_.message_id) == (False, MemberState.LEFT, "")
    assert only(line).account == only(update_).account


def test_who_was_added_is_told_apart_from_who_added_and_from_us() -> None:
    got = heard(HAPPENED["added (service line)"])
    assert got.sender.external_id == "503"
    assert [(one.account.external_id, one.by) for one in got.members] == [("502", "503"), ("510", "503")]
    assert heard(HAPPENED["bot added (service line)"]).kind is Kind.OTHER
    assert heard(HAPPENED["bot removed (service line)"]).kind is Kind.OTHER


@pytest.mark.parametrize(("what", "by"), [("left (service line)", ""), ("removed (service line)", "503")])
def test_who_left_is_told_with_who_removed_them(what: str, by: str) -> None:
    got = heard(HAPPENED[what])
    assert (got.kind, got.is_automatic) == (Kind.LEAVE, True)
    assert (only(got).account.external_id, only(got).by, only(got).before) == ("502", by, None)


@pytest.mark.parametrize(
    ("what", "kind", "before", "after", "until"),
    [
        ("left", Kind.LEAVE, "member", "left", None),
        ("came back restricted", Kind.JOIN, "left", "restricted", NOON + timedelta(hours=1)),
        ("banned", Kind.MEMBER_UPDATE, "member", "banned", None),
        ("banned until", Kind.MEMBER_UPDATE, "member", "banned", NOON + timedelta(days=1)),
        ("unbanned", Kind.MEMBER_UPDATE, "banned", "left", None),
        ("restricted", Kind.MEMBER_UPDATE, "member", "restricted", NOON + timedelta(hours=1)),
        ("restricted for ever", Kind.MEMBER_UPDATE, "member", "restricted", None),
        ("no pictures", Kind.MEMBER_UPDATE, "member", "member", None),
        ("promoted", Kind.MEMBER_UPDATE, "member", "admin", None),
        ("demoted", Kind.MEMBER_UPDATE, "admin", "member", None),
        ("owner changed", Kind.MEMBER_UPDATE, "member", "owner", None),
        ("bot promoted", Kind.BOT_MEMBERSHIP, "member", "admin", None),
        ("bot kicked", Kind.BOT_MEMBERSHIP, "admin", "banned", None),
        ("bot blocked", Kind.BOT_MEMBERSHIP, "member", "banned", None),
    ],
)
def test_a_change_of_standing_says_what_was_and_what_is(
    what: str, kind: Kind, before: str, after: str, until: datetime | None
) -> None:
    got = heard(HAPPENED[what])
    change = only(got)
    assert (got.kind, change.before, change.after, change.until) == (kind, before, after, until)


def test_who_changed_a_standing_is_told() -> None:
    assert only(heard(HAPPENED["banned"])).by == str(ADMIN["id"])
    assert heard(HAPPENED["banned"]).sender.external_id == str(ADMIN["id"])


def test_somebody_restricted_who_leaves_has_left() -> None:
    got = heard(member_changed(restricted(), restricted(is_member=False)))
    assert (got.kind, only(got).after) == (Kind.LEAVE, MemberState.LEFT)


def test_what_we_are_in_a_chat_is_told_with_every_right() -> None:
    got = heard(HAPPENED["bot promoted"])
    assert only(got).account.external_id == str(BOT)
    assert got.raw["my_chat_member"]["new_chat_member"]["can_delete_messages"] is True
    assert heard(HAPPENED["bot blocked"]).space.external_id == f"501/{BOT}"


def test_a_change_of_a_standing_nobody_knows_is_put_aside() -> None:
    with pytest.raises(BadInput):
        heard(member_changed(MEMBER, {"status": "archduke"}))
    assert only(heard(member_changed({"status": "archduke"}, MEMBER))).before is None


def test_who_asks_to_be_let_in_says_who_they_are() -> None:
    got = heard(HAPPENED["join request"])
    assert (got.kind, got.sender.external_id, got.text) == (
        Kind.JOIN_REQUEST,
        "502",
        "交易员 · t.me/bobtrades",
    )
    assert [link.url for link in got.links] == ["http://t.me/bobtrades"]
    assert (only(got).invite, only(got).after) == ("VIP door", MemberState.LEFT)


@pytest.mark.parametrize(
    ("what", "topic"),
    [
        ("topic created", TopicState("77", "Deposits 充值", False)),
        ("topic edited", TopicState("77", "Deposits", None)),
        ("topic icon edited", TopicState("77", "", None)),
        ("topic closed", TopicState("77", "", True)),
        ("topic reopened", TopicState("77", "", False)),
        ("general topic closed", TopicState("1", "", True)),
        ("general topic hidden", TopicState("1", "", True)),
        ("general topic unhidden", TopicState("1", "", None)),
    ],
)
def test_topics_are_told_with_all_that_is_new_about_them(what: str, topic: TopicState) -> None:
    got = heard(HAPPENED[what])
    assert (got.kind, got.topic) == (Kind.SPACE_UPDATE, topic)


def test_a_new_title_is_the_spaces_title() -> None:
    assert heard(HAPPENED["new title"]).space.title == "Exchange English"
    assert heard(HAPPENED["new title of a channel"]).space.title == "News"


def test_a_pin_names_what_was_pinned_also_when_that_is_out_of_reach() -> None:
    assert [
        (got.kind, got.message_id) for what in ("pinned", "pinned long ago") if (got := heard(HAPPENED[what]))
    ] == [
        (Kind.PIN, "12"),
        (Kind.PIN, "7"),
    ]


def test_a_migration_acts_once_and_names_both_ids() -> None:
    got = heard(HAPPENED["migrated to"])
    assert (got.kind, got.space.external_id, got.migrated_to) == (
        Kind.MIGRATION,
        str(GROUP["id"]),
        "-1001500000077",
    )
    assert heard(NOTHING_TO_DO["migrated from"]).kind is Kind.OTHER


def test_reactions_are_emoji_ids_or_paid() -> None:
    got = heard(HAPPENED["reaction"])
    assert (got.kind, got.message_id, got.sender.external_id) == (Kind.REACTION, "42", "502")
    assert (got.reactions, got.reaction_counts) == (("👍", "5368324170671", "paid"), None)
    back = heard(HAPPENED["reaction taken back"])
    assert (back.reactions, back.sender.is_anonymous, back.sender.is_admin) == ((), True, True)


def test_counted_reactions_are_nobodys() -> None:
    got = heard(HAPPENED["reaction count"])
    assert (got.sender.external_id, got.reaction_counts) == ("", (("🔥", 31), ("paid", 2)))
    none = {"chat": SUPERGROUP, "message_id": 42, "date": 1_795_435_200, "reactions": []}
    assert heard(update("message_reaction_count", none)).reaction_counts == ()


def test_a_poll_is_told_by_its_tally_and_by_votes() -> None:
    tally, vote, back = (heard(HAPPENED[what]) for what in ("poll tally", "vote", "vote of a channel"))
    assert {got.kind for got in (tally, vote, back)} == {Kind.POLL}
    assert tally.poll is not None
    assert (tally.poll.is_closed, tally.poll.options[0], tally.sender.external_id) == (True, ("Yes", 3), "")
    assert vote.poll is not None
    assert (vote.poll.id, vote.poll.chosen, vote.sender.external_id) == ("5300000000000000001", (1,), "502")
    assert back.poll is not None
    assert (back.poll.chosen, back.sender.external_id) == ((), str(OTHER_CHANNEL["id"]))
    assert {got.space.external_id for got in (tally, vote, back)} == {""}


@pytest.mark.parametrize(
    ("what", "data", "space", "message_id"),
    [
        ("button pressed", "a:1", str(SUPERGROUP["id"]), "50"),
        ("button pressed in a private talk", "appeal", f"501/{BOT}", "3"),
        ("button of a message too old", "a:1", str(SUPERGROUP["id"]), "7"),
        ("button of an inline message", "run", f"502/{BOT}", ""),
    ],
)
def test_a_pressed_button_can_be_answered(what: str, data: str, space: str, message_id: str) -> None:
    with clock.freeze(NOON):
        got = heard(HAPPENED[what])
    assert got.callback is not None
    assert (got.kind, got.callback.data, got.sent_at) == (Kind.CALLBACK, data, NOON)
    assert (got.space.external_id, got.message_id) == (space, message_id)


@pytest.mark.parametrize("what", NOTHING_TO_DO)
def test_what_needs_nothing_from_us_is_understood_and_left_alone(what: str) -> None:
    assert heard(NOTHING_TO_DO[what]).kind is Kind.OTHER


@pytest.mark.parametrize(
    "unknown",
    [
        {"update_id": 1},
        {"update_id": 1, "hologram": said("x")},
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": []},
        {"update_id": "1", "message": said("x")},
        {"update_id": 1.0, "message": said("x")},
        {"message": said("x")},
        {"update_id": 1, "message": said("x"), "edited_message": said("y")},
    ],
)
def test_an_update_of_a_kind_nobody_knows_waits_for_a_person(unknown: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        heard(unknown)


def test_a_field_of_next_year_beside_a_known_kind_is_kept() -> None:
    got = heard({**message("x", hologram={"a": 1}), "priority": 3})
    assert (got.text, got.raw["priority"], got.raw["message"]["hologram"]) == ("x", 3, {"a": 1})


def test_every_kind_of_update_has_a_sample_and_is_asked_for() -> None:
    from telegram import Update

    assert {kind for sample in SAMPLES.values() for kind in sample if kind != "update_id"} == set(ALLOWED)
    assert set(Update.ALL_TYPES) <= set(ALLOWED)


def test_the_member_is_named_even_when_nobody_says_who_did_it() -> None:
    changed = member_changed(MEMBER, LEFT)
    del changed["chat_member"]["from"]
    with pytest.raises(BadInput) as caught:
        heard(changed)
    assert caught.value.field == "from"
    assert heard(member_changed(MEMBER, LEFT)).sender.external_id == str(BOB["id"])


def test_words_beside_a_service_field_are_still_judged() -> None:
    got = heard(message("join evil.top", boost_added={"boost_count": 1}))
    assert (got.kind, got.text, len(got.links)) == (Kind.MESSAGE, "join evil.top", 1)
