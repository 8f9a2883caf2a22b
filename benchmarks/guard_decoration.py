"""How honest people decorate what they write: emoji, names from elsewhere, tickers, other scripts, kaomoji.

A message that was let through must still be let through after `decorate`. Written without looking at how the
guard reads text, like `guard_attack`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Decoration = Callable[[str, Random], str]

_EMOJI = (
    "😂", "🤣", "😅", "👍", "🙏", "❤️", "🔥", "😭", "🤔", "👀", "🙂", "😎", "🥲", "💪", "🎉", "☕",
    "🌞", "😴", "🤝", "🚀", "💀", "😬", "👩\u200d💻", "🧑\u200d🚀", "👨\u200d👩\u200d👧",
    "🏳️\u200d🌈", "👍🏽", "🤷🏻\u200d♂️", "✨", "🐻", "🍜",
)  # fmt: skip
_FLAGS = (
    "🇯🇵", "🇩🇪", "🇧🇷", "🇮🇳", "🇺🇦", "🇨🇦", "🇲🇽", "🇹🇷", "🇳🇬", "🇰🇷", "🇫🇷", "🇻🇳", "🇸🇬", "🇭🇰",
)  # fmt: skip
_NAMES = (
    "José", "Łukasz", "Björn", "Зоя", "Μαρία", "Дмитрий", "李雷", "さくら", "민준",
    "Nguyễn Văn An", "Çağla", "Øyvind", "François", "Müller", "Андрій", "Σοφία", "محمد", "नेहा",
    "Iñaki", "Žofia", "Ștefan", "Mº Ángeles", "สมชาย",
)  # fmt: skip
_TICKERS = (
    "$BTC", "$ETH", "#SOL", "$DOGE", "$TSLA", "#nvda", "$PEPE", "$1INCH", "#defi", "#gm", "$USDT",
    "BTC/USDT", "ETH-PERP",
)  # fmt: skip
_KAOMOJI = (
    "(╯°□°)╯︵ ┻━┻", "¯\\_(ツ)_/¯", "(￣▽￣)", "ʕ•ᴥ•ʔ", "(´･ω･`)", "( ͡° ͜ʖ ͡°)", "QAQ", "orz",
    "(≧▽≦)", "XD", "¬_¬", "٩(◕‿◕)۶",
)  # fmt: skip
_PHRASES = (
    "哈哈哈", "真的吗", "加油", "вот так", "спасибо", "да ладно", "gracias", "mañana",
    "n'est-ce pas", "Grüße", "ありがとう", "草", "ㅋㅋㅋ", "inshallah", "shukran", "lah", "wkwk",
    "haha nice", "btw", "ngl", "笑死", "学到了", "¿por qué?", "c'est la vie", "что скажете",
    "太强了",
)  # fmt: skip
_PRODUCTS = (
    "iPhone", "PlayStation 5", "Windows 11", "OKX", "MacBook Pro", "Telegram", "Tesla Model 3",
    "GitHub", "Spotify", "IKEA", "ChatGPT",
)  # fmt: skip
_RUSSIAN = (
    "купил вчера {}, доволен", "кто пользуется {}?", "{} опять обновился", "у меня {} тормозит",
    "в {} такого нет", "скачал {} на телефон",
)  # fmt: skip
_CHINESE = (
    "我昨天买了{}，还不错", "有人用{}吗？", "{}又更新了", "我的{}卡死了", "{}里面没有这个功能", "求推荐{}",
)  # fmt: skip
_UNITS = ("½ price", "25°C", "№ 7", "100 ㎡", "10 µm", "€20", "¥300", "3×", "±2 %", "™", "x²")
_ACCENTS = {"a": "á", "e": "é", "i": "ï", "o": "ö", "u": "ü", "n": "ñ", "c": "ç"}


def decorate(text: str, rng: Random) -> str:
    """The message as another honest member might have written it: one to three decorations."""
    for name in rng.sample(list(DECORATIONS), rng.choice([1, 1, 2, 2, 3])):
        text = DECORATIONS[name](text, rng)
    return text


def _emoji(text: str, rng: Random) -> str:
    some = [rng.choice(_EMOJI) for _ in range(rng.randint(1, 4))]
    return (
        f"{text} {''.join(some)}" if rng.random() < 0.6 else f"{some[0]} {text} {' '.join(some[1:])}".rstrip()
    )


def _emoji_inside(text: str, rng: Random) -> str:
    return re.sub(r" ", lambda _: f" {rng.choice(_EMOJI)} " if rng.random() < 0.12 else " ", text)


def _name(text: str, rng: Random) -> str:
    name = rng.choice(_NAMES)
    return rng.choice([f"{name}, {text}", f"{text} - {name}", f"@{name} {text}", f"{text} ({name})"])


def _ticker(text: str, rng: Random) -> str:
    return f"{text} {' '.join(rng.sample(_TICKERS, rng.randint(1, 3)))}"


def _full_width_marks(text: str, rng: Random) -> str:
    """Punctuation and digits as a Chinese or Japanese keyboard gives them."""
    table = str.maketrans("!?,:;()", "！？，：；（）")
    text = text.translate(table)
    if rng.random() < 0.5:
        text = text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return text


def _curly(text: str, rng: Random) -> str:
    text = text.replace("'", "’").replace("...", "…").replace(" - ", " — ")
    return re.sub(r'"([^"]*)"', r"“\1”", text) if '"' in text else f"“{text}”" if rng.random() < 0.3 else text


def _accents(text: str, rng: Random) -> str:
    """Accents where a speaker of another language would put them, in a word or two."""
    words = text.split(" ")
    for at in rng.sample(range(len(words)), min(2, len(words))):
        places = [i for i, letter in enumerate(words[at]) if letter in _ACCENTS]
        if places and "." not in words[at] and "/" not in words[at]:
            i = rng.choice(places)
            words[at] = words[at][:i] + _ACCENTS[words[at][i]] + words[at][i + 1 :]
    return " ".join(words)


def _flags(text: str, rng: Random) -> str:
    return f"{text} {''.join(rng.sample(_FLAGS, rng.randint(1, 3)))}"


def _drawn_out(text: str, rng: Random) -> str:
    found = [
        match for match in re.finditer(r"\b[a-zA-Zа-яё]*([aeiouyаеиоу])\b", text) if "@" not in match.group()
    ]
    if not found:
        return text + "~" * rng.randint(1, 3)
    match = rng.choice(found)
    return text[: match.end()] + match.group(1) * rng.randint(2, 5) + text[match.end() :]


def _kaomoji(text: str, rng: Random) -> str:
    return f"{text} {rng.choice(_KAOMOJI)}"


def _code_switch(text: str, rng: Random) -> str:
    phrase = rng.choice(_PHRASES)
    return rng.choice([f"{phrase} {text}", f"{text} {phrase}", f"{text}, {phrase}!"])


def _product(text: str, rng: Random) -> str:
    sentence = rng.choice(rng.choice([_RUSSIAN, _CHINESE])).format(rng.choice(_PRODUCTS))
    return rng.choice([f"{text}. {sentence}", f"{sentence} {text}"])


def _shouted(text: str, rng: Random) -> str:
    words = text.split(" ")
    at = rng.randrange(len(words))
    if words[at].isalpha():
        words[at] = rng.choice([words[at].upper(), f"*{words[at]}*", f"_{words[at]}_", f"~{words[at]}~"])
    return " ".join(words) + rng.choice(["", "!", "!!", " ..."])


def _spaced_heading(text: str, rng: Random) -> str:
    """A word spelled out for the joke of it."""
    return f"{' '.join(rng.choice(['WOW', 'LOL', 'NICE', 'GOAL', 'HYPE', 'YES']))} {text}"


def _lists_and_newlines(text: str, rng: Random) -> str:
    return text.replace(". ", rng.choice([".\n", ".\n\n", ".\n• ", ".\n- "]), 3)


def _units(text: str, rng: Random) -> str:
    return f"{text} ({rng.choice(_UNITS)})"


DECORATIONS: dict[str, Decoration] = {
    "emoji": _emoji,
    "emoji inside": _emoji_inside,
    "name from elsewhere": _name,
    "ticker": _ticker,
    "full-width marks": _full_width_marks,
    "curly quotes": _curly,
    "accents": _accents,
    "flags": _flags,
    "drawn out": _drawn_out,
    "kaomoji": _kaomoji,
    "code switch": _code_switch,
    "product in another script": _product,
    "shouted word": _shouted,
    "spaced heading": _spaced_heading,
    "lists": _lists_and_newlines,
    "units and signs": _units,
}
