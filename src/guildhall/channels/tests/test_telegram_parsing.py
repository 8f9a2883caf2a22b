"""What people write on Telegram arrives whole: words, marks, links, attachments, authors, and what is answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from guildhall.channels.port import EntityKind, Kind, Link, LinkKind, MediaKind, SpaceRef
from guildhall.channels.telegram.updates import parse
from guildhall.channels.testing.contract import HARD_TEXTS, NOISE
from guildhall.channels.tests.telegram_samples import WRITTEN
from guildhall.channels.tests.telegram_updates import (
    ADMIN,
    AT,
    BOT,
    CHANNEL,
    FORUM,
    MEI,
    OTHER_CHANNEL,
    SUPERGROUP,
    TELEGRAM,
    body_of,
    buttons,
    edited,
    entity,
    heard,
    message,
    person,
    photo,
    post,
    private,
    said,
    update,
)  # fmt: skip
from guildhall.core.errors import BadInput

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("what", HARD_TEXTS)
def test_words_keep_every_code_point_but_the_unstorable(what: str) -> None:
    text = HARD_TEXTS[what]
    got = heard(message(text))
    assert got.text == text.replace("\x00", "\ufffd")
    assert all(got.text[link.start : link.end] == link.text for link in got.links if link.start >= 0)


@pytest.mark.parametrize("noise", NOISE)
def test_noise_is_bad_input_in_both_languages(noise: bytes) -> None:
    for raw in (noise, b'{"bot":1,"update":' + noise + b"}"):
        with pytest.raises(BadInput) as caught:
            parse(raw)
        assert caught.value.text.en
        assert caught.value.text.zh


def test_a_message_says_who_where_and_when() -> None:
    got = heard(WRITTEN["text"])
    assert (got.kind, got.platform, got.message_id, got.sent_at) == (Kind.MESSAGE, "telegram", "42", NOON)
    assert got.space == SpaceRef("-1001500000001", "Exchange EN", "supergroup")
    assert (got.sender.external_id, got.sender.username) == ("501", "meilin")
    assert (got.sender.display_name, got.sender.language) == ("Mei Lin", "zh-hans")
    assert (got.delivery_id, got.receiver) == ("900000001", str(BOT))
    assert got.raw == WRITTEN["text"]
    assert (got.edited_at, got.reply_to, got.thread_id, got.is_automatic) == (None, None, "", False)


def test_two_bots_of_ours_talk_with_one_person_in_two_spaces() -> None:
    ours, other = heard(private("hi")), heard(private("hi"), bot=7_000_000_002)
    assert ours.space == SpaceRef(f"501/{BOT}", "Mei Lin", "private")
    assert other.space.external_id == "501/7000000002"


def test_ids_beyond_53_bits_keep_every_digit() -> None:
    huge = 2**62 + 1
    got = heard(message("x", **{"from": person(huge)}, chat={"id": -huge, "type": "supergroup"}))
    assert (got.sender.external_id, got.space.external_id) == (str(huge), str(-huge))


@pytest.mark.parametrize("date", [0, -1, 10**12, 2**63, 1.5, "1795435200", True, None])
def test_a_message_of_no_time_of_ours_is_put_aside_by_name(date: Any) -> None:
    broken = message("x")
    broken["message"]["date"] = date
    with pytest.raises(BadInput) as caught:
        heard(broken)
    assert caught.value.field == "date"


@pytest.mark.parametrize("kind", ["message", "channel_post"])
def test_an_edit_names_the_message_and_when(kind: str) -> None:
    got = heard(edited("new words") if kind == "message" else WRITTEN["edited channel post"])
    assert (got.kind, got.message_id) == (Kind.EDIT, "42")
    assert got.edited_at is not None
    assert got.edited_at > got.sent_at == NOON


def test_an_edit_without_a_time_of_its_own_is_still_an_edit() -> None:
    assert heard(edited("x", edit_date=0)).edited_at == NOON


def test_only_messages_of_topics_stand_in_one() -> None:
    assert heard(WRITTEN["topic message"]).thread_id == "77"
    comment = heard(WRITTEN["comment thread"])
    assert (comment.thread_id, comment.reply_to) == ("", "30")


def test_the_first_message_of_a_topic_is_not_what_everybody_answers() -> None:
    start = said(chat=FORUM, message_id=77, forum_topic_created={"name": "x", "icon_color": 1})
    inside = {"chat": FORUM, "message_thread_id": 77, "is_topic_message": True}
    assert heard(message("x", **inside, reply_to_message=start)).reply_to is None
    assert heard(message("x", **inside, reply_to_message=said("y", message_id=78))).reply_to == "78"


def test_a_channel_speaks_in_its_own_name() -> None:
    got = heard(WRITTEN["channel post"])
    assert (got.sender.external_id, got.sender.display_name) == (str(CHANNEL["id"]), "Announcements")
    assert (got.sender.is_admin, got.sender.signature) == (True, "Ada")
    assert heard(post("x", sender_chat=None)).sender.external_id == str(CHANNEL["id"])


def test_a_linked_channels_post_is_automatic_and_says_where_it_is_from() -> None:
    got = heard(WRITTEN["automatic forward"])
    assert got.is_automatic
    assert got.forwarded_from == "Announcements (@exch_news)"
    assert got.sender.on_behalf_of == SpaceRef(str(CHANNEL["id"]), "Announcements", "channel")
    assert heard(message("Login code", **{"from": TELEGRAM})).is_automatic


def test_an_anonymous_administrator_is_one_and_a_strange_channel_is_not() -> None:
    admin, stranger = heard(WRITTEN["anonymous admin"]).sender, heard(WRITTEN["as a channel"]).sender
    assert (admin.is_anonymous, admin.is_admin, admin.signature) == (True, True, "Support")
    assert admin.external_id == str(SUPERGROUP["id"])
    assert (stranger.is_anonymous, stranger.is_admin) == (False, False)
    assert stranger.external_id == str(OTHER_CHANNEL["id"])
    assert stranger.on_behalf_of == SpaceRef(str(OTHER_CHANNEL["id"]), "Moon Signals", "channel")


def test_what_is_shown_beside_a_name_is_kept_because_it_can_lie() -> None:
    assert heard(WRITTEN["tagged member"]).sender.signature == "Whale"


@pytest.mark.parametrize(
    ("what", "source"),
    [
        ("forward of user", "Bob (502)"),
        ("forward of hidden user", "Satoshi"),
        ("forward of chat", "VIP (-4100000003)"),
        ("forward of channel", "Moon Signals (@moonsig)"),
    ],
)
def test_a_forward_says_where_it_first_stood(what: str, source: str) -> None:
    assert heard(WRITTEN[what]).forwarded_from == source


def test_a_forward_of_next_years_kind_is_still_a_forward() -> None:
    assert heard(message("x", forward_origin={"type": "hologram"})).forwarded_from == "hologram"
    assert heard(message("x", forward_origin=7)).forwarded_from == "?"


def test_a_quote_counts_code_points_of_the_message_it_quotes() -> None:
    got = heard(WRITTEN["reply with quote"])
    assert got.reply_to == "41"
    assert got.quote is not None
    assert (got.quote.text, got.quote.offset, got.quote.external_space) == ("up", 3, "")


def test_an_answer_to_something_elsewhere_says_where() -> None:
    places = [
        quote.external_space
        for what in ("external reply", "external reply to a hidden chat", "reply to a story")
        if (quote := heard(WRITTEN[what]).quote)
    ]
    assert places == [str(OTHER_CHANNEL["id"]), "Bob (502)", str(OTHER_CHANNEL["id"])]
    assert heard(WRITTEN["external reply"]).reply_to is None


def test_an_answer_to_another_topic_of_the_same_forum_is_an_answer_here() -> None:
    origin = {"type": "user", "date": AT, "sender_user": ADMIN}
    got = heard(message("x", chat=FORUM, external_reply={"origin": origin, "chat": FORUM, "message_id": 70}))
    assert (got.reply_to, got.quote) == ("70", None)


def test_marks_are_told_by_kind_with_whom_and_what_they_name() -> None:
    text = "@ann #x $BTC /rules a@b.co +6590000000 bold Bob"
    given = [
        entity("mention", 0, 4), entity("hashtag", 5, 2), entity("cashtag", 8, 4), entity("bot_command", 13, 6),
        entity("email", 20, 6), entity("phone_number", 27, 11), entity("bold", 39, 4),
        entity("text_mention", 44, 3, user=person(777, "Bob")), entity("expandable_blockquote", 0, 4),
        entity("pre", 0, 4, language="py"), entity("date_time", 0, 4, unix_time=1), entity("hologram", 0, 4),
        entity("custom_emoji", 0, 1, custom_emoji_id="5"),
    ]  # fmt: skip
    got = heard(message(text, entities=given)).entities
    assert [one.kind for one in got] == [
        EntityKind.MENTION, EntityKind.HASHTAG, EntityKind.CASHTAG, EntityKind.COMMAND, EntityKind.EMAIL,
        EntityKind.PHONE, EntityKind.BOLD, EntityKind.TEXT_MENTION, EntityKind.QUOTE, EntityKind.PRE,
        EntityKind.OTHER, EntityKind.OTHER, EntityKind.CUSTOM_EMOJI,
    ]  # fmt: skip
    assert got[7].account == "777"
    assert text[got[5].offset :][: got[5].length] == "+6590000000"


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"type": "bold"}, entity("bold", 0, 0), entity("bold", 0, -1), entity("bold", 99, 5),
        {"type": "bold", "offset": "0", "length": 1}, {"type": "bold", "offset": True, "length": 1}, None, [],
        entity("bold", -9, 3),
    ],
)  # fmt: skip
def test_a_mark_that_marks_nothing_is_left_out(broken: Any) -> None:
    assert heard(message("hello", entities=[broken])).entities == ()


def test_a_mark_that_hangs_over_is_cut_to_the_text() -> None:
    (one,) = heard(message("hello", entities=[entity("bold", 3, 99)])).entities
    assert (one.offset, one.length) == (3, 2)


def test_links_are_found_once_however_they_are_told() -> None:
    text = "🚀 https://a.example/x, b.example and k2dg6[.]cn: here"
    given = [
        entity("url", 3, 19), entity("url", 24, 9), entity("text_link", 50, 4, url="https://evil.top/"),
        entity("text_link", 50, 4, url="https://evil.top/"), entity("bold", 3, 19),
    ]  # fmt: skip
    got = heard(
        message(text, entities=given, reply_markup=buttons({"text": "Go", "url": "https://evil.top/"}))
    )
    assert [(link.url, link.text, link.kind) for link in got.links] == [
        ("https://a.example/x", "https://a.example/x", LinkKind.URL),
        ("http://b.example", "b.example", LinkKind.BARE),
        ("http://k2dg6.cn", "k2dg6[.]cn", LinkKind.BARE),
        ("https://evil.top/", "here", LinkKind.TEXT_LINK),
        ("https://evil.top/", "Go", LinkKind.BUTTON),
    ]
    assert all(got.text[link.start : link.end] == link.text for link in got.links if link.start >= 0)


def test_a_link_that_shows_one_address_and_opens_another_keeps_both() -> None:
    text = "https://www.binance.com/login"
    got = heard(message(text, entities=[entity("text_link", 0, len(text), url="https://evil.top")]))
    assert got.links == (Link("https://evil.top", text, LinkKind.TEXT_LINK, 0, len(text)),)


def test_a_full_width_host_is_the_host_it_opens() -> None:
    text = "ｅｖｉｌ.top/路径"
    got = heard(message(text, entities=[entity("url", 0, len(text))]))
    assert [link.url for link in got.links] == ["http://evil.top/路径"]


def test_links_behind_buttons_and_previews_and_inside_attachments_are_links() -> None:
    def urls(what: str) -> list[str]:
        return [link.url for link in heard(WRITTEN[what]).links]

    assert urls("buttons") == ["https://claim-bonus.top/x", "https://app.evil.top"]
    assert urls("link preview") == ["https://hidden.example/x"]
    assert urls("poll") == ["http://free-usdt.top"]
    assert urls("poll option added") == ["http://evil-votes.top"]
    assert urls("checklist") == urls("checklist tasks added") == ["http://evil-airdrop.xyz"]
    assert urls("game") == ["http://ape-run.xyz"]
    assert urls("venue") == ["http://otc-desk-vip.com"]


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("photo", MediaKind.PHOTO), ("live photo", MediaKind.PHOTO), ("paid media", MediaKind.PHOTO),
        ("document", MediaKind.DOCUMENT), ("animation", MediaKind.ANIMATION), ("video", MediaKind.VIDEO),
        ("video note", MediaKind.VIDEO_NOTE), ("voice", MediaKind.VOICE), ("audio", MediaKind.AUDIO),
        ("sticker", MediaKind.STICKER), ("story", MediaKind.STORY), ("contact", MediaKind.CONTACT),
        ("location", MediaKind.LOCATION), ("venue", MediaKind.LOCATION), ("dice", MediaKind.DICE),
        ("game", MediaKind.GAME), ("invoice", MediaKind.INVOICE), ("poll", MediaKind.POLL),
        ("giveaway", MediaKind.GIVEAWAY), ("giveaway winners", MediaKind.GIVEAWAY),
        ("checklist", MediaKind.OTHER),
    ],
)  # fmt: skip
def test_every_attachment_is_told_once_by_its_kind(what: str, kind: MediaKind) -> None:
    assert [media.kind for media in heard(WRITTEN[what]).media] == [kind]


def test_attachments_say_what_they_are() -> None:
    (picture,) = heard(WRITTEN["photo"]).media
    assert (picture.width, picture.size, picture.hash) == (800, 90_000, "AQAD1")
    (paper,) = heard(WRITTEN["document"]).media
    assert (paper.name, paper.size, paper.mime) == ("报表.pdf", 5_000_000_000, "application/pdf")
    assert heard(WRITTEN["sticker"]).media[0].text == "👍"
    assert heard(WRITTEN["contact"]).media[0].text == "VIP Support\n+6590000000"
    assert heard(WRITTEN["photo"]).album_id == "13600000000000001"
    assert heard(WRITTEN["photo"]).text == "my P&L"


def test_a_poll_is_told_with_its_options() -> None:
    got = heard(WRITTEN["poll"]).poll
    assert got is not None
    assert (got.id, got.options, got.is_closed) == ("5300000000000000001", (("Yes", 3), ("No", 0)), False)


@pytest.mark.parametrize(
    "broken", [None, 7, "x", [], [None], {}, {"file_name": 3, "width": -1, "duration": 1e9}]
)
def test_an_attachment_that_cannot_be_read_is_still_one(broken: Any) -> None:
    for field, kind in (
        ("photo", MediaKind.PHOTO),
        ("document", MediaKind.DOCUMENT),
        ("poll", MediaKind.POLL),
    ):
        assert [media.kind for media in heard(update("message", {**said("x"), field: broken})).media] == [
            kind
        ]


def test_content_this_version_does_not_know_is_a_message_that_can_be_seen_and_removed() -> None:
    got = heard(message(hologram={"size": 3}))
    assert (got.kind, got.message_id, got.media[0].kind) == (Kind.MESSAGE, "42", MediaKind.OTHER)
    assert got.media[0].name == "hologram"
    assert heard(message()).media[0].name == "unsupported"


def test_a_rich_message_is_read_like_a_plain_one() -> None:
    got = heard(WRITTEN["rich message"])
    assert got.text == "Bonus\nClaim here or at free-usdt.top\n1. a\n看图"
    assert [(link.url, link.text) for link in got.links] == [
        ("https://evil.top", "here"), ("http://free-usdt.top", "free-usdt.top"),
    ]  # fmt: skip
    assert [(one.kind, got.text[one.offset :][: one.length]) for one in got.entities] == [
        (EntityKind.BOLD, "Bonus"), (EntityKind.BOLD, "here"), (EntityKind.TEXT_LINK, "here"),
    ]  # fmt: skip
    assert [media.kind for media in got.media] == [MediaKind.PHOTO]


def test_a_rich_message_nested_beyond_reason_is_put_aside() -> None:
    text: Any = "evil.top"
    for _ in range(200):
        text = {"type": "bold", "text": text}
    with pytest.raises(BadInput):
        heard(message(rich_message={"blocks": [{"type": "paragraph", "text": text}]}))


def test_tables_details_and_unknown_blocks_lose_no_words() -> None:
    cell = {"text": "BTC", "align": "left", "valign": "top"}
    blocks = [
        {"type": "table", "cells": [[cell, cell], [cell]], "caption": "Prices"},
        {"type": "details", "summary": "More", "blocks": [{"type": "blockquote", "credit": "Ann",
         "blocks": [{"type": "paragraph", "text": ["a ", {"type": "url", "text": "b.top", "url": "b.top"}]}]}]},
        {"type": "hologram", "text": {"type": "sparkle", "text": "x\x00"}},
    ]  # fmt: skip
    got = heard(message(rich_message={"blocks": blocks}))
    assert got.text == "BTC\tBTC\t\nBTC\t\nPrices\nMore\na b.top\nAnn\nx\ufffd"
    assert [link.text for link in got.links] == ["b.top"]
    assert all(0 <= one.offset < one.offset + one.length <= len(got.text) for one in got.entities)


def test_what_a_message_was_made_with_is_told() -> None:
    assert heard(WRITTEN["via bot"]).via_bot == "gif"
    assert heard(message("x", via_bot={"id": 9})).via_bot == "9"


def test_null_bytes_and_line_breaks_in_names_are_made_storable() -> None:
    got = heard(
        message(
            "x",
            **{"from": person(1, "A\x00nn\n\u2028", username="a\x00b")},
            chat={**SUPERGROUP, "title": "T\x00\n"},
        )
    )
    assert (got.sender.display_name, got.sender.username) == ("A\ufffdnn", "a\ufffdb")
    assert got.space.title == "T\ufffd"
    assert "\x00" not in repr(
        heard(message("x", sender_tag="\x00", photo=photo(unique="\x00"), **{"from": MEI}))
    )


def test_the_bytes_of_another_bot_are_heard_by_that_bot() -> None:
    assert parse(body_of(message("x"), bot=5)).receiver == "5"
