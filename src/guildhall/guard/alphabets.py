"""Letter tables for canonical text: look-alikes between alphabets, enclosed letters, traditional
characters, light leet.

The look-alike pairs are the ones people can be fooled by in a chat font (Cyrillic, Greek, Armenian,
Cherokee, small capitals), chosen by hand in the spirit of Unicode UTS #39; traditional characters come from
OpenCC's single-character table.
"""

from __future__ import annotations

from importlib.resources import files

_PAIRS = {
    "a": "аɑα",
    "b": "ЬʙⲃƄ",
    "c": "сϲᴄⅽ",
    "d": "ԁɗᴅⅾ",
    "e": "еєҽᴇ",
    "f": "ғꜰϝ",
    "g": "ɡցɢ",
    "h": "һհʜ",
    "i": "іıιɪɩ",
    "j": "јʝᴊϳ",
    "k": "кκᴋ",
    "l": "ӏⅼʟ",
    "m": "мᴍⅿ",
    "n": "ոռɴη",
    "o": "оοօᴏσ",
    "p": "рρᴘ",
    "q": "ԛզ",
    "r": "гʀᴦ",
    "s": "ѕꜱʂ",
    "t": "тτᴛ",
    "u": "υսᴜμ",
    "v": "ѵνᴠ",
    "w": "ԝѡաᴡω",
    "x": "хχ",
    "y": "уγʏү",
    "z": "ʐᴢ",
}
TO_LATIN = {ord(alike.lower()): latin for latin, alikes in _PAIRS.items() for alike in alikes}
"""Letters of other alphabets to the Latin letter they are read as (both in lower case)."""

LATIN_TO_CYRILLIC = {
    ord(latin): cyrillic
    for latin, cyrillic in {
        "a": "а", "b": "в", "c": "с", "e": "е", "h": "н", "i": "і", "k": "к", "m": "м", "o": "о",
        "p": "р", "r": "г", "t": "т", "u": "и", "x": "х", "y": "у",
    }.items()
}  # fmt: skip

LEET = {ord(sign): letter for sign, letter in zip("013457@$", "oieastas", strict=True)}

LEET_WORDS = frozenset(
    [
        "airdrop",
        "airdrops",
        "bitcoin",
        "claim",
        "claims",
        "connect",
        "crypto",
        "deposit",
        "ethereum",
        "free",
        "giveaway",
        "guaranteed",
        "invest",
        "investment",
        "metamask",
        "mnemonic",
        "official",
        "passphrase",
        "password",
        "phrase",
        "private",
        "profit",
        "profits",
        "recovery",
        "restore",
        "reward",
        "rewards",
        "seed",
        "signal",
        "signals",
        "support",
        "telegram",
        "token",
        "tokens",
        "trade",
        "trading",
        "trust",
        "update",
        "usdt",
        "validate",
        "verification",
        "verify",
        "wallet",
        "wallets",
        "whatsapp",
        "withdraw",
        "withdrawal",
    ]
)
"""Words worth writing in leet; only a word that becomes one of these is changed, so w3b, l2 or p2p stay."""

_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"
_SMALL_CAPITALS_READ = "abcdefghijklmnoprstuvwyz"


def fold_table() -> dict[int, str]:
    """Single code points that NFKC leaves alone but a reader takes for a plain letter, and traditional to
    simplified.
    """
    table = {ord(c): read for c, read in zip(_SMALL_CAPITALS, _SMALL_CAPITALS_READ, strict=True)}
    for base in (0x1F130, 0x1F150, 0x1F170):  # squared, negative circled, negative squared letters
        table |= {base + i: chr(97 + i) for i in range(26)}
    table |= {ord(c): read for c, read in zip("ıøłđħŧæœßɑɡ", "ioldhtaosag", strict=True)}
    table |= {ord(dash): "-" for dash in "‐‑‒–—―−"}
    table |= {ord(quote): "'" for quote in "‘’‛`´"} | {ord(quote): '"' for quote in "“”„"}
    table |= {ord("。"): ".", ord("、"): ",", ord("•"): "·", ord("∙"): "·", ord("・"): "·"}
    lines = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        traditional, _, simplified = line.partition("\t")
        if len(traditional) == 1 and simplified:
            table[ord(traditional)] = simplified.split(" ")[0]
    return table
