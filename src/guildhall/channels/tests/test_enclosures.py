"""Files that go out with words: kept once, told by their bytes, and sent to Telegram only once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guildhall.channels import enclosures
from guildhall.channels.models import Enclosure
from guildhall.channels.port import Verb
from guildhall.channels.tests.telegram_town import Town, in_town, settle
from guildhall.core.errors import BadInput, NotFound

pytestmark = pytest.mark.django_db(transaction=True)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with in_town(monkeypatch, tmp_path) as tg:
        yield settle(tg)
        assert tg.violations() == []
        assert tg.failures == []


def test_a_file_is_kept_once_and_told_by_its_bytes() -> None:
    first = enclosures.keep("K 线图.exe", PNG, by="staff:1")
    assert enclosures.keep("another.png", PNG, by="staff:2") == first
    file = enclosures.read(first)
    assert (file.name, file.mime, file.body) == ("K 线图.png", "image/png", PNG)
    assert Enclosure.objects.count() == 1


@pytest.mark.parametrize("body", [b"", b"MZ" + b"x" * 99, b"<svg onload=alert(1)>", b"\x89PNG" * 3_000_000])
def test_what_no_platform_takes_is_refused_with_words(body: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        enclosures.keep("x.png", body, by="staff:1")
    assert caught.value.text.zh
    with pytest.raises(NotFound):
        enclosures.read("0" * 64)


def test_a_picture_goes_to_telegram_with_its_words_and_travels_once(town: Town) -> None:
    digest = enclosures.keep("chart.png", PNG, by="staff:1")
    receipt = town.do(Verb.SEND, said="Funding turned negative.", act={"media": (digest,)})
    receipt.record()
    first = town.tg.messages(town.chat)[-1]
    assert first["caption"] == "Funding turned negative."
    assert first["photo"]
    where = f"telegram:{town.bot.id}"
    assert enclosures.known(digest, where) == first["photo"][-1]["file_id"]
    town.do(Verb.SEND, said="Again.", act={"media": (digest,)})
    assert town.tg.messages(town.chat)[-1]["photo"][-1]["file_id"] == enclosures.known(digest, where)


def test_words_beside_a_picture_are_shorter_on_telegram(town: Town) -> None:
    digest = enclosures.keep("chart.png", PNG, by="staff:1")
    with pytest.raises(Exception, match="1024"):
        town.do(Verb.SEND, said="x" * 1025, act={"media": (digest,)})
