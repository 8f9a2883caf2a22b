"""Dishonest names, put together as reported ones are; none of them is a real report."""

from __future__ import annotations

import string
from collections.abc import Callable

from guildhall.guard.domain_model.own.maker import Maker


def _brand(m: Maker) -> str:
    """A brand as thieves write it: now and then with a slip."""
    brand = m.one(m.brands)
    return _slip(m, brand) if m.chance(0.2) and len(brand) > 5 else brand


def _slip(m: Maker, word: str) -> str:
    at = m.rng.randrange(1, len(word) - 1)
    kind = m.rng.randrange(6)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 3:
        return word[:at] + m.letters(1, 1) + word[at + 1 :]
    if kind == 4:
        return word[:at] + m.letters(1, 1) + word[at:]
    signs = {"o": "0", "l": "1", "i": "1", "e": "3", "s": "5", "m": "rn", "w": "vv", "a": "4"}
    return next((word.replace(a, b, 1) for a, b in signs.items() if a in word), word + "s")


def _subject(m: Maker) -> str:
    """What is claimed, migrated or voted on: a brand, or a token nobody has heard of."""
    if m.chance(0.55):
        return _brand(m)
    return m.coined() if m.chance(0.6) else m.one(m.trade + m.everyday)


def _lured(m: Maker) -> str:
    parts = [_subject(m), m.one(m.lure)]
    if m.chance(0.4):
        parts.reverse()
    if m.chance(0.2):
        parts.insert(m.rng.randrange(3), m.one(m.lure + m.trade))
    return f"{('-' if m.chance(0.55) else '').join(parts)}.{m.at('cheap')}"


def _lured_below(m: Maker) -> str:
    return f"{m.one(m.lure)}.{_subject(m)}{m.one(('', '', m.one(m.trade)))}.{m.at('cheap')}"


def _slipped(m: Maker) -> str:
    return f"{_slip(m, m.one([b for b in m.brands if len(b) > 5]))}.{m.at('cheap')}"


def _stolen(m: Maker) -> str:
    brand = m.one([b for b in m.brands if len(b) > 3])
    tail = m.one(("", "", m.letters(1, 1), "-v2", "v3", "-io", "app", "-app", "fi", "dex", "2025", "1"))
    return f"{brand}{tail}.{m.at('cheap', but='com')}"


def _hosted(m: Maker) -> str:
    parts = [_subject(m) if m.chance(0.6) else m.one(m.lure), m.one(m.lure + m.trade)]
    if m.chance(0.3):
        parts.append(m.letters(1, 3, string.digits) if m.chance(0.5) else m.one(m.lure))
    return f"{m.one(('-', '-', '')).join(parts)}.{m.at('hosts')}"


def _repair(m: Maker) -> str:
    """The "fix your wallet" trade: no brand, only lures."""
    parts = [
        m.one(m.lure),
        m.at("broken"),
    ]
    if m.chance(0.5):
        parts.append(m.one(m.lure))
    m.rng.shuffle(parts)
    return f"{m.one(('', '', '-')).join(parts)}.{m.at('cheap', 'hosts')}"


def _chained(m: Maker) -> str:
    parts = [_subject(m)] + [m.one(m.lure + m.trade) for _ in range(m.rng.randint(2, 3))]
    m.rng.shuffle(parts)
    return f"{'-'.join(parts)}.{m.at('cheap')}"


def _fake_front(m: Maker) -> str:
    brand = m.one(m.brands)
    front = f"{brand}.{m.one(('com', 'io', 'org'))}{m.one(('-', '.'))}{m.one(m.lure)}"
    return f"{front}{m.one(('', '-' + m.one(m.lure)))}.{m.at('cheap')}"


def _numbered(m: Maker) -> str:
    word = m.at("coins")
    number = m.letters(2, 4, string.digits)
    return f"{m.one((word, m.letters(2, 4)))}{number}{m.one(('', m.letters(1, 2)))}.{m.at('numbered')}"


def _fresh(m: Maker) -> str:
    """A made-up project on a cheap ending."""
    tail = m.one(m.trade) if m.chance(0.6) else m.one(m.lure)
    return f"{m.coined()}{m.one(('', '', '-'))}{tail}.{m.at('cheap', but='com net org io')}"


def _project(m: Maker) -> str:
    """A project as thieves write it."""
    word = m.one(m.plain) if m.chance(0.15) else m.one(m.projects)
    if len(word) > 4 and m.chance(0.2):
        word = _slip(m, word)
    if m.chance(0.12):
        word += m.at("bodies")
    return word


def _named(m: Maker) -> str:
    """A project and one word beside it: by far the commonest."""
    parts = [_project(m), m.at("lures_now") if m.chance(0.8) else m.one(m.lure)]
    if m.chance(0.6):
        parts.reverse()
    if m.chance(0.1):
        parts.append(m.at("lures_now"))
    end = m.at("given") if m.chance(0.14) else m.at("theft")
    return f"{('-' if m.chance(0.62) else '').join(parts)}.{end}"


def _named_below(m: Maker) -> str:
    front = m.at("fronts_now") if m.chance(0.8) else m.one(m.lure)
    tail = m.one(("", "", "", m.one(("fnd", "network", "-en", "-app", "labs", "xyz", "foundation", "fi"))))
    return f"{front}.{_project(m)}{tail}.{m.at('theft')}"


def _elsewhere(m: Maker) -> str:
    """A project's bare name, or nearly, where the project does not live."""
    word = m.one([name for name in m.projects if len(name) > 4])
    if m.chance(0.45):
        word = _slip(m, word)
    tail = m.one(("", "", "", "", *m.ends["tails"]))
    end = m.at("given") if m.chance(0.15) else m.at("theft")
    return f"{word}{tail}.{end}"


def _nested(m: Maker) -> str:
    """A real address, or a project, as a name below a stranger's domain."""
    front = m.one(m.homes) if m.chance(0.4) else _project(m)
    stranger = m.at("lures_now") + m.one((m.at("memes"), m.one(m.trade), m.one(m.lure), m.one(m.everyday)))
    return f"{front}.{m.one(('', '-')).join((stranger, m.letters(0, 2))).strip('-')}.{m.at('theft')}"


def _meme(m: Maker) -> str:
    word = m.one(m.projects + m.plain) if m.chance(0.6) else m.one(m.everyday + m.person)
    parts = [word, m.at("memes")]
    if m.chance(0.2):
        parts.reverse()
    return f"{('-' if m.chance(0.3) else '').join(parts)}.{m.at('theft', but='com org net')}"


def _laundry(m: Maker) -> str:
    """Checks of "dirty" coins: they ask to connect a wallet."""
    asset = m.one((*m.ends["dirty"], ""))
    doing = m.one(("aml", "aml", "aml", "amlcheck", "amlscan", "revoke", "risk", "kyc", "clean"))
    tail = m.one((*m.ends["washing"], ""))
    parts = [part for part in (asset, doing, tail) if part]
    m.rng.shuffle(parts)
    return f"{m.one(('', '', '-')).join(parts)}{m.one(('', '', '', m.letters(1, 2)))}.{m.at('theft')}"


def _box(m: Maker) -> str:
    """A page among hundreds alike on a free host."""
    words = m.ends["boxes"]
    parts = [m.one(words), m.one(words)]
    if m.chance(0.4):
        parts.insert(0, m.one(words))
    return f"{'-'.join(parts)}{m.one(('', '-'))}{m.letters(1, 3, string.digits)}.{m.at('given')}"


def _fixers(m: Maker) -> str:
    """Several words of the "fix your wallet" trade in one."""
    words = [*m.ends["broken"], *m.ends["fixing"]]
    parts = m.rng.sample(list(dict.fromkeys(words)), m.rng.choice((2, 3, 3, 4)))
    end = m.at("given") if m.chance(0.35) else m.at("theft", but="org")
    return f"{m.one(('', '', '', '-')).join(parts)}{m.one(('', '', '', 's', 'er', '1'))}.{end}"


def _unheard_of(m: Maker) -> str:
    """A token nobody has heard of, with a plain lure."""
    kinds = (m.coined, lambda: m.one(m.everyday) + m.at("closers"), lambda: m.one(m.everyday + m.person))
    word = m.rng.choice(kinds)()
    if m.chance(0.3):
        front = m.at("before")
        return f"{front}.{word}.{m.at('theft')}"
    lure = m.at("opening") if m.chance(0.5) else m.at("lures_now")
    if m.chance(0.8):
        return f"{lure}-{word}.{m.at('theft')}"
    return f"{word}{m.one(('-', ''))}{m.at('lures_now')}.{m.at('theft')}"


PATTERNS: tuple[tuple[int, Callable[[Maker], str]], ...] = (
    (30, _lured), (12, _lured_below), (14, _slipped), (8, _stolen), (12, _hosted), (10, _repair),
    (6, _chained),
    (5, _fake_front), (8, _numbered), (6, _fresh), (70, _named), (18, _named_below), (36, _elsewhere),
    (8, _nested), (12, _meme), (10, _laundry), (6, _box), (22, _fixers), (34, _unheard_of),
)  # fmt: skip
