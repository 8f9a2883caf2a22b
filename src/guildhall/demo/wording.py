"""Turns templates into what somebody says: chooses between `[one|another]` and fills `{slot}`.

Pure but for the chance it is given. One `Slots` serves one stretch of talk, so that a price or a network
named twice in it is the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from guildhall.demo.market import Market

Item = TypeVar("Item")

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_HASH = "23456789abcdefghjkmnpqrstuvwxyz"
_NETS = {"TRC20": ("1", "19"), "ERC20": ("3.2", "12"), "BEP20": ("0.3", "15"), "Solana": ("0.5", "32"),
         "Polygon": ("0.2", "128"), "Arbitrum": ("0.4", "20")}  # fmt: skip
_ALTS = ("ARB", "TIA", "JUP", "SEI", "PYTH", "STRK", "ENA", "ONDO", "WLD", "DYM")
_SAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "BTC": ("BTC", "btc", "BTC", "bitcoin"),
        "ETH": ("ETH", "eth"),
        "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "month": ("January", "March", "May", "September", "November", "December"),
        "event": ("CPI print", "FOMC", "jobs report", "options expiry", "ECB", "PCE print"),
        "tf": ("4h", "1h", "daily", "15m", "weekly"),
        "city": ("Lagos", "Lisbon", "Warsaw", "Manila", "Berlin", "Dubai", "Toronto", "Leeds", "Pune"),
        "vehicle": ("bus", "night train", "car park", "gym", "ferry"),
    },
    "zh": {
        "BTC": ("大饼", "BTC", "大饼", "比特币"),
        "ETH": ("二饼", "ETH", "以太"),
        "day": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        "month": ("三月", "五月", "九月", "十一月", "十二月"),
        "event": ("CPI", "非农", "议息会议", "期权交割", "PCE", "鲍威尔讲话"),
        "tf": ("4小时", "1小时", "日线", "15分钟", "周线"),
        "city": ("上海", "成都", "深圳", "台北", "吉隆坡", "新加坡", "杭州", "高雄", "槟城", "厦门"),
        "vehicle": ("地铁",),
    },
}  # fmt: skip


class Deck(Generic[Item]):
    """Gives each of its cards once before any comes again."""

    def __init__(self, cards: Iterable[Item], chance: random.Random) -> None:
        self._cards, self._chance = list(cards), chance
        self._left: list[Item] = []

    def draw(self) -> Item:
        """The next card."""
        if not self._left:
            self._left = self._cards.copy()
            self._chance.shuffle(self._left)
        return self._left.pop()


class Slots(dict[str, str]):
    """What stands for each slot in one stretch of talk, made up when it is first asked for."""

    def __init__(self, chance: random.Random, language: str, market: Market, at: datetime) -> None:
        super().__init__()
        self.chance, self.language, self.market, self.at = chance, language, market, at
        self.code = chance.choices(("BTC", "ETH", "SOL", "XRP", "BNB", "AVAX"), (10, 6, 5, 2, 1, 1))[0]
        self.net = chance.choice(tuple(_NETS))
        self.in_thousands = chance.random() < 0.6

    def __missing__(self, key: str) -> str:
        value = self[key] = _MAKERS[key](self) if key in _MAKERS else self.chance.choice(self.words(key))
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """All that may stand for a slot."""
        return _SAYS[self.language][key]

    def coin(self, code: str) -> str:
        """A coin as people here call it."""
        return self.chance.choice(_SAYS[self.language].get(code, (code,)))

    def level(self, percent: float) -> str:
        """A price so many percent away from the present one, as people write it."""
        cents = round(self.market.price(self.code, self.at) * (1 + percent / 100))
        if cents >= 10_000_00:
            hundreds = round(cents / 10_000)
            return f"{hundreds / 10:.1f}k" if self.in_thousands else f"{hundreds * 100}"
        if cents >= 500_00:
            return str(round(cents / 1000) * 10)
        return str(round(cents / 100)) if cents >= 100_00 else f"{cents / 100:.2f}"

    def between(self, low: int, high: int) -> str:
        return str(self.chance.randint(low, high))


_MAKERS: dict[str, Callable[[Slots], str]] = {
    "coin": lambda s: s.coin(s.code),
    "today": lambda s: s.words("day")[(s.at + timedelta(hours=8 * (s.language == "zh"))).weekday()],
    "coin2": lambda s: s.coin("ETH" if s.code != "ETH" else "BTC"),
    "alt": lambda s: s.chance.choice(_ALTS),
    "site": lambda s: s["alt"].lower(),
    "level": lambda s: s.level(s.chance.uniform(0.1, 1.6)),
    "lower": lambda s: s.level(-s.chance.uniform(0.6, 2.4)),
    "low2": lambda s: s.level(-s.chance.uniform(3.5, 6)),
    "higher": lambda s: s.level(s.chance.uniform(12, 35)),
    "rate": lambda s: f"{s.chance.randint(8, 62) / 1000:.3f}",
    "pct": lambda s: s.between(4, 38),
    "ticks": lambda s: s.between(3, 80),
    "n": lambda s: s.between(2, 58),
    "few": lambda s: s.between(2, 9),
    "lev": lambda s: s.chance.choice(("10", "20", "25", "50", "75", "100")),
    "lvl": lambda s: s.chance.choice(("1", "2", "3")),
    "rsi": lambda s: s.between(22, 81),
    "liq": lambda s: s.between(28, 240),
    "mins": lambda s: s.between(11, 55),
    "hrs": lambda s: s.between(2, 7),
    "amount": lambda s: s.chance.choice(("120", "250", "400", "500", "850", "1200", "2000", "3300")),
    "net": lambda s: s.net,
    "fee": lambda s: _NETS[s.net][0],
    "need": lambda s: _NETS[s.net][1],
    "conf": lambda s: s.between(1, int(_NETS[s.net][1])),
    "maker": lambda s: "0.02%",
    "taker": lambda s: "0.055%",
    "fund": lambda s: s.chance.choice(("00:00", "08:00", "16:00")),
    "clock": lambda s: (
        f"{(s.at + timedelta(hours=s.chance.randint(2, 9))):%H}:{s.chance.choice(('00', '30'))}"
    ),
    "hash": lambda s: "".join(s.chance.choices(_HASH, k=5)),
}


def fill(template: str, slots: Slots) -> str:
    """What is said."""
    return " ".join(_SLOT.sub(lambda slot: slots[slot[1]], choose_words(template, slots.chance)).split())


def choose_words(template: str, chance: random.Random) -> str:
    """The template with one of each choice."""
    text = template
    while found := _CHOICE.search(text):
        text = text[: found.start()] + chance.choice(found[1].split("|")) + text[found.end() :]
    return text


def as_typed(text: str, chance: random.Random, language: str) -> str:
    """The small carelessness of people who type in a chat."""
    if language == "zh":
        if chance.random() < 0.12 and text[-1:].isalnum():
            text += chance.choice(("……", "～", "！", "哈"))
        return text
    if chance.random() < 0.45 and len(text) > 1 and not text[1].isupper():
        text = text[0].lower() + text[1:]
    if chance.random() < 0.08 and text[-1:].isalnum():
        text += chance.choice((" lol", " tbh", " imo", "...", " 👀", "!"))
    return text
