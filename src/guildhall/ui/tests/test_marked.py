"""A member's words on the page: shown whole, in order, harmless, with what is hidden in them made visible."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from guildhall.ui.differences import lines
from guildhall.ui.marked import merged, pieces, render, visible

texts = st.text(max_size=80)
spans = st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=8)


@given(texts, spans)
def test_the_pieces_joined_are_the_text(text, spans):
    assert "".join(piece.text for piece in pieces(text, spans)) == text


@given(texts, spans)
def test_exactly_the_code_points_inside_a_span_are_marked(text, spans):
    flags = [piece.marked for piece in pieces(text, spans) for _ in piece.text]
    assert flags == [any(a <= n < b for a, b in spans) for n in range(len(text))]


@given(st.integers(0, 50), spans)
def test_merged_spans_are_apart_and_inside(length, spans):
    found = merged(spans, length)
    assert all(0 <= a < b <= length for a, b in found)
    assert all(first[1] < second[0] for first, second in zip(found, found[1:], strict=False))


@given(texts, spans)
def test_no_tag_of_the_text_reaches_the_page(text, spans):
    page = render(text, spans)
    assert not re.search(r"<(?!/?mark>|span class=\"unseen\"|/span>)", page)


def test_offsets_count_code_points_not_bytes_or_utf16_units():
    assert render("🙂🙂助记词", [(2, 5)]) == "🙂🙂<mark>助记词</mark>"


def test_hidden_characters_are_named_once_for_a_run():
    page = visible("wallet\u200b\u200b\u202efdp.exe")
    assert "U+200B ×2" in page
    assert "RIGHT-TO-LEFT OVERRIDE" in page
    assert "\u202e" not in page


def test_a_family_emoji_stays_whole():
    assert visible("👨‍👩‍👧️") == "👨‍👩‍👧️"


def test_ten_thousand_emoji_and_a_null_byte_stay_bounded():
    assert len(render("😀" * 10_000 + "\x00", [(0, 10_001)])) < 11_000
    assert render("abcdef", [(0, 6)], limit=3) == "<mark>abc</mark>"


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_a_difference_leads_from_the_old_to_the_new(old, new):
    found = lines("\n".join(old), "\n".join(new), around=100)
    if not found:
        assert old == new
        return
    assert [line.text for line in found if line.kind in ("same", "del")] == old
    assert [line.text for line in found if line.kind in ("same", "add")] == new


def test_what_is_shown_is_what_was_written():
    assert html.unescape(visible("a < b & c > d")) == "a < b & c > d"
