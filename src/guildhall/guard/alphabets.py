"""Letter tables for canonical text: look-alikes between alphabets, letters nobody writes with, radicals,
traditional characters.

Look-alikes come from Unicode's confusables (UTS #39, `letters/confusables.json`), completed by hand with
what "fancy text" generators make words of; traditional characters come from OpenCC's single-character
table. `plain` letters are folded wherever they stand; `alike` ones belong to alphabets people chat in and
are folded only inside words that imitate Latin.
"""

from __future__ import annotations

import json
from importlib.resources import files

_ALIKE = {
    "a": "аαคล",
    "b": "вьъβ๒",
    "c": "сϲςℂ",
    "d": "ԁժ๔",
    "e": "еєҽεэ",
    "f": "ғք",
    "g": "ցɢو",
    "h": "һհнђ",
    "i": "іιเї",
    "j": "јϳןנ",
    "k": "кκӄқҡ",
    "l": "ӏ",
    "m": "м๓",
    "n": "ոռηпภɴ",
    "o": "оοօσס๏φө",
    "p": "рρקթ",
    "q": "ԛզգ",
    "r": "гᴦґяг",
    "s": "ѕֆร",
    "t": "тτ",
    "u": "υսμยцџ",
    "v": "ѵνש",
    "w": "ԝѡաωฬшщ",
    "x": "хχҳӽӿאж",
    "y": "уγүұץў",
    "z": "зζ",
}
_FAUX = frozenset("ъэпфяцџшщжзβφөעבคลเภรยฬואץקשנןס")
"""Letters that only look Latin from afar: a word with them is Latin only when the rest already reads so."""

_HAND_PLAIN = {
    "a": "ᗩꍏꁲᏗ",
    "b": "Ᏸꌃᗷ",
    "c": "ፈꉓᑕ",
    "d": "Ꮄꀸ",
    "e": "Ꮛꍟᗴ",
    "f": "Ꭶꎇ",
    "g": "Ꮆꁅᘜ",
    "h": "Ꮒꃅ",
    "i": "Ꭵꀤ",
    "j": "Ꮰꀭ",
    "k": "Ꮶꀘ",
    "l": "Ꮭ꒒",
    "m": "Ꮇꂵ",
    "n": "Ꮑꈤᑎ",
    "o": "Ꭷꂦᝪ",
    "p": "Ꭾꉣ",
    "q": "Ꭴꆰᑫ",
    "r": "Ꮢꋪᖇ",
    "s": "Ꮥꌗᔕ",
    "t": "Ꮦ꓄",
    "u": "Ꮼꀎ",
    "v": "Ꮙꃴ",
    "w": "Ꮗꅏᗯ",
    "x": "ጀꊼ",
    "y": "Ꭹꌩ",
    "z": "ፚꁴ",
}
SIGNS = dict(
    zip("¢∂€£¥₳₵₣₲₭₥₦₱₴₮₩₿฿§†∆⭕", "cdelyacfgkmnpstwbbstao", strict=True),
)
"""Signs that stand for letters inside words."""

GREEK_CAPITALS = dict(zip("ΝΗΜΥΒΧΡΖΛΣΞΔ", "nhmubxpzaeea", strict=True)) | {"Υ": "y"}
"""Greek capitals that look like another Latin letter than their small form does."""

UPSIDE_DOWN = str.maketrans("ɐqɔpǝɟƃɓɥᴉıɾʞןlɯuodbɹsʇnʌʍxʎz¡¿'", "abcdefgghiijkllmnopqrstuvwxyz!?,")
TURNED = frozenset("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ")

LATIN_TO_CYRILLIC = {
    ord(latin): cyrillic
    for latin, cyrillic in {
        "a": "а", "b": "в", "c": "с", "e": "е", "h": "н", "i": "і", "k": "к", "m": "м", "o": "о",
        "p": "р", "r": "г", "t": "т", "u": "и", "x": "х", "y": "у",
    }.items()
}  # fmt: skip

_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"
_SMALL_CAPITALS_READ = "abcdefghijklmnoprstuvwyz"


def _confusables() -> dict[str, dict[str, str]]:
    source = files("guildhall.guard").joinpath("letters/confusables.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(source)
    return loaded


_TABLE = _confusables()


def _to_latin() -> dict[int, str]:
    table = {
        ord(char.lower()): letter
        for letter, chars in _TABLE["alike"].items()
        for char in chars
        if len(char.lower()) == 1 and (char == char.lower() or char.lower() not in "νημυβχρζλσξδв")
    }
    table |= {ord(char): letter for letter, chars in _ALIKE.items() for char in chars}
    table |= {ord(char): letter for char, letter in GREEK_CAPITALS.items()}
    return table


TO_LATIN = _to_latin()
"""Letters of other alphabets to the Latin letter they are read as."""

FAUX = frozenset(char for char in _FAUX if ord(char) in TO_LATIN)


def fold_table() -> dict[int, str]:
    """Single code points that NFKC leaves alone but a reader takes for a plain letter, and traditional to
    simplified.
    """
    table = {ord(char): letter for letter, chars in _TABLE["plain"].items() for char in chars}
    table |= {ord(char): letter for letter, chars in _HAND_PLAIN.items() for char in chars}
    table |= {ord(c): read for c, read in zip(_SMALL_CAPITALS, _SMALL_CAPITALS_READ, strict=True)}
    table |= {ord(c): read for c, read in zip("ıøłđħŧæœɑɡƃʃ", "ioldhtaoagbs", strict=True)} | {ord("ß"): "ss"}
    table |= {ord(dash): "-" for dash in "‐‑‒–—―−➖﹣ー" if dash != "ー"}
    table |= {ord(quote): "'" for quote in "‘’‛`´′ʻʼ"} | {ord(quote): '"' for quote in "“”„‟″«»「」『』"}
    table |= {ord("。"): ".", ord("、"): ",", ord("•"): "·", ord("∙"): "·", ord("・"): "·", ord("●"): "·"}
    table |= {ord("➕"): "+", ord("✚"): "+", ord("💲"): "$", ord("❶"): "1", ord("【"): "[", ord("】"): "]"}
    table |= {ord("〔"): "(", ord("〕"): ")", ord("⟨"): "<", ord("⟩"): ">", ord("〈"): "<", ord("〉"): ">"}
    table |= {ord("《"): "<", ord("》"): ">", ord("⧸"): "/", ord("⁄"): "/", ord("∕"): "/", ord("։"): ":"}
    table |= {ord("∶"): ":", ord("꞉"): ":", ord("ː"): ":", ord("․"): ".", ord("﹒"): "."}
    radicals, real = _TABLE["han"]
    table |= {ord(radical): char for radical, char in zip(radicals, real, strict=True)}
    lines = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        traditional, _, simplified = line.partition("\t")
        if len(traditional) == 1 and simplified:
            table[ord(traditional)] = simplified.split(" ")[0]
    return table
