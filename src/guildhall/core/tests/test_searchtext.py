"""What somebody types finds what somebody wrote, in both languages, and can never be anything but words."""

import re
import sqlite3
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.searchtext import MOST_QUERY_TERMS, fts5_match, index_terms, query_terms, tsquery

anything = st.text(max_size=400)
speech = st.text(alphabet="ab1_@.,'-\" *()&|!:<>\\交易所資金费Жé\u200b\x00😀한カ", max_size=200)


def finds(query: str, text: str) -> bool:
    return set(query_terms(query)) <= set(index_terms(text))


@pytest.mark.parametrize(
    "query, text",
    [
        ("资金费率", "請問資金費率怎麼算？"),
        ("資金費率", "资金费率怎么算"),
        ("费", "资金费率"),
        ("trade", "Trading fees were traded"),
        ("FEES", "the trading fee"),
        ("okx.com", "see https://app.okx.com/join?x=1"),
        ("okx", "see https://www.okx.com"),
        ("@alice_01", "thanks @Alice_01!"),
        ("alice", "thanks @Alice_01!"),
        ("100000", "won 100,000 USDT"),
        ("100,000", "won 100000 USDT"),
        ("1,234.5", "paid 1234.5"),
        ("ｂｔｃ", "BTC to the moon"),
        ("trading", "tra\u200bding"),
        ("微信ff99hg0", "加微信ff99hg0领取"),
        ("зарплата", "Зарплата каждый день"),
        ("user's", "users"),
        ("提币", "提幣到帳"),
        ("0xabcdef0123", "send to 0xABCDEF0123 now"),
    ],
)
def test_what_finds_what(query: str, text: str) -> None:
    assert finds(query, text)


@pytest.mark.parametrize(
    "query, text",
    [
        ("金资", "资金费率"),
        ("okx.com", "okx.co and com.okx"),
        ("@alice", "alice wrote"),
        ("1.5", "15"),
        ("fee", "free"),
    ],
)
def test_what_does_not_find_what(query: str, text: str) -> None:
    assert not finds(query, text)


@given(anything | speech)
def test_every_term_is_plain_letters_and_digits(text: str) -> None:
    for term in index_terms(text) + query_terms(text):
        assert re.fullmatch(r"[a-z0-9]+", term)


@given(anything | speech)
def test_a_text_is_found_by_itself(text: str) -> None:
    assert finds(text, text)


@given(anything | speech)
def test_terms_come_once_and_queries_stay_small(text: str) -> None:
    terms = index_terms(text)
    assert len(terms) == len(set(terms))
    assert len(query_terms(text * 20)) <= MOST_QUERY_TERMS


@given(anything | speech, st.booleans())
def test_no_query_is_syntax_to_sqlite(text: str, prefix: bool) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE found USING fts5(terms)")
    database.execute("INSERT INTO found VALUES (?)", [" ".join(index_terms(text))])
    terms = query_terms(text)
    if terms:
        hit = database.execute(
            "SELECT count(*) FROM found WHERE found MATCH ?", [fts5_match(terms, prefix=prefix)]
        )
        assert hit.fetchone() == (1,)
    assert re.fullmatch(r"('[a-z0-9]+'( & )?)*(:\*)?", tsquery(terms, prefix=prefix))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["@a_b okx.com 1e5 微信 1.5 -3 0x1F 'x' & | ! ( <-> :* \\ Ж", "AND OR NOT NEAR"]
)
def test_no_query_is_syntax_to_postgresql(text: str) -> None:
    from django.db import connection

    if connection.vendor != "postgresql":
        pytest.skip("asks PostgreSQL")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_tsvector('simple', %s) @@ to_tsquery('simple', %s)",
            [" ".join(index_terms(text)), tsquery(query_terms(text))],
        )
        assert cursor.fetchone() == (True,)


def test_no_text_takes_long() -> None:
    for text in ("a." * 50_000, "@" * 100_000, "a-'" * 33_000, "Ж" * 100_000, "1," * 50_000, "微" * 100_000):
        began = time.process_time()
        index_terms(text)
        assert time.process_time() - began < 1.0
