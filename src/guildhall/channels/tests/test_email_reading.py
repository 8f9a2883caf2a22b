"""What is read out of letters: the words in any charset, what was quoted, files, threads, machines, bounces."""

from __future__ import annotations

import base64
import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.email import markup, quoting
from guildhall.channels.email.bounces import is_automatic
from guildhall.channels.email.composing import Draft, compose, message_id, subject_and_body
from guildhall.channels.email.decoding import correspondent, decoded, header
from guildhall.channels.port import Button, Kind, MediaKind
from guildhall.channels.testing.contract import AT
from guildhall.channels.tests.email_scene import MAILBOX, OUR_ADDRESS, bounce, html_letter, letter, read
from guildhall.core.errors import BadInput

OURS = "gh." + "0123456789" * 4 + "@guild.example"


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("gb2312", "手续费怎么算？镕"),
        ("GBK", "提现到账了吗"),
        ("big5", "手續費怎麼算？"),
        ("gb18030", "𠮷野家"),
        ("utf-8", "👋 好"),
    ],
)
def test_chinese_letters_are_read_in_the_charset_they_mean(charset: str, said: str) -> None:
    meant = {"gb2312": "gb18030", "GBK": "gbk", "big5": "big5hkscs"}.get(charset, charset)
    body = base64.encodebytes(said.encode(meant))
    head = f"From: a@example.org\nMessage-ID: <x@y>\nContent-Type: text/plain; charset={charset}\n"
    raw = head.encode() + b"Content-Transfer-Encoding: base64\n\n" + body
    assert read(raw).text == said


def test_a_letter_without_a_charset_is_read_as_what_it_most_likely_is() -> None:
    head = b"From: a@example.org\nMessage-ID: <x@y>\nContent-Type: text/plain\n\n"
    assert read(head + "资金费率".encode("gb18030")).text == "资金费率"
    assert read(head + "资金费率".encode()).text == "资金费率"


def test_a_character_cut_between_two_encoded_words_is_one_character() -> None:
    whole = "提现问题".encode("gb18030")
    first, second = (base64.b64encode(part).decode() for part in (whole[:3], whole[3:]))
    assert header(f"=?gb2312?B?{first}?=\r\n =?gb2312?B?{second}?=") == "提现问题"


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ('"Doe, Ann" <Ann@Example.ORG>', "ann@example.org", "Doe, Ann"),
        ("=?utf-8?B?5byg5LiJ?= <z3@qq.com>", "z3@qq.com", "张三"),
        ("ann@example.org (Ann)", "ann@example.org", "Ann"),
        ("Ann at nowhere", "", ""),
        ("<script>@x", "", ""),
        ("a@b@c.d <real@example.org>", "real@example.org", ""),
    ],
)
def test_who_wrote_is_one_address_in_one_spelling(value: str, address: str, name: str) -> None:
    found = correspondent(value)
    assert found.address == address
    if name:
        assert found.name == name


def test_the_subject_of_a_new_letter_is_part_of_what_is_said() -> None:
    assert read(letter("body", Subject="Withdrawal stuck")).text == "Withdrawal stuck\n\nbody"
    assert read(letter("", Subject="Withdrawal stuck")).text == "Withdrawal stuck"
    answer = read(letter("body", Subject="Re: Withdrawal stuck", In_Reply_To="<first@x>"))
    assert answer.text == "body"


def test_an_answer_finds_its_thread_and_what_it_answers() -> None:
    said = read(letter("b", References="<first@x> <second@x>", In_Reply_To="<second@x>"))
    assert (said.reply_to, said.thread_id) == ("second@x", "first@x")
    assert read(letter("b")).thread_id == "m1@example.org"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (
            "Yes, thanks!\n\nOn Mon, 23 Nov 2026 at 10:00, Guild <a@b.c>\nwrote:\n> Did it arrive?\n> Tell us.\n",
            "Yes, thanks!",
        ),
        ("收到了\n\n在 2026年11月23日，行会 写道：\n> 到账了吗？\n", "收到了"),
        ("好的\n\n------------------ 原始邮件 ------------------\n发件人: 行会\n内容\n", "好的"),
        (
            "ok\n\n_______________________________\nFrom: Guild <a@b.c>\nSent: Monday\nTo: Ann\nSubject: x\n\nbody\n",
            "ok",
        ),
        ("好\n\n发件人： 行会\n发送时间： 2026年\n收件人： Ann\n主题： x\n\n正文\n", "好"),
        ("> did it arrive?\nyes\n> and the fee?\nno\n", "> did it arrive?\nyes\n> and the fee?\nno"),
        ("> all of it is quoted\n", "> all of it is quoted"),
        ("nothing quoted: 5 > 4\n", "nothing quoted: 5 > 4"),
    ],
)
def test_what_is_only_sent_back_is_kept_apart(text: str, own: str) -> None:
    said, quoted = quoting.split(text)
    assert said == own
    inbound = read(letter(text))
    assert inbound.text == own
    assert (inbound.quote is not None) == bool(quoted)


def test_html_is_read_as_people_see_it_with_the_links_behind_its_words() -> None:
    html = (
        "<html><head><style>p{}</style></head><body><p>Dear member,</p><p>log in at "
        '<a href="https://evil.example/x">https://good.example</a></p><ul><li>one</li><li>two</li></ul>'
        '<div style="display:none">hidden</div><blockquote class="gmail_quote">old words</blockquote></body></html>'
    )
    said = read(html_letter(html))
    assert "Dear member,\n" in said.text
    assert "- one" in said.text
    assert "hidden" not in said.text
    assert "old words" not in said.text
    assert said.quote is not None
    assert said.quote.text == "old words"
    assert ("https://evil.example/x", "https://good.example") in [(x.url, x.text) for x in said.links]
    for link in said.links:
        if link.start >= 0:
            assert said.text[link.start : link.end] == link.text


def test_plain_words_are_preferred_and_links_only_the_html_has_are_kept() -> None:
    said = read(html_letter('<p>Hi <a href="https://x.example/only">here</a></p>', "Hi here"))
    assert said.text == "Hi here"
    assert [link.url for link in said.links] == ["https://x.example/only"]


def test_files_are_described_and_numbered_as_imap_numbers_them() -> None:
    name = base64.b64encode("对账单.pdf".encode("gb18030")).decode()
    raw = f"""From: a@example.org
Message-ID: <x@y>
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain

see the file
--in
Content-Type: text/html

<p>see the file</p>
--in--
--out
Content-Type: application/pdf; name="=?gb2312?B?{name}?="
Content-Disposition: attachment
Content-Transfer-Encoding: base64

JVBERi0=
--out--
""".replace("\n", "\r\n").encode()
    said = read(raw)
    assert said.text == "see the file"
    (file,) = said.media
    assert (file.kind, file.name, file.size, file.mime) == (
        MediaKind.DOCUMENT,
        "对账单.pdf",
        5,
        "application/pdf",
    )
    assert file.ref == "7:101:2"


def test_lines_broken_by_the_senders_program_are_whole_again() -> None:
    raw = b"From: a@example.org\nMessage-ID: <x@y>\nContent-Type: text/plain; format=flowed\n\none \ntwo\nthree\n"
    assert read(raw).text == "one two\nthree"


@pytest.mark.parametrize(
    "head",
    [
        {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<news.example>"},
        {"Subject": "自动回复：休假"}, {"Subject": "Out of Office: back Monday"}, {"X_Autoreply": "yes"},
        {"Return_Path": "<>"}, {"sender": "no-reply@shop.example"},
    ],
)  # fmt: skip
def test_a_machines_letter_is_known_for_one(head: dict[str, str]) -> None:
    assert read(letter("away", **head)).is_automatic
    assert not read(letter("hello", Auto_Submitted="no")).is_automatic


def test_our_own_letter_that_comes_back_needs_nothing() -> None:
    assert read(letter(sender=OUR_ADDRESS)).kind is Kind.OTHER
    assert read(letter(X_Guildhall_House="here")).kind is Kind.OTHER
    assert read(letter(X_Guildhall_House="elsewhere")).kind is Kind.MESSAGE


def test_a_report_names_our_letter_and_the_correspondence() -> None:
    said = read(bounce(OURS))
    assert said.kind is Kind.OTHER
    assert (said.message_id, said.space.external_id) == (OURS, f"ann@example.org/{MAILBOX}")
    assert said.raw["bounce"]["status"] == "5.1.1"
    assert said.raw["bounce"]["is_for_good"] is True
    late = read(bounce(OURS, status="4.4.1", action="delayed"))
    assert late.raw["bounce"]["is_for_good"] is False


def test_a_report_of_a_letter_we_never_wrote_is_none_and_no_message_pretends_to_be_ours() -> None:
    assert "bounce" not in read(bounce("somebody@else.example")).raw
    assert read(letter(message_id=OURS)).message_id.startswith("none.")


def test_only_the_trusted_servers_word_counts_on_whether_a_letter_is_genuine() -> None:
    good = letter(Authentication_Results="mx.guild.example; dkim=pass header.d=example.org; spf=fail")
    assert read(good, signs="mx.guild.example").raw["authentic"] is True
    assert read(good).raw["authentic"] is None
    other = letter(Authentication_Results="mx.guild.example; dkim=pass header.d=evil.example; dmarc=fail")
    assert read(other, signs="mx.guild.example").raw["authentic"] is False
    forged = letter(Authentication_Results="evil.example; dmarc=pass")
    assert read(forged, signs="mx.guild.example").raw["authentic"] is None


def test_a_date_from_the_future_is_when_it_came() -> None:
    assert read(letter(Date="Mon, 23 Nov 2099 10:00:00 +0800")).sent_at == AT
    told = read(letter(Date="Mon, 23 Nov 2026 10:00:00 +0800")).sent_at
    assert told == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_what_we_write_is_read_back_as_we_meant_it() -> None:
    words = "Withdrawals are open\n\n各位好，提现已恢复。\n. a dot\nhttps://guild.example"
    draft = Draft(
        OURS,
        "here",
        OUR_ADDRESS,
        "行会客服",
        "ann@example.org",
        words,
        AT,
        buttons=(Button("Open", "https://x.example"),),
    )
    raw = compose(draft)
    assert raw.count(b"\n") == raw.count(b"\r\n")
    said = read(raw, address="other@guild.example", house="elsewhere", at=AT.isoformat())
    assert said.text.replace("\r\n", "\n") == f"{words}\n\nOpen: https://x.example"
    assert said.sender.display_name == "行会客服"
    assert said.sent_at == AT


def test_an_answer_carries_the_ids_of_its_thread_on_one_line_each() -> None:
    ids = [f"{n}.{'x' * 60}@mail.example" for n in range(40)]
    draft = Draft(
        OURS, "h", OUR_ADDRESS, "", "ann@example.org", "yes", AT, subject="Re: fees", references=ids
    )
    said = read(compose(draft), address="o@x", house="")
    assert said.reply_to == ids[-1]
    assert said.thread_id == ids[0]
    assert b"=?" not in compose(draft)
    assert subject_and_body("yes", "RE: 回复：fees", "Guild")[0] == "Re: fees"


def test_the_same_effect_is_the_same_letter_and_another_is_another() -> None:
    one = message_id(b"k", 7, "space", "words", OUR_ADDRESS)
    assert one == message_id(b"k", 7, "space", "words", OUR_ADDRESS)
    assert one != message_id(b"k", 8, "space", "words", OUR_ADDRESS)
    assert one != message_id(b"other", 7, "space", "words", OUR_ADDRESS)


def test_a_name_cannot_smuggle_a_header_in() -> None:
    draft = Draft(
        OURS, "h", OUR_ADDRESS, "Guild\r\nBcc: all@x", "ann@example.org", "Hi\r\nBcc: y@z\n\nbody", AT
    )
    assert b"\nBcc:" not in compose(draft).partition(b"\r\n\r\n")[0]


@given(st.binary(max_size=2000))
def test_whatever_bytes_are_a_letter_or_bad_input(noise: bytes) -> None:
    for raw in (noise, b"From: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + noise):
        with contextlib.suppress(BadInput):
            assert read(raw).raw


@given(st.text(max_size=500))
def test_whatever_html_is_text(noise: str) -> None:
    assert isinstance(markup.read(f"<p>{noise}</p>").text, str)
    own, quoted = quoting.split(noise)
    assert len(own) + len(quoted) <= len(noise)
    assert isinstance(decoded(noise.encode("utf-8", "surrogatepass"), "x-none"), str)


def test_deep_nesting_ends_in_bad_input_or_a_letter() -> None:
    deep = b"From: a@example.org\n"
    for n in range(3000):
        deep += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
    with contextlib.suppress(BadInput):
        read(deep)
    assert markup.read("<div>" * 20_000 + "x").text == "x"


def test_a_vacation_notice_of_any_program_is_seen_by_its_head() -> None:
    from email import message_from_string

    assert is_automatic(message_from_string("From: a@b.c\nX-Auto-Response-Suppress: All\n\n"))
