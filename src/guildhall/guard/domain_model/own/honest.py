"""Honest names as firms, people and projects choose them.

They keep a model from taking a new ending, a word of the trade or a page on a shared host for theft.
"""

from __future__ import annotations

import string
from collections.abc import Callable

from guildhall.guard.domain_model.own.maker import Maker


def _firm(m: Maker) -> str:
    joint = "-" if m.chance(0.15) else ""
    return f"{joint.join((m.one(m.everyday), m.one(m.everyday + m.tech)))}.{m.end()}"


def _long_firm(m: Maker) -> str:
    joint = "-" if m.chance(0.3) else ""
    words = [m.one(m.everyday), m.one(m.everyday + m.person), m.one(m.everyday + m.tech)]
    return f"{joint.join(words)}.{m.end()}"


def _of_a_person(m: Maker) -> str:
    word = m.one(m.person) + m.one(m.everyday) if m.chance(0.5) else m.one(m.person) + m.one(m.person)
    return f"{word}.{m.end()}"


def _coined(m: Maker) -> str:
    tail = m.one(m.everyday + m.tech) if m.chance(0.3) else ""
    return f"{m.coined()}{tail}.{m.end()}"


def _letters_only(m: Maker) -> str:
    return f"{m.letters(2, 5)}{m.one(('', '', '', '24', '365', '1', '2'))}.{m.end()}"


def _of_the_trade(m: Maker) -> str:
    """An exchange, wallet, fund, protocol or newspaper of the trade."""
    other = m.one(m.everyday) if m.chance(0.5) else m.coined() if m.chance(0.6) else m.one(m.trade)
    pair = [other, m.one(m.trade)]
    if m.chance(0.4):
        pair.reverse()
    return f"{''.join(pair)}.{m.at('trade')}"


def _coined_trade(m: Maker) -> str:
    return f"{m.coined()}.{m.at('trade')}"


def _opened(m: Maker) -> str:
    tail = (
        m.one(m.everyday)
        if m.chance(0.4)
        else m.one(m.start) + m.one(m.ending)
        if m.chance(0.6)
        else m.one(m.tech)
    )
    return f"{m.at('openers')}{tail}.{m.at('trade')}"


def _closed(m: Maker) -> str:
    head = m.letters(1, 3) if m.chance(0.4) else m.one(m.start) if m.chance(0.5) else m.one(m.everyday)
    tail = m.at("closers")
    return f"{head}{'-' if m.chance(0.07) else ''}{tail}.{m.at('trade')}"


def _word_of_the_trade(m: Maker) -> str:
    return f"{m.one(m.trade + m.tech)}.{m.at('country', 'modern')}"


def _front(m: Maker) -> str:
    name = m.rng.choice((_firm, _of_the_trade, _coined, _coined_trade, _opened))(m)
    return f"{m.at('front')}.{name}"


def _page(m: Maker) -> str:
    first = m.one(m.person + m.everyday + m.tech)
    words = [first, m.one(m.tech + m.everyday + (m.trade if m.chance(0.3) else []))]
    joint = "-" if m.chance(0.6) else ""
    return f"{joint.join(words if m.chance(0.75) else words[:1])}.{m.at('friendly_hosts')}"


def _office(m: Maker) -> str:
    place = m.one(m.everyday) if m.chance(0.6) else m.coined()
    kind = m.one(("", "", "-city", "county", "library", "school"))
    return f"{place}{kind}.{m.at('offices')}"


def _old_software(m: Maker) -> str:
    """Firms, programs and shops named with a word that thieves use too."""
    other = m.coined() if m.chance(0.3) else m.one(m.everyday + m.tech + m.person)
    parts = [other, m.at("honest_lures") if m.chance(0.5) else m.one(m.soft)]
    if m.chance(0.3):
        parts.append(m.one(m.tech + m.everyday))
    if m.chance(0.45):
        m.rng.shuffle(parts)
    return f"{('-' if m.chance(0.15) else '').join(parts)}.{m.at('old')}"


def _advertiser(m: Maker) -> str:
    other = m.coined() if m.chance(0.3) else m.one([*m.everyday, *m.tech, *m.ends["adtech"]])
    parts = [m.at("adtech"), other]
    if m.chance(0.25):
        parts.append(m.one(m.tech))
    m.rng.shuffle(parts)
    front = m.at("adtech") + m.letters(0, 1, string.digits) + "." if m.chance(0.2) else ""
    return f"{front}{('-' if m.chance(0.12) else '').join(parts)}.{m.at('old')}"


def _initials(m: Maker) -> str:
    """A firm's initials, or its name and its trade, joined as in the days of the first websites."""
    head = m.letters(1, 4) if m.chance(0.5) else m.one(m.everyday)
    tail = m.one([*m.tech, *m.everyday, *m.ends["trades"]])
    parts = [head, tail] if m.chance(0.8) else [head, m.one(m.everyday), tail]
    return f"{'-'.join(parts)}.{m.at('old')}"


def _two_lures(m: Maker) -> str:
    parts = [m.at("honest_lures"), m.one([*m.tech, *m.ends["honest_lures"]])]
    return f"{('-' if m.chance(0.15) else '').join(parts)}.{m.at('old')}"


def _at_home(m: Maker) -> str:
    front = m.at("front") if m.chance(0.6) else m.one(m.lure)
    return f"{front}.{m.one(m.homes)}"


def _word_that_is_a_name(m: Maker) -> str:
    """A shop or a studio whose name has a word that is some project's name too."""
    parts = [m.one(m.plain), m.one(m.everyday + m.tech)]
    if m.chance(0.35):
        parts.reverse()
    if m.chance(0.2):
        parts.append(m.one(m.everyday))
    return f"{('-' if m.chance(0.12) else '').join(parts)}.{m.end()}"


def _young_trade(m: Maker) -> str:
    """Players, papers and clubs of the trade on any ending."""
    word = m.at("clubs")
    other = m.one(m.everyday + m.person) if m.chance(0.7) else m.one(m.start) + m.one(m.ending)
    parts = [word, other] if m.chance(0.6) else [other, word]
    if m.chance(0.1):
        parts.append(m.letters(1, 2, string.digits))
    end = m.one(m.ends["cheap"]) if m.chance(0.25) else m.at("trade", "modern", "country")
    return f"{('-' if m.chance(0.06) else '').join(parts)}.{end}"


def _short_word(m: Maker) -> str:
    return f"{m.one(m.plain)}{m.one(('', '', m.one(m.start), m.letters(1, 2)))}.{m.end()}"


def _half_a_brand(m: Maker) -> str:
    """The beginning or the end of a well-known name, going on otherwise."""
    brand = m.one([name for name in m.projects if len(name) > 5])
    cut = m.rng.randint(3, len(brand) - 2)
    other = m.one(m.everyday) if m.chance(0.5) else m.one(m.start) + m.one(m.ending)
    name = brand[:cut] + other if m.chance(0.65) else other + brand[cut:]
    return f"{name}.{m.at('trade') if m.chance(0.5) else m.end()}"


def _odd(m: Maker) -> str:
    """Names of machines: content servers, encoded names of other alphabets."""
    if m.chance(0.5):
        return f"{m.letters(8, 32, '0123456789abcdef')}.{m.at('old')}"
    return f"xn--{m.letters(4, 9)}-{m.letters(3, 6, string.ascii_lowercase + string.digits)}.{m.end()}"


PATTERNS: tuple[tuple[int, Callable[[Maker], str]], ...] = (
    (20, _firm), (12, _long_firm), (8, _of_a_person), (12, _coined), (5, _letters_only), (16, _of_the_trade),
    (8, _coined_trade), (8, _opened), (8, _closed), (4, _word_of_the_trade), (12, _front), (8, _page),
    (3, _office), (34, _old_software), (16, _advertiser), (8, _two_lures), (12, _at_home),
    (16, _word_that_is_a_name), (4, _short_word), (10, _half_a_brand), (2, _odd), (20, _young_trade),
    (8, _initials),
)  # fmt: skip
