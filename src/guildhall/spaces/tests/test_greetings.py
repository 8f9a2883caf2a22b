"""The words that greet who enters: an address is one however it is written."""

from __future__ import annotations

import pytest

from guildhall.compliance.gate import Gate
from guildhall.core.text import Text
from guildhall.spaces import greetings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "words", ["Join us at best-perps.io today", "交流群请看best-perps.io", "Look at best-perps[.]io first"]
)
def test_an_address_without_https_is_held_where_links_are(words: str) -> None:
    said = greetings.decide(Text(words, words), "", "MX", "en", Gate())
    assert said.is_plain
    assert said.reasons
    assert "best-perps" not in said.text


def test_words_without_an_address_are_said_as_they_are() -> None:
    said = greetings.decide(Text("Welcome, Mr. Li.", "欢迎。"), "", "MX", "en", Gate())
    assert (said.text, said.is_plain) == ("Welcome, Mr. Li.", False)
