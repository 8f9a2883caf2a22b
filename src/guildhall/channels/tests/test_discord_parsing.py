"""What an event of Discord's gateway comes to; and that whatever Discord sends is understood or put aside."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.channels.discord.pressed import kept
from guildhall.channels.discord.reading import id_before, made_at
from guildhall.channels.discord.spans import marked
from guildhall.channels.discord.updates import NEEDLESS, READERS, parse
from guildhall.channels.port import EntityKind, Inbound, Kind, LinkKind, MediaKind, MemberState
from guildhall.channels.testing.discord import schema
from guildhall.channels.tests.discord_samples import (
    ANN,
    AT,
    BOB,
    BOT,
    CHANNEL,
    EARLIER,
    GUILD,
    HOOK,
    MESSAGE,
    SAMPLES,
    THREAD,
    WRITTEN,
    guild,
    message,
)
from guildhall.core.errors import BadInput

NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def body(name: str, d: Any, **more: Any) -> bytes:
    at = int(NOW.timestamp() * 1000)
    return orjson.dumps({"bot": BOT, "session": "s1", "at": at, "op": 0, "s": 7, "t": name, "d": d, **more})


def heard(sample: str, **more: Any) -> Inbound:
    name, d = SAMPLES[sample]
    return parse(body(name, d, **more))


def test_a_message_says_who_where_when_and_what() -> None:
    got = heard("plain")
    assert (got.kind, got.space.external_id, got.space.kind) == (Kind.MESSAGE, GUILD, "server")
    assert (got.message_id, got.thread_id, got.text) == (MESSAGE, CHANNEL, "hello")
    assert (got.sender.external_id, got.sender.username, got.sender.display_name) == (BOB, "bob", "Bobby")
    assert got.sent_at == datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=UTC)
    assert (got.delivery_id, got.receiver) == ("s1:7", BOT)
    assert not got.sender.is_admin


def test_who_leads_the_server_speaks_as_its_staff() -> None:
    assert heard("plain", rank="admin").sender.is_admin
    assert heard("a member", rank="admin").members[0].after is MemberState.ADMIN
    assert heard("a member", rank="owner").members[0].after is MemberState.OWNER
    helper = heard("a member", rank="helper").members[0]
    assert (helper.after, helper.may_restrict) == (MemberState.ADMIN, False)


def test_marks_mentions_and_masked_links_lie_where_they_stand() -> None:
    got = heard("marked")
    shown = {one.kind: got.text[one.offset : one.offset + one.length] for one in got.entities}
    assert shown == {
        EntityKind.TEXT_MENTION: f"<@{ANN}>",
        EntityKind.BOLD: "**bold**",
        EntityKind.CODE: "`code`",
        EntityKind.SPOILER: "||gone||",
        EntityKind.TEXT_LINK: "[my site](https://evil.top/a)",
        EntityKind.CUSTOM_EMOJI: "<:pepe:123456>",
        EntityKind.MENTION: "@everyone",
        EntityKind.QUOTE: "> said",
    }
    assert [one.account for one in got.entities if one.kind is EntityKind.TEXT_MENTION] == [ANN]
    (link,) = got.links
    assert (link.url, link.text, link.kind) == ("https://evil.top/a", "my site", LinkKind.TEXT_LINK)


def test_replies_edits_and_threads() -> None:
    assert heard("reply").reply_to == EARLIER
    edited = heard("edited")
    assert (edited.kind, edited.edited_at) == (Kind.EDIT, datetime(2026, 11, 23, 10, 1, tzinfo=UTC))
    assert heard("in a thread").thread_id == THREAD
    part = heard("edited in part")
    assert (part.kind, part.text, part.sender.external_id) == (Kind.EDIT, "new words", "")


@pytest.mark.parametrize("sample", ["a preview", "a preview in part", "our own", "a welcome line", "typing"])
def test_what_nobody_wrote_needs_nothing(sample: str) -> None:
    assert heard(sample).kind is Kind.OTHER


def test_webhooks_and_followed_channels_are_no_members() -> None:
    hook = heard("by a webhook").sender
    assert (hook.external_id, hook.is_bot) == (HOOK, True)
    news = heard("from another server")
    assert (news.is_automatic, news.forwarded_from) == (True, "77/66")


def test_a_forwarded_message_brings_its_words_and_files_to_be_judged() -> None:
    got = heard("forwarded")
    assert (got.text, got.forwarded_from, got.reply_to) == ("come to wallet-check.top", "77/66", None)
    assert [one.kind for one in got.media] == [MediaKind.PHOTO]
    assert [one.url for one in got.links] == ["http://wallet-check.top"]


def test_files_are_described_without_the_signature_that_changes() -> None:
    picture, paper = heard("files").media
    assert (picture.kind, picture.width, picture.mime) == (MediaKind.PHOTO, 640, "image/png")
    assert picture.ref == f"https://cdn.discordapp.com/attachments/{CHANNEL}/{picture.hash}/chart.png"
    assert (paper.kind, paper.name) == (MediaKind.DOCUMENT, "terms.pdf")
    (voice,) = heard("a voice note").media
    assert (voice.kind, voice.duration) == (MediaKind.VOICE, 7)
    (sticker,) = heard("a sticker").media
    assert (sticker.kind, sticker.text) == (MediaKind.STICKER, "Wave")


def test_the_words_and_links_of_cards_buttons_and_layouts_are_judged() -> None:
    card = heard("an app's card")
    assert "connect your wallet" in card.media[0].text
    assert {one.url for one in card.links} >= {"https://evil.top/x", "http://claim-now.top"}
    (button,) = heard("buttons").links
    assert (button.url, button.kind) == ("https://dapp.evil.top", LinkKind.BUTTON)
    laid = heard("laid out")
    assert laid.text == "Verify your wallet at verify-me.top"
    assert [one.url for one in laid.links] == ["http://verify-me.top"]


def test_a_poll_is_known_by_its_message_and_counted_vote_by_vote() -> None:
    asked = heard("a poll")
    assert asked.poll is not None
    assert (asked.poll.id, asked.poll.options) == (MESSAGE, (("long", 0), ("short", 3)))
    assert "Long or short?" in asked.media[0].text
    vote, back = heard("a vote"), heard("a vote taken back")
    assert vote.poll is not None
    assert (vote.poll.id, vote.poll.chosen, vote.change, back.change) == (MESSAGE, (1,), 1, -1)
    over = heard("a poll's result")
    assert over.poll is not None
    assert (over.kind, over.poll.id, over.poll.is_closed) == (Kind.POLL, EARLIER, True)


def test_a_private_talk_is_named_by_both_sides() -> None:
    assert heard("in private").space.external_id == f"dm:{BOB}/{BOT}"
    assert heard("in private").space.kind == "private"
    assert heard("a command in private").space.external_id == f"dm:{BOB}/{BOT}"
    assert heard("deleted in private").kind is Kind.OTHER


def test_deletions_reactions_and_pins() -> None:
    assert (heard("deleted").kind, heard("deleted").message_id) == (Kind.DELETE, MESSAGE)
    assert heard("deleted together").message_ids == (MESSAGE, EARLIER)
    given_, back = heard("a reaction"), heard("a reaction taken back")
    assert (given_.reactions, given_.change, given_.sender.external_id) == (("👍",), 1, BOB)
    assert (back.reactions, back.change) == (("pepe:123456",), -1)
    cleared = heard("reactions cleared")
    assert (cleared.reactions, cleared.change, cleared.sender.external_id) == ((), -1, "")
    assert heard("one reaction cleared").reactions == ("🔥",)
    assert (heard("a pin").kind, heard("a pin").message_id) == (Kind.PIN, EARLIER)


@pytest.mark.parametrize(
    ("sample", "kind", "after"),
    [
        ("a join", Kind.JOIN, MemberState.MEMBER),
        ("a leave", Kind.LEAVE, MemberState.LEFT),
        ("a member", Kind.MEMBER_UPDATE, MemberState.MEMBER),
        ("a timeout", Kind.MEMBER_UPDATE, MemberState.RESTRICTED),
        ("a ban", Kind.MEMBER_UPDATE, MemberState.BANNED),
        ("an unban", Kind.MEMBER_UPDATE, MemberState.LEFT),
        ("a kick in the log", Kind.LEAVE, MemberState.LEFT),
        ("a ban in the log", Kind.MEMBER_UPDATE, MemberState.BANNED),
        ("a timeout in the log", Kind.MEMBER_UPDATE, MemberState.RESTRICTED),
    ],
)
def test_what_becomes_of_members(sample: str, kind: Kind, after: MemberState) -> None:
    got = heard(sample)
    (change,) = got.members
    assert (got.kind, change.account.external_id, change.after) == (kind, BOB, after)
    assert change.by == (ANN if "in the log" in sample else "")
    assert (change.until is not None) == (after is MemberState.RESTRICTED)


def test_a_timeout_that_is_over_restricts_nobody() -> None:
    name, d = SAMPLES["a timeout"]
    late = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp() * 1000)
    assert parse(body(name, d, at=late)).members[0].after is MemberState.MEMBER


def test_a_join_counts_from_when_it_was_and_other_events_from_when_they_were_heard() -> None:
    assert heard("a join").sent_at == datetime.fromisoformat(AT)
    assert heard("a leave").sent_at == NOW
    assert heard("a kick in the log").sent_at == made_at("1310000000000000700")


def test_somebody_who_asks_to_be_let_in_says_why() -> None:
    got = heard("an application")
    assert (got.kind, got.sender.external_id) == (Kind.JOIN_REQUEST, BOB)
    assert got.text == "Where from?: a friend\nYou trade: perps"


def test_servers_channels_and_threads() -> None:
    server = heard("a server")
    assert (server.kind, server.space.title) == (Kind.BOT_MEMBERSHIP, "Perpetuals")
    assert (server.members[0].account.external_id, server.members[0].after) == (BOT, MemberState.MEMBER)
    assert heard("a server lost").members[0].after is MemberState.LEFT
    for away in ("a server away", "an outage"):
        assert (heard(away).kind, heard(away).space.external_id) == (Kind.OTHER, GUILD)
    assert heard("a server renamed").space.title == "Perps & Spot"
    topic = heard("a thread").topic
    assert topic is not None
    assert (topic.id, topic.name, topic.is_closed) == (THREAD, "Fees?", False)
    for sample in ("a thread closed", "a thread gone", "a channel gone"):
        gone = heard(sample).topic
        assert gone is not None
        assert gone.is_closed is True


@pytest.mark.parametrize(
    ("sample", "text", "reply_to"),
    [
        ("a command", f"/mute <@{ANN}> 2h spam links", None),
        ("a command of two words", "/raid start 30", None),
        ("a command on a member", f"/warn <@{ANN}>", None),
        ("a command on a message", "/report", EARLIER),
        ("a command in private", "/help", None),
    ],
)
def test_a_command_reads_as_if_it_were_typed(sample: str, text: str, reply_to: str | None) -> None:
    got = heard(sample)
    assert (got.kind, got.text, got.reply_to) == (Kind.MESSAGE, text, reply_to)
    assert got.callback is not None
    assert got.callback.id == got.message_id == "1310000000000000500"
    assert got.sender.language == "zh-CN"


def test_presses_choices_and_forms_come_back_with_what_they_carry() -> None:
    press = heard("a press")
    assert press.callback is not None
    assert (press.kind, press.callback.data, press.message_id) == (Kind.CALLBACK, "appeal:7", MESSAGE)
    choice, form = heard("a choice").callback, heard("a form").callback
    assert choice is not None
    assert choice.data == "gate\nb\nc"
    assert form is not None
    name, _, fields = form.data.partition("\n")
    assert (name, json.loads(fields)) == ("why", {"reason": "not me", "kind": "x"})
    assert heard("letters so far").kind is Kind.OTHER
    assert kept(SAMPLES["a form"][1]) == ("1310000000000000500", int(BOT), "an-interaction-token", 5, "zh-CN")
    assert kept(SAMPLES["letters so far"][1]) is None


@pytest.mark.parametrize("sample", [name for name, (event, _) in SAMPLES.items() if event in NEEDLESS])
def test_what_needs_nothing_is_known(sample: str) -> None:
    assert heard(sample).kind is Kind.OTHER


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"bot":"1"}',
        body("SOMETHING_OF_NEXT_YEAR", {}),
        body("MESSAGE_CREATE", None),
        body("MESSAGE_CREATE", {"id": "x"}),
        body("GUILD_MEMBER_ADD", {"guild_id": GUILD}),
        orjson.dumps({"t": "MESSAGE_CREATE", "d": message()}),
    ],
)
def test_what_is_not_known_or_says_too_little_is_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput):
        parse(raw)


def test_every_event_that_discord_documents_has_its_reader() -> None:
    assert {event for event, _ in SAMPLES.values()} <= set(READERS)
    assert set(READERS) > NEEDLESS


@pytest.mark.parametrize("name", sorted(set(WRITTEN) - {"forwarded"}))
def test_every_message_of_the_samples_is_as_the_published_description_says(name: str) -> None:
    """But a forward: the description has its snapshots, and forgot the type of reference that goes with them."""
    d = {key: value for key, value in WRITTEN[name][1].items() if key not in ("guild_id", "member")}
    assert schema.wrong_in("MessageResponse", d) == []


def test_an_id_tells_when_it_was_given() -> None:
    at = made_at("1310000000000000001")
    assert at is not None
    assert int(id_before(at)) <= 1310000000000000001 < int(id_before(at)) + (2 << 22)


def places(of: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = of.items() if isinstance(of, dict) else enumerate(of) if isinstance(of, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def put(of: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(of)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def without(of: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(of)
    at = changed
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return changed


def understood_or_put_aside(raw: bytes) -> None:
    got: Inbound | None = None
    with suppress(BadInput):
        got = parse(raw)
    if got is None:
        return
    assert got.sent_at.tzinfo is not None
    assert "\x00" not in got.text
    assert all(0 <= one.offset < one.offset + one.length <= len(got.text) for one in got.entities)
    for link in got.links:
        assert (
            link.start == -1
            or got.text[link.start : link.end] in (link.text, f"[{link.text}]({link.url})")
            or (link.kind is LinkKind.TEXT_LINK)
        )
    json.dumps([got.text, got.sender.display_name, got.space.title])


@settings(max_examples=400)
@given(st.sampled_from(sorted(SAMPLES)), st.data(), ANYTHING)
def test_an_event_with_anything_in_any_place_is_understood_or_put_aside(
    name: str, data: st.DataObject, value: Any
) -> None:
    event, d = SAMPLES[name]
    understood_or_put_aside(body(event, put(d, data.draw(st.sampled_from(places(d))), value)))


@pytest.mark.parametrize("name", SAMPLES)
def test_an_event_with_any_field_missing_or_of_a_wrong_kind_is_understood_or_put_aside(name: str) -> None:
    event, d = SAMPLES[name]
    for path in places(d)[1:]:
        understood_or_put_aside(body(event, without(d, path)))
        for value in (
            None,
            [],
            {},
            "x\x00",
            "",
            0,
            -1,
            True,
            1.5,
            [None],
            [[]],
            [{}],
            {"id": 2**63},
            "9" * 30,
        ):
            understood_or_put_aside(body(event, put(d, path, value)))


@settings(max_examples=300)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 10_000), st.binary(max_size=3))
def test_bytes_cut_or_overwritten_anywhere_are_understood_or_put_aside(
    name: str, at: int, new: bytes
) -> None:
    whole = body(*SAMPLES[name])
    at %= len(whole)
    understood_or_put_aside(whole[:at])
    understood_or_put_aside(whole[:at] + new + whole[at + len(new) :])


@given(st.text(st.sampled_from("a*_~|>`[]()<@!#&:123 \nhttps:/.中🚀"), max_size=80))
def test_marks_of_any_text_lie_inside_it(text: str) -> None:
    entities, links = marked(text)
    assert all(0 <= one.offset < one.offset + one.length <= len(text) for one in entities)
    assert all(text[link.start] == "[" and text[link.end - 1] == ")" for link in links)


@pytest.mark.parametrize(
    "unit", ["[a](https://", "**", "*a ", "||", "`", "```", "> ", "<@", "[", "__a", "~~", "(https://x "]
)
def test_text_made_to_be_slow_is_read_like_any_other(unit: str) -> None:
    """Where reading went back and forth over such a text, this would not end."""
    text = (unit * 8000)[:8000]
    entities, _ = marked(text)
    assert all(0 <= one.offset < one.offset + one.length <= len(text) for one in entities)


def test_a_huge_server_is_read() -> None:
    channels = [{"id": str(10**18 + n), "type": 0, "name": f"c{n}"} for n in range(3000)]
    assert parse(body("GUILD_CREATE", guild(channels=channels))).kind is Kind.BOT_MEMBERSHIP
