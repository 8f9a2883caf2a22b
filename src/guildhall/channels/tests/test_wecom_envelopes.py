"""Envelopes of callbacks against Tencent's own vectors, and the XML inside them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.tests.wxbizmsgcrypt import VECTORS
from guildhall.channels.wecom import wire
from guildhall.channels.wecom.crypto import Crypto, Forged
from guildhall.core.errors import BadInput

OURS = Crypto("token", base64.b64encode(bytes(range(32))).decode()[:43], "ww1")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_tencents_vectors_open(vector: dict[str, str]) -> None:
    crypto = Crypto(vector["token"], vector["key"], vector["rid"])
    opened = crypto.open(vector["sig"], vector["ts"], vector["nonce"], vector["enc"])
    assert opened.decode() == vector["plain"]
    assert crypto.sign(vector["ts"], vector["nonce"], vector["enc"]) == vector["sig"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_nothing_of_a_vector_may_be_changed(vector: dict[str, str]) -> None:
    crypto = Crypto(vector["token"], vector["key"], vector["rid"])
    good = (vector["sig"], vector["ts"], vector["nonce"], vector["enc"])
    for at in range(4):
        changed = [*good]
        changed[at] = changed[at][:-3] + ("A" if changed[at][-3] != "A" else "B") + changed[at][-2:]
        with pytest.raises(Forged):
            crypto.open(*changed)
    with pytest.raises(Forged):
        Crypto(vector["token"], vector["key"], "wwSomebodyElse").open(*good)
    with pytest.raises(Forged):
        Crypto("another", vector["key"], vector["rid"]).open(*good)


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again(message: bytes) -> None:
    sealed = OURS.seal(message, "1", "2")
    assert OURS.open(sealed.signature, "1", "2", sealed.encrypted) == message


@given(st.binary(max_size=200))
def test_cipher_text_of_chance_with_a_good_signature_is_forged_and_nothing_worse(noise: bytes) -> None:
    encrypted = base64.b64encode(noise).decode()
    with pytest.raises(Forged):
        OURS.open(OURS.sign("1", "2", encrypted), "1", "2", encrypted)


@pytest.mark.parametrize("key", ["", "x" * 42, "x" * 44, "ü" * 43, "x" * 42 + "="])
def test_a_key_of_another_shape_is_bad_input(key: str) -> None:
    with pytest.raises(BadInput):
        Crypto("token", key, "ww1")


def test_xml_keeps_every_code_point() -> None:
    text = "a\r\n\x0b\ufffe]] > &amp; 好"
    document = f"<?xml version='1.0'?>\n<xml><A><![CDATA[{text}]]></A>\n<B>1 &lt; &#x4f60;</B><C/></xml>\n"
    assert wire.read(document) == {"A": text, "B": "1 < 你", "C": ""}


def test_lists_and_parts_are_told_apart() -> None:
    document = "<xml><L><Item>a</Item><Item>b</Item></L><P><X>1</X></P></xml>"
    assert wire.read(document) == {"L": {"Item": ["a", "b"]}, "P": {"X": "1"}}


def test_a_field_that_stands_twice_is_no_text_any_more() -> None:
    assert wire.read("<xml><F>real</F><F>smuggled</F></xml>") == {"F": ["real", "smuggled"]}


@pytest.mark.parametrize(
    "document",
    [
        "", "x", "<xml>", "</xml>", "<xml></xml><xml></xml>", "<xml><a></b></xml>", "<xml><a>", "<xml/>",
        "<xml>text</xml>", "<!DOCTYPE x><xml><a>1</a></xml>", "<xml><!ENTITY x 'y'></xml>",
        "<a>" * 40 + "</a>" * 40, "<xml><![CDATA[x", "<xml><a>&#x110000;</a>",
    ],
)  # fmt: skip
def test_what_is_no_callback_is_bad_input(document: str) -> None:
    with pytest.raises(BadInput):
        wire.read(document)


@given(st.text(alphabet="<>/xml[]!CDATA &#;'\"ab\n", max_size=200))
def test_xml_of_chance_is_bad_input_or_read(document: str) -> None:
    try:
        found: dict[str, Any] = wire.read(document)
    except BadInput:
        return
    assert isinstance(found, dict)
