"""Every link is found, however it is written, and prose is left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.links import MOST_LINKS, extract, scan
from guildhall.channels.port import Link, LinkKind

FOUND = [
    ("请登录k2dg6.cn进行维护", "http://k2dg6.cn", "k2dg6.cn", "bare"),
    ("see https://a.example.org/c?d=(e). 好", "https://a.example.org/c?d=(e)", None, "url"),
    ("http://a.com请登录", "http://a.com", "http://a.com", "url"),
    ("https://例子.中国/x", "https://例子.中国/x", None, "url"),
    ("(https://a.com/b)", "https://a.com/b", "https://a.com/b", "url"),
    ("hxxps://evil[.]com/x now", "https://evil.com/x", "hxxps://evil[.]com/x", "bare"),
    ("h**ps://x.io/a", "https://x.io/a", None, "bare"),
    ("evil (dot) com/x", "http://evil.com/x", None, "bare"),
    ("evil dot com", "http://evil.com", "evil dot com", "bare"),
    ("evil点com", "http://evil.com", None, "bare"),
    ("evil . com", "http://evil.com", None, "bare"),
    ("ｅｖｉｌ．ｃｏｍ", "http://evil.com", None, "bare"),
    ("ev\u200bil.com", "http://evil.com", None, "bare"),
    ("b\u0456nance.com claim", "http://b\u0456nance.com", None, "bare"),
    ("t.me/foo.", "http://t.me/foo", "t.me/foo", "bare"),
    ("1.2.3.4:80/x", "http://1.2.3.4:80/x", None, "bare"),
    ("https://binance.com@evil.com/x", "https://binance.com@evil.com/x", None, "url"),
    ("foo.com.Then we", "http://foo.com", "foo.com", "bare"),
    ("\U0001f600\U0001f600 https://x.io", "https://x.io", None, "url"),
    ("tg://resolve?domain=x", "tg://resolve?domain=x", None, "bare"),
    ("【官方】https://a.cc/领取", "https://a.cc/", "https://a.cc/", "url"),
]
PROSE = [
    "hello there. How are you", "see you.now go", "3.5 percent, v1.2.3", "me@mail.com", "e.g. this", "wow.Thanks",
    "好的。明天见", "polka dot dress", "wait...so", "a.b", "file.pdf", "1.2.3.4", "ok.so what", "", "。。。", "点击",
]  # fmt: skip


@pytest.mark.parametrize(("text", "url", "shown", "kind"), FOUND)
def test_a_link_is_found_as_it_will_be_opened(text: str, url: str, shown: str | None, kind: str) -> None:
    (link,) = scan(text)
    assert (link.url, link.kind.value) == (url, kind)
    assert text[link.start : link.end] == link.text
    if shown is not None:
        assert link.text == shown


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_link(text: str) -> None:
    assert scan(text) == []


def test_several_links_come_in_order_and_not_without_end() -> None:
    assert [link.url for link in scan("a.com b.org, http://c.net")] == [
        "http://a.com",
        "http://b.org",
        "http://c.net",
    ]
    assert len(scan("a.com " * 1000)) == MOST_LINKS


def test_what_the_platform_gives_wins_and_buttons_come_last() -> None:
    button = Link("https://b.io", "Claim", LinkKind.BUTTON)
    named = Link("https://evil.io/x", "a.com", LinkKind.TEXT_LINK, 4, 9)
    links = extract("see a.com and c.org", [button, named])
    assert [link.url for link in links] == ["https://evil.io/x", "http://c.org", "https://b.io"]


@pytest.mark.parametrize(
    "unit", ["a.", "a.com ", "[.]", "http://", "a点", "a . ", "://", "a-", "-", "x", "1.", "。a", "(dot)"]
)
def test_100_kb_of_anything_takes_bounded_time(unit: str) -> None:
    began = time.process_time()
    scan(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 2.0


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=200))
def test_spans_always_cover_what_they_say(text: str) -> None:
    for link in scan(text):
        assert text[link.start : link.end] == link.text
        assert 0 <= link.start < link.end <= len(text)


@given(
    st.lists(
        st.sampled_from(
            ["a.com", "https://x.io/p?q=1", "。", " ", "dot", "[.]", "com", "好", ")", "(", "@", "."]
        )
    )
)
def test_pieces_of_links_never_break_the_scanner(parts: list[str]) -> None:
    text = "".join(parts)
    ends = [(link.start, link.end) for link in scan(text)]
    assert all(first[1] <= second[0] for first, second in zip(ends, ends[1:], strict=False))
