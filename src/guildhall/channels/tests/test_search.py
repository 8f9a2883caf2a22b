"""Messages are found by words in both languages, newest first, whatever was killed in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from guildhall.channels import search as search_module
from guildhall.channels.actions import EditedMessage, index_pending, record_edits
from guildhall.channels.models import Message, SearchDoc
from guildhall.channels.queries import search
from guildhall.channels.tests.rows import AT, a_row, a_space, an_account, record
from guildhall.people.actions import erase_member

pytestmark = pytest.mark.django_db


def texts(query: str, most: int = 50) -> list[str]:
    return [message.text for message in search(query).order_by("-id")[:most]]


def index() -> None:
    while index_pending():
        pass


def test_words_of_both_languages_find_messages_newest_first() -> None:
    space, ann = a_space(), an_account()
    record(
        a_row(space, ann, "My withdrawal is pending"),
        a_row(space, ann, "提现还没到账，资金费率也变了"),
        a_row(space, ann, "資金費率轉負了"),
        a_row(space, ann, "withdrawals are fine", links='[{"url": "https://hidden-evil.top/x"}]'),
    )
    assert texts("withdrawal") == []
    index()
    assert texts("withdrawal") == ["withdrawals are fine", "My withdrawal is pending"]
    assert texts("资金费率") == ["資金費率轉負了", "提现还没到账，资金费率也变了"]
    assert texts("提现 到账") == ["提现还没到账，资金费率也变了"]
    assert texts("hidden-evil.top") == ["withdrawals are fine"]
    assert texts("withdrawal nothing") == []
    assert texts("!!!") == []
    assert texts('" OR 1=1 --') == []


def test_an_edit_is_found_by_its_new_words_only_and_the_erased_by_none() -> None:
    space, ann = a_space(), an_account()
    record(a_row(space, ann, "old words", "k1"))
    index()
    with transaction.atomic():
        record_edits([EditedMessage(space.id, ann.id, "k1", "new sentence", AT + timedelta(minutes=1))])
    index()
    assert texts("old") == []
    assert texts("sentence") == ["new sentence"]
    erase_member(ann.member_id, by="staff:1")
    assert texts("sentence") == []
    assert not SearchDoc.objects.exists()


def test_indexing_twice_or_beside_another_indexer_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    space, ann = a_space(), an_account()
    record(*(a_row(space, ann, f"word{n}") for n in range(5)))
    assert index_pending(3) == 3
    assert index_pending(3) == 2
    assert index_pending(3) == 0
    Message.objects.update(indexed=False)
    index()
    assert SearchDoc.objects.count() == 5
    assert len(texts("word3")) == 1


def test_an_edit_between_reading_and_indexing_is_indexed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from guildhall.channels.actions import indexing

    space, ann = a_space(), an_account()
    record(a_row(space, ann, "before", "k1"))
    real = indexing.index_terms

    def meanwhile(text: str) -> list[str]:
        monkeypatch.setattr(indexing, "index_terms", real)
        with transaction.atomic():
            record_edits([EditedMessage(space.id, ann.id, "k1", "after", AT + timedelta(minutes=1))])
        return real(text)

    monkeypatch.setattr(indexing, "index_terms", meanwhile)
    index()
    assert texts("before") == []
    assert texts("after") == ["after"]


@pytest.mark.parametrize("window", [1, 3, 1000])
def test_pages_through_windows_are_complete_and_in_order(
    monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(search_module, "_FIRST_WINDOW", window)
    monkeypatch.setattr(search_module, "_WIDER", 2)
    monkeypatch.setattr(search_module, "_SLACK", 2)
    space, other, ann = a_space("a"), a_space("b"), an_account()
    rows = [
        a_row(space if n % 3 else other, ann, f"btc {'moon' if n % 7 == 0 else 'flat'} {n}")
        for n in range(60)
    ]
    record(*rows)
    index()
    wanted = [row.id for row in reversed(rows)]
    found: list[str] = []
    while True:
        page = search("btc").order_by("-id")
        if found:
            page = page.filter(id__lt=found[-1])
        ids = [message.id for message in page[:7]]
        if not ids:
            break
        found += ids
    assert found == wanted
    backwards = [message.id for message in search("btc").filter(id__gt=wanted[20]).order_by("id")[:5]]
    assert backwards == list(reversed(wanted[15:20]))
    moons = [row.id for row in reversed(rows) if "moon" in row.text]
    assert [m.id for m in search("moon").order_by("-id")[:50]] == moons
    in_space = search("btc").filter(space=other).order_by("-id")[:50]
    assert [m.id for m in in_space] == [row.id for row in reversed(rows) if row.space_id == other.id]
    assert search("btc").order_by().values("pk")[:11].count() == 11
    assert search("moon").order_by().values("pk")[:50].count() == len(moons)
    assert search("btc").count() == 60
    assert search("moon").filter(space=other).exists()
    assert search("moon").order_by("-id").first() is not None
