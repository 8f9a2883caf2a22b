"""Sorts the entries of another bot's block list: whole domains, which a policy of ours blocks, and words and
globs, which it keeps as words of the house.

Pure. An entry that names a path on a domain, or a domain where everybody publishes (t.me, github.io), is no
domain to block: it would hit the innocent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.guard.policy import clean_domain
from guildhall.intake.importing.records import Aside

SHARED = frozenset(
    """
    t.me telegram.me telegram.org discord.gg discord.com youtube.com youtu.be google.com x.com twitter.com
    facebook.com instagram.com github.com github.io medium.com notion.site qq.com weixin.qq.com bit.ly
    tinyurl.com wa.me
    """.split()  # noqa: SIM905 - a list of words
)
_LONGEST = 500
_TOO_LONG = Text("The entry is too long.", "条目过长。")
_HOST = re.compile(r"(?:\*?\.|\*)?([\w\u3400-\u9fff-]+(?:\.[\w\u3400-\u9fff-]+)+)\.?(?:[/*]{0,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Entries by what can be done with them, each once, in the order given."""

    domains: tuple[str, ...]
    words: tuple[str, ...]


def sort_out(entries: Iterable[str], aside: Aside) -> Sorted:
    """Part the domains from the words; entries too long to be either are put aside."""
    domains: dict[str, None] = {}
    others: dict[str, None] = {}
    for row, entry in enumerate(entries, start=1):
        text = " ".join(entry.split())
        if not text:
            continue
        if len(text) > _LONGEST:
            aside.put(row, "name", _TOO_LONG, entry)
            continue
        domain = domain_of(text)
        if domain:
            domains[domain] = None
        else:
            others[text] = None
    return Sorted(tuple(domains), tuple(others))


def domain_of(entry: str) -> str:
    """The domain that an entry means as a whole, or ''."""
    bare = re.sub(r"^(?:h(?:tt|xx)ps?://|//|url:)", "", entry.strip().lower())
    match = _HOST.fullmatch(bare)
    if match is None or " " in bare:
        return ""
    domain = clean_domain(match[1])
    return "" if domain in SHARED else domain
