"""Makes up domain names by rule: honest ones as firms, people and projects choose them, and the patterns of
theft.

Deterministic: one seed, one list. The honest patterns matter most: they keep a model from taking a new
ending, a word of the trade or a page on a shared host for theft.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from guildhall.guard.domain_model import projects
from guildhall.guard.domain_model.rows import DomainRow
from guildhall.guard.source import load_data

HONEST, DISHONEST = 15000, 16000
WRITTEN_SOURCE, TRADE_SOURCE = "own-written", "own-trade"
_TRADE_SECTIONS = 5
"""The first sections of the written list are names of the trade."""


def own_rows(seed: int = 1) -> list[DomainRow]:
    """Every row of our own: the list written by hand, made-up honest names, made-up dishonest ones."""
    rows = _written()
    known = {row.domain for row in rows}
    maker = Maker(seed)
    rows += [
        DomainRow(domain, 0, "own-honest", weight=0.25)
        for domain in maker.many(HONEST, _HONEST_PATTERNS)
        if domain not in known
    ]
    honest = {row.domain for row in rows}
    rows += [
        DomainRow(domain, 1, "own-dishonest", weight=0.7)
        for domain in maker.many(DISHONEST, _DISHONEST_PATTERNS)
        if domain not in honest
    ]
    return rows


def _written() -> list[DomainRow]:
    text = files("guildhall.guard").joinpath("domain_model/own/benign.txt").read_text(encoding="utf-8")
    found: dict[str, DomainRow] = {}
    section = 0
    for line in text.splitlines():
        section += line.startswith("[")
        source = TRADE_SOURCE if section <= _TRADE_SECTIONS else WRITTEN_SOURCE
        for domain in line.split() if line[:1] not in ("#", "[") else ():
            found.setdefault(domain, DomainRow(domain, 0, source, weight=2.0))
    return list(found.values())


def _data(path: str) -> Any:
    return load_data(files("guildhall.guard").joinpath(path).read_text(encoding="utf-8"))


def _counted(text: str) -> tuple[str, ...]:
    """`com*3 net` as com, com, com, net."""
    pairs = [word.partition("*") for word in text.split()]
    return tuple(word for word, _, times in pairs for _ in range(int(times or 1)))


class Maker:
    """Draws names from patterns with one seeded source of chance."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        data = _data("domain_model/vocabulary.yaml")
        words = {kind: text.split() for kind, text in data.items()}
        self.lure, self.soft = words["lure"] + words["soft"], words["soft"]
        self.trade, self.tech = words["trade"], words["tech"]
        self.everyday, self.person = words["everyday"], words["person"]
        self.start, self.ending = words["start"], words["ending"]
        self.ends = {kind: _counted(text) for kind, text in _data("domain_model/own/endings.yaml").items()}
        brands = _data("rules/brands.yaml")
        named = projects.by_kind()
        self.homes = sorted(projects.homes())
        self.plain = list(named["plain"])
        self.projects = [name for name in named["coined"] if len(name) > 2]
        self.brands = [
            "".join(c for c in str(row["name"]).lower().removesuffix(".com") if c.isalnum()) for row in brands
        ]

    def many(self, count: int, patterns: Sequence[tuple[int, Callable[[Maker], str]]]) -> list[str]:
        """`count` different names, patterns drawn by their share."""
        shares = [share for share, _ in patterns]
        made: dict[str, None] = {}
        while len(made) < count:
            _, pattern = self.rng.choices(patterns, shares)[0]
            name = pattern(self).lower()
            labels = name.split(".")
            if all(0 < len(label) <= 50 and label.strip("-") == label for label in labels):
                made[name] = None
        return list(made)

    def one(self, words: Sequence[str]) -> str:
        return self.rng.choice(words)

    def at(self, *kinds: str, but: str = "") -> str:
        """An ending of those kinds."""
        return self.one([end for kind in kinds for end in self.ends[kind] if end not in but.split()])

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def coined(self) -> str:
        """A pronounceable word nobody knows."""
        body = "".join(self.one(self.start) for _ in range(self.rng.choice((1, 2, 2, 3))))
        return body + self.one(self.ending)

    def end(self) -> str:
        return self.one(
            self.rng.choices((self.ends["plain"], self.ends["country"], self.ends["modern"]), (50, 35, 15))[0]
        )

    def letters(self, low: int, high: int, alphabet: str = string.ascii_lowercase) -> str:
        return "".join(self.one(alphabet) for _ in range(self.rng.randint(low, high)))


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
    words = [m.one(m.person + m.everyday + m.tech), m.one(m.tech + m.everyday)]
    joint = "-" if m.chance(0.6) else ""
    return f"{joint.join(words if m.chance(0.75) else words[:1])}.{m.at('friendly_hosts')}"


def _office(m: Maker) -> str:
    place = m.one(m.everyday) if m.chance(0.6) else m.coined()
    kind = m.one(("", "", "-city", "county", "library", "school"))
    return f"{place}{kind}.{m.at('offices')}"


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
    word = m.one(("crypto", "crypto", "meta", "coin", "nft", "open", "ether", "bit", "block", "chain", "defi", "token", "web3"))
    other = m.one(m.everyday + m.person) if m.chance(0.7) else m.one(m.start) + m.one(m.ending)
    parts = [word, other] if m.chance(0.6) else [other, word]
    if m.chance(0.1):
        parts.append(m.letters(1, 2, string.digits))
    return f"{('-' if m.chance(0.06) else '').join(parts)}.{m.at('trade', 'modern', 'country')}"


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


def _project(m: Maker) -> str:
    """A project as thieves write it."""
    word = m.one(m.plain) if m.chance(0.15) else m.one(m.projects)
    if len(word) > 4 and m.chance(0.2):
        word = _slip(m, word)
    if m.chance(0.12):
        word += m.one(("network", "protocol", "finance", "dao", "labs", "xyz", "fi", "chain", "ai", "io", "token"))
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
    tail = m.one(("", "", "", "app", "fi", "s", "xyz", "-io", "-app", "io", "network", "pro", "-xyz", "x", "v2", "finance"))
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
    asset = m.one(("crypto", "usdt", "trx", "coin", "wallet", "btc", "web3", "token", "ton", "trust", "bybit", ""))
    doing = m.one(("aml", "aml", "aml", "amlcheck", "amlscan", "revoke", "risk", "kyc", "clean"))
    tail = m.one(("check", "scan", "bot", "tool", "checker", "score", "info", "pro", "verify", "eu", "online", ""))
    parts = [part for part in (asset, doing, tail) if part]
    m.rng.shuffle(parts)
    return f"{m.one(('', '', '-')).join(parts)}{m.one(('', '', '', m.letters(1, 2)))}.{m.at('theft')}"


def _box(m: Maker) -> str:
    """A page among hundreds alike on a free host."""
    words = ("giftbox", "mint", "minting", "nft", "box", "claim", "drop", "airdrop", "public", "limited", "lucky", "token", "reward", "project", "opensea")
    parts = [m.one(words), m.one(words)]
    if m.chance(0.4):
        parts.insert(0, m.one(words))
    return f"{'-'.join(parts)}{m.one(('', '-'))}{m.letters(1, 3, string.digits)}.{m.at('given')}"


def _fixers(m: Maker) -> str:
    """Several words of the "fix your wallet" trade in one."""
    words = [*m.ends["broken"], "web3", "dapp", "dapps", "multi", "auto", "chain", "block", "smart", "fix", "rectify", "resolve", "sync", "rpc", "defi", "connect", "restore", "secure", "wallet", "protocol"]
    parts = m.rng.sample(list(dict.fromkeys(words)), m.rng.choice((2, 3, 3, 4)))
    end = m.at("given") if m.chance(0.35) else m.at("theft", but="org")
    return f"{m.one(('', '', '', '-')).join(parts)}{m.one(('', '', '', 's', 'er', '1'))}.{end}"


def _unheard_of(m: Maker) -> str:
    """A token nobody has heard of, with a plain lure."""
    word = m.coined() if m.chance(0.6) else m.one(m.everyday) + m.one((*m.ends["closers"], ""))
    lure = m.one(("claim", "airdrop", "claims", "rewards", "presale", "eligibility", "allocation", "vote", "drop", "migrate", "register", "stake"))
    if m.chance(0.35):
        return f"{m.one(('claim', 'airdrop', 'check', 'app', 'mint'))}.{word}.{m.at('theft', but='com org net io')}"
    parts = [lure, word] if m.chance(0.6) else [word, lure]
    return f"{('-' if m.chance(0.75) else '').join(parts)}.{m.at('theft')}"


_HONEST_PATTERNS: tuple[tuple[int, Callable[[Maker], str]], ...] = (
    (20, _firm), (12, _long_firm), (8, _of_a_person), (12, _coined), (5, _letters_only), (16, _of_the_trade),
    (8, _coined_trade), (8, _opened), (8, _closed), (4, _word_of_the_trade), (12, _front), (8, _page),
    (3, _office), (34, _old_software), (16, _advertiser), (8, _two_lures), (12, _at_home), (16, _word_that_is_a_name),
    (4, _short_word), (10, _half_a_brand), (2, _odd), (14, _young_trade),
)  # fmt: skip
_DISHONEST_PATTERNS: tuple[tuple[int, Callable[[Maker], str]], ...] = (
    (30, _lured), (12, _lured_below), (14, _slipped), (8, _stolen), (12, _hosted), (10, _repair),
    (6, _chained),
    (5, _fake_front), (8, _numbered), (6, _fresh), (70, _named), (18, _named_below), (36, _elsewhere), (8, _nested),
    (12, _meme), (10, _laundry), (6, _box), (22, _fixers), (18, _unheard_of),
)  # fmt: skip
