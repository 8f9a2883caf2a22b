"""Made-up particulars for our own training rows, and how people dress a sentence.

Names of sites and accounts are syllables put together by chance, addresses are random characters, telephone
numbers come from ranges kept for fiction (Ofcom's drama numbers, 555-01xx) or that no operator was given.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import yaml

SLOTS = Path(__file__).parent / "seeds" / "slots.yaml"

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_HEX = "0123456789abcdef"


def made(name: str, chance: random.Random) -> str:
    """A made-up particular by the name of its slot. Raises KeyError for an unknown one."""
    return _MAKERS[name](chance)


def dressed(
    text: str, register: str, lang: str, label: int, emoji: float, loose: float, chance: random.Random
) -> str:
    """The sentence as another person would type it: casing, emoji, tags, elongation, lost punctuation."""
    if chance.random() < loose:
        text = chance.choice(_LOOSE_ZH if lang.startswith("zh") else _LOOSE)(text, chance)
    if register == "x" and chance.random() < 0.25:
        text = f"{text} {_tags(chance)}"
    if register == "bbs" and chance.random() < 0.3:
        text = f"{text} -- {chance.choice(_pools()['signatures'])}"
    if chance.random() < emoji:
        text = _with_emoji(text, _pools()["loud"] if label else _pools()["plain"], chance)
    return text


def _with_emoji(text: str, choice: list[str], chance: random.Random) -> str:
    mark = chance.choice(choice)
    how = chance.randrange(4)
    if how == 0:
        return f"{mark} {text}"
    if how == 1:
        return f"{text} {mark * chance.randint(1, 3)}"
    if how == 2:
        return f"{mark}{mark} {text} {chance.choice(choice)}"
    words = text.split(" ")
    words.insert(chance.randint(0, len(words)), mark)
    return " ".join(words)


def _tags(chance: random.Random) -> str:
    sign = chance.choice("##$")
    pool = _pools()["tickers"] if sign == "$" else _pools()["hashtags"]
    return " ".join(sign + tag for tag in chance.sample(pool, chance.randint(1, 4)))


def _lower(text: str, chance: random.Random) -> str:
    return text if "http" in text or "0x" in text else text.lower()


def _upper(text: str, chance: random.Random) -> str:
    return text if any(sign in text for sign in ("http", ".", "0x", "@")) else text.upper()


def _bare(text: str, chance: random.Random) -> str:
    return text.replace("'", "").replace(",", "").rstrip(".!")


def _slip(text: str, chance: random.Random) -> str:
    """One slip of the fingers: two neighbours swapped, one letter lost or struck twice."""
    places = [at for at in range(1, len(text) - 2) if text[at].isalpha() and text[at + 1].isalpha()]
    if not places:
        return text
    at = chance.choice(places)
    how = chance.randrange(3)
    if how == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if how == 1 else text[:at] + text[at] + text[at:]


def _short(text: str, chance: random.Random) -> str:
    words = [_SHORTHAND.get(word, word) for word in text.split(" ")]
    return " ".join(words)


def _drawn_out(text: str, chance: random.Random) -> str:
    return text.rstrip(".!?") + chance.choice(["...", "!!", "!!!", "??", " lol", " pls", ".."])


def _zh_spaced(text: str, chance: random.Random) -> str:
    return text.replace("，", " ").replace("。", " ").strip()


def _zh_half(text: str, chance: random.Random) -> str:
    return text.replace("，", ",").replace("。", ".").replace("！", "!").replace("？", "?").replace("：", ":")


def _zh_drawn_out(text: str, chance: random.Random) -> str:
    return text.rstrip("。！？") + chance.choice(["。。。", "！！！", "～", "…", "哈", "啊", "！"])


_LOOSE: tuple[Callable[[str, random.Random], str], ...] = (_lower, _upper, _bare, _slip, _short, _drawn_out)
_LOOSE_ZH: tuple[Callable[[str, random.Random], str], ...] = (_zh_spaced, _zh_half, _zh_drawn_out)

_SHORTHAND = {
    "you": "u", "your": "ur", "are": "r", "please": "pls", "Please": "Pls", "for": "4", "to": "2",
    "message": "msg", "thanks": "thx", "people": "ppl", "because": "cuz", "tomorrow": "tmr", "and": "n",
}  # fmt: skip


@lru_cache(maxsize=1)
def _pools() -> dict[str, list[str]]:
    """The word pools of `slots.yaml`, by name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(SLOTS.read_text("utf-8"), Loader=loader)  # noqa: S506
    return {str(name): str(words).split() for name, words in document["pools"].items()}


def _word(chance: random.Random, low: int = 2, high: int = 3) -> str:
    return "".join(chance.choice(_pools()["syllables"]) for _ in range(chance.randint(low, high)))


def _digits(count: int) -> Callable[[random.Random], str]:
    return lambda chance: "".join(chance.choice("0123456789") for _ in range(count))


def _bad_site(chance: random.Random) -> str:
    """A site nobody should trust: a lure and syllables with a digit, so that hardly any can be registered."""
    word = _word(chance) + chance.choice(["", "", str(chance.randint(2, 99))])
    lure = chance.choice(_pools()["lures"])
    name = chance.choice([f"{lure}-{word}", f"{word}-{lure}", f"{lure}{word}", f"{word}{lure}", word, word])
    return f"{name}.{chance.choice(_pools()['tlds'])}"


def _bad_link(chance: random.Random) -> str:
    path = chance.choice(
        ["", "", "", "/claim", "/token", "/" + _word(chance), f"/?ref={chance.randint(100, 99999)}"]
    )
    return chance.choice(["", "", "https://", "http://", "www.", "https:// "]) + _bad_site(chance) + path


def _handle(chance: random.Random) -> str:
    return (
        "@"
        + _word(chance)
        + chance.choice(["", "", "_", "xyz", "eth", "FX", "_official", "NFT", str(chance.randint(1, 99))])
    )


def _evm(chance: random.Random) -> str:
    return "0x" + "".join(chance.choice(_HEX) for _ in range(40))


def _sol(chance: random.Random) -> str:
    return "".join(chance.choice(_BASE58) for _ in range(chance.randint(43, 44)))


def _tron(chance: random.Random) -> str:
    return "T" + "".join(chance.choice(_BASE58) for _ in range(33))


def _transaction(chance: random.Random) -> str:
    return "0x" + "".join(chance.choice(_HEX) for _ in range(chance.choice([6, 8, 64])))


def _invented_ticker(chance: random.Random) -> str:
    return _word(chance, 1, 2).upper()[:6]


def _invented_name(chance: random.Random) -> str:
    word = _word(chance).capitalize()
    return chance.choice(
        [word, word, word + chance.choice(["Swap", "Fi", "Chain", "Coin", "Inu", "AI", "DAO", " Finance"])]
    )


def _phone_us(chance: random.Random) -> str:
    return chance.choice(["+1 ({}) 555-01{:02d}", "+1{}55501{:02d}", "+1 {} 555 01{:02d}"]).format(
        chance.randint(201, 989), chance.randint(0, 99)
    )


def _phone_uk(chance: random.Random) -> str:
    return chance.choice(
        ["07700900{:03d}", "09098790{:03d}", "02079460{:03d}", "0909 8790{:03d}", "08081570{:03d}"]
    ).format(chance.randint(0, 999))


def _phone_zh(chance: random.Random) -> str:
    return "120" + "".join(chance.choice("0123456789") for _ in range(8))


def _money(chance: random.Random) -> str:
    amount = chance.choice([1, 2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 50, 75]) * chance.choice(
        [10, 50, 100, 100, 1000]
    )
    return chance.choice(
        [f"${amount}", f"${amount:,}", f"{amount} USDT", f"${amount / 1000:g}k", f"{amount}$"]
    )


def _yuan(chance: random.Random) -> str:
    amount = chance.choice([1, 2, 3, 5, 8, 10, 20, 30, 50]) * chance.choice([100, 100, 1000, 10000])
    return chance.choice(
        [
            f"{amount}元",
            f"{amount}",
            f"{amount}块",
            f"{amount / 10000:g}万" if amount >= 10000 else f"{amount}",
        ]
    )


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "site": _bad_site,
    "link": _bad_link,
    "handle": _handle,
    "evm": _evm,
    "sol": _sol,
    "tron": _tron,
    "tx": _transaction,
    "newticker": _invented_ticker,
    "newname": _invented_name,
    "word": lambda chance: _word(chance),
    "us": _phone_us,
    "uk": _phone_uk,
    "cnphone": _phone_zh,
    "money": _money,
    "yuan": _yuan,
    "pounds": lambda chance: (
        "£" + str(chance.choice([50, 100, 150, 200, 250, 400, 500, 800, 1000, 1500, 2000, 5000]))
    ),
    "n": lambda chance: str(chance.randint(2, 30)),
    "n2": lambda chance: str(chance.randint(11, 99)),
    "n3": lambda chance: str(chance.randint(100, 999)),
    "n4": _digits(4),
    "n5": lambda chance: str(chance.randint(80000, 89999)),
    "n6": _digits(6),
    "qq": lambda chance: "0" + "".join(chance.choice("0123456789") for _ in range(8)),
    "wx": lambda chance: _word(chance) + str(chance.randint(100, 9999)),
    "pct": lambda chance: f"{chance.choice([2, 3, 5, 8, 10, 12, 15, 20, 30, 50, 100, 200, 300, 500])}%",
    "smallpct": lambda chance: f"{chance.uniform(0.1, 9.9):.{chance.choice([1, 2])}f}%",
    "price": lambda chance: chance.choice(["{:,}", "{}", "{}k"]).format(
        chance.randint(2, 130) * chance.choice([1, 1, 100, 1000])
    ),
    "code": lambda chance: "".join(chance.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6)),
    "clock": lambda chance: f"{chance.randint(1, 23)}:{chance.choice(['00', '15', '30', '45'])}",
    "tg": lambda chance: (
        chance.choice(["t.me/", "https://t.me/", "t.me/+"])
        + _word(chance)
        + chance.choice(["", "VIP", "_group", "77", "fx"])
    ),
    "wa": lambda chance: "wa.me/1" + f"{chance.randint(201, 989)}55501{chance.randint(0, 99):02d}",
    "loud": lambda chance: chance.choice(_pools()["loud"]),
    "mark": lambda chance: chance.choice(_pools()["plain"]),
    "tags": _tags,
    "newcash": lambda chance: " ".join(
        "$" + tag for tag in chance.sample(_pools()["tickers"], chance.randint(2, 8))
    ),
}
