"""Header words and bodies of mail as text: charsets as they are really used, encoded words, addresses.

Pure, and never an error: what a letter claims and does not keep is read as well as it can be. Chinese mail
says `gb2312` and means GB18030, says `big5` and uses the characters of Hong Kong, or says nothing at all.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
from dataclasses import dataclass
from email.policy import Compat32
from email.utils import parseaddr

from guildhall.channels.text import clean, one_line

_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030", "gb18030": "gb18030",
    "big5": "big5hkscs", "x-big5": "big5hkscs", "cp950": "cp950", "us-ascii": "utf-8", "ascii": "utf-8",
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "unknown-8bit": "utf-8",
    "x-unknown": "utf-8", "utf8": "utf-8", "utf-8": "utf-8", "unicode-1-1-utf-7": "utf-7",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932", "x-sjis": "cp932", "iso-8859-8-i": "iso-8859-8",
}  # fmt: skip
_GUESSES = ("utf-8", "gb18030", "big5hkscs", "cp1252")
_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(=\?[^?\s]{1,40}\?[bBqQ]\?)")
_PLAIN_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
_LONGEST_HEADER = 20_000


class _AsWritten(Compat32):
    """Headers as they stand there: the usual policy throws away every byte that is no ASCII."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


AS_WRITTEN = _AsWritten()


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody as a header names them; `address` in lower case, '' when there is none."""

    address: str
    name: str = ""


def decoded(body: bytes, charset: str) -> str:
    """`body` as text. The charset that is claimed is tried first, then those that are meant in its place."""
    said = charset.strip().strip("'\"").lower()
    tried = [name for name in (_MEANT.get(said, said), *_GUESSES) if name]
    for name in dict.fromkeys(tried):
        try:
            if codecs.lookup(name)._is_text_encoding:  # hex and zip are no charsets
                return clean(body.decode(name))
        except (LookupError, UnicodeError, ValueError):
            continue
    return clean(body.decode("utf-8", "replace"))


def header(value: object) -> str:
    """A header's value as people read it: unfolded, encoded words read, one line."""
    said = _BETWEEN_WORDS.sub(r"\1\2", _raw(value)[:_LONGEST_HEADER])
    parts: list[str] = []
    waiting: tuple[str, bytes] | None = None
    at = 0
    for word in _WORD.finditer(said):
        between = said[at : word.start()]
        charset, body = word[1].partition("*")[0].lower(), _word_bytes(word[2], word[3])
        # Some programs cut a character in two: words of one charset are read together.
        if waiting is not None and not between and waiting[0] == charset:
            waiting = charset, waiting[1] + body
        else:
            if waiting is not None:
                parts.append(decoded(waiting[1], waiting[0]))
            parts.append(between)
            waiting = charset, body
        at = word.end()
    if waiting is not None:
        parts.append(decoded(waiting[1], waiting[0]))
    parts.append(said[at:])
    return one_line("".join(parts), 2000)


def correspondent(value: object) -> Correspondent:
    """The first address of a From, Sender or To, with the name people see."""
    raw = " ".join(_raw(value)[:_LONGEST_HEADER].split())
    name, address = parseaddr(raw)
    pointed = [one for one in map(address_of, re.findall(r"<([^<>]{1,254})>", raw)) if one]
    address = pointed[-1] if pointed else address_of(address)
    if not address:
        found = _PLAIN_ADDRESS.search(raw.replace("<", " ").replace(">", " "))
        address = address_of(found.group()) if found else ""
    return Correspondent(address, header(name)[:80].strip("\"' ") if name else "")


def address_of(text: str) -> str:
    """An address in the one way we write it: lower case, its domain in letters; '' for what is none."""
    text = text.strip().strip("<>").lower()
    if len(text) > 254 or _PLAIN_ADDRESS.fullmatch(text) is None or not text.isprintable():
        return ""
    local, _, domain = text.rpartition("@")
    if domain.startswith((".", "-")) or domain.endswith((".", "-")) or ".." in domain:
        return ""
    return f"{local}@{domain}"


def letter_ids(value: object) -> list[str]:
    """The Message-IDs in a header, in order, without angle brackets."""
    found = re.findall(r"<([^<>\s]{1,500})>", _raw(value)[:_LONGEST_HEADER])
    return [clean(one) for one in found if one.isprintable()]


def _raw(value: object) -> str:
    """A header as the parser gives it; bytes that are no ASCII are read as what they most likely are."""
    said = "" if value is None else str(value)
    try:
        return decoded(said.encode("ascii", "surrogateescape"), "utf-8")
    except UnicodeEncodeError:
        return clean(said)


def _word_bytes(kind: str, body: str) -> bytes:
    plain = body.encode("utf-8", "replace")
    if kind in "qQ":
        return quopri.decodestring(plain, header=True)
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return plain
