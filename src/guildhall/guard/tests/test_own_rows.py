"""Our own training rows: reproducible, of both labels in every language, and nobody real in them."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from guildhall.guard.model.own import fill, own_rows, seeds


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    assert own_rows(1) == own_rows(1)
    assert own_rows(1) != own_rows(2)


def test_every_language_has_spam_and_honest_rows_in_comparable_numbers() -> None:
    counts = Counter((row.lang, row.label) for row in own_rows())
    assert {lang for lang, _ in counts} == {"en", "zh", "zh-Hant", "ru", "xx"}
    for lang in ("en", "zh", "zh-Hant", "ru", "xx"):
        spam, honest = counts[lang, 1], counts[lang, 0]
        assert 1 / 3 < spam / honest < 3, lang


def test_there_are_enough_rows_and_enough_different_sentences_behind_them() -> None:
    assert 6_000 <= len(own_rows()) <= 12_000
    lines = Counter(seed.lang for seed in seeds())
    assert lines["en"] >= 700
    assert lines["zh"] + lines["zh-Hant"] >= 700
    assert lines["ru"] >= 150


def test_no_row_is_there_twice_and_no_hand_written_line_is() -> None:
    texts = [row.text for row in own_rows()]
    assert len(texts) == len(set(texts))
    lines = [re.sub(r"\W+", "", seed.text.lower()) for seed in seeds()]
    assert [line for line, count in Counter(lines).items() if count > 1] == []


def test_every_row_belongs_to_the_family_of_its_line_so_that_no_template_dominates() -> None:
    families = Counter(row.group for row in own_rows())
    assert "" not in families
    assert max(families.values()) <= 15
    assert {row.source for row in own_rows()} == {"own"}


def test_no_slot_is_left_open_and_no_row_is_empty() -> None:
    for row in own_rows():
        assert row.text.strip()
        assert not re.search(r"[{}]", row.text), row.text


def test_an_unknown_slot_is_named() -> None:
    with pytest.raises(KeyError, match="nosuchslot"):
        fill("send {nosuchslot}", random.Random(1))


def test_telephone_numbers_are_fictional() -> None:
    """British numbers are Ofcom's for drama, American ones 555-01xx, mainland mobiles start with 120."""
    for row in own_rows():
        for number in re.findall(r"(?<![\w.])(?:0[789]\d{2} ?\d{7}|020\d{8})(?!\w)", row.text):
            plain = number.replace(" ", "")
            assert plain.startswith(("07700900", "09098790", "02079460", "08081570")), row.text
        for number in re.findall(r"\+1[ (]*\d{3}[ )-]*(\d{3}[ -]*\d{2})", row.text):
            assert re.sub(r"\D", "", number) == "55501", row.text
        for number in re.findall(r"(?<![\w+])1\d{10}(?!\w)", row.text):
            assert number.startswith("120") or number[4:9] == "55501", row.text


def test_no_row_names_a_package_registry() -> None:
    for row in own_rows():
        assert not re.search(r"pypi\.|npmjs|registry\.|crates\.io|rubygems", row.text)
