"""An attacker for the guard: how spammers disguise a message, and how honest people decorate one.

`obfuscate` keeps a message readable to a person and changes what a machine sees; `decorate` does what honest
members do (emoji, names, tickers, other scripts). Written without looking at how the guard undoes
disguises, from what spammers are seen to do, so that losses measured with it mean something. Both are
deterministic for a given generator.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from benchmarks.guard_decoration import decorate

__all__ = ["CHINESE_METHODS", "METHODS", "decorate", "obfuscate", "suits"]

Method = Callable[[str, Random, float], str]

_LOOKALIKES = {
    "a": "аɑαａạ", "b": "Ьƅḃ", "c": "сϲⅽ", "d": "ԁⅾɗ", "e": "еҽėẹ", "f": "ƒſ", "g": "ɡցġ", "h": "һհḥ",
    "i": "іıɩⅰ", "j": "јʝ", "k": "κкķ", "l": "ӏⅼІ", "m": "ⅿṃ", "n": "ոṇп", "o": "оοօọ", "p": "рρṗ",
    "q": "ԛզ",
    "r": "гṛ", "s": "ѕꜱṣ", "t": "тτṭ", "u": "υսцụ", "v": "νѵⅴ", "w": "ԝաẉ", "x": "хⅹ", "y": "уүỵ",
    "z": "ᴢẓ",
    "A": "АΑᎪ", "B": "ВΒᏴ", "C": "СϹᏟ", "D": "ᎠⅮ", "E": "ЕΕᎬ", "F": "Ϝ", "G": "ԌᏀ", "H": "НΗᎻ",
    "I": "ІΙӀ", "J": "ЈᎫ",
    "K": "КΚᏦ", "L": "ᏞⅬ", "M": "МΜᎷ", "N": "Ν", "O": "ОΟՕ", "P": "РΡᏢ", "R": "ᎡᏒ", "S": "ЅᏚ", "T": "ТΤᎢ",
    "V": "ᏙⅤ", "W": "ᎳԜ", "X": "ХΧ", "Y": "ҮΥ", "Z": "ΖᏃ",
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i",
}  # fmt: skip

_STYLES = (0x1D400, 0x1D434, 0x1D468, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D5D4, 0x1D608, 0x1D63C, 0x1D670)
"""First capital of whole alphabets among the mathematical letters; small letters follow 26 later."""

_SMALL_CAPITALS = dict(zip("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", strict=True))
_UPSIDE_DOWN = dict(zip("abcdefghijklmnopqrtuvwy", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹʇnʌʍʎ", strict=True))
_LEET = {
    "a": "4@",
    "e": "3",
    "i": "1!",
    "o": "0",
    "s": "5$",
    "t": "7",
    "b": "8",
    "g": "9",
    "l": "1|",
    "z": "2",
}
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u180e\u2061\u2063\u034f\u115f"
_BIDI = "\u200e\u200f\u202a\u202c\u2066\u2069"
_MARKS = "\u0300\u0301\u0307\u0308\u030a\u0323\u0327\u0332\u0335\u0336\u0338\u0489"
_SEPARATORS = (" ", ".", "-", "_", "*", "·", "|", "~", "/", "\u2009")
_PICTURES = ("🔥", "🚀", "💰", "✅", "💎", "⭐", "🎁", "👉", "💯", "⚡", "🌟", "📈", "❤️", "🎉")

_TRADITIONAL = dict(
    zip(
        "账户验证领钱币资团队发财联系开兑换转价请点链网贷赌"
        "银电脑单务员号码质彩员导师赚热线给个这说进还对时间动"
        "击机会现场实买卖红包积极观众专业经营长期办优惠业标准图书东车马门问题见观觉让认识讲话谁谢详细读课",
        "賬戶驗證領錢幣資團隊發財聯繫開兌換轉價請點鏈網貸賭"
        "銀電腦單務員號碼質彩員導師賺熱線給個這說進還對時間動"
        "擊機會現場實買賣紅包積極觀眾專業經營長期辦優惠業標準圖書東車馬門問題見觀覺讓認識講話誰謝詳細讀課",
        strict=True,
    )
)
_SPLIT = {
    "助": "且力", "钱": "钅戋", "银": "钅艮", "微": "彳微", "信": "亻言", "加": "力口",
    "好": "女子", "赌": "贝者",
    "博": "十尃", "彩": "采彡", "钥": "钅月", "验": "马佥", "证": "讠正", "贷": "代贝",
    "款": "士示欠", "投": "扌殳",
    "领": "令页", "群": "君羊", "链": "钅连", "股": "月殳", "账": "贝长", "转": "车专",
    "代": "亻弋", "发": "癶",
    "票": "西示", "收": "丩攵", "赚": "贝兼", "现": "王见", "提": "扌是", "码": "石马",
    "客": "宀各", "服": "月艮",
}  # fmt: skip
_SOUNDS = {
    "微信": "薇❤ 威信 V信 wei信 徽信 崴芯", "加": "➕ 家 + 茄", "群": "裙 羣 qun 君羊",
    "钱": "qian 💰 銭 前",
    "助记词": "住记词 zhu记词 助記伺", "私钥": "撕钥 私yao 司钥", "赚": "zhuan 撰 赚米",
    "客服": "客福 KF 柯服",
    "老师": "老湿 lao师 老司", "平台": "平苔 坪台 ping台", "投资": "头资 tou资 投姿",
    "股票": "古票 gu票 鼓票",
    "发票": "發漂 fa票 发piao 髮票", "贷款": "代款 dai款 袋款", "电话": "點話 dian话 電ィ舌",
    "空投": "空頭 kong投",
    "充值": "充直 冲值", "提现": "提限 ti现 題現", "联系": "连系 lian系 聯係", "免费": "冕费 mian费 免沸",
    "博彩": "菠菜 bo彩", "代开": "带开 dai开 玳開", "链接": "链结 lian接 鍊接", "下载": "下栽 xia载",
    "扣扣": "叩叩 企鹅", "注册": "註冊 zhu册 柱册", "领取": "拎取 ling取 領趣", "红包": "🧧 洪包 hong包",
}  # fmt: skip


def obfuscate(text: str, rng: Random, strength: float = 0.6) -> str:
    """The message under one disguise, or several (`mixed`), chosen among those that can change it.

    `strength` 0..1 is the share of letters or words the attacker bothers to change.
    """
    names = [name for name in METHODS if suits(name, text)]
    return METHODS[rng.choice(names)](text, rng, strength)


def suits(method: str, text: str) -> bool:
    """Whether the method can disguise this message at all: Chinese tricks need Chinese, links a link."""
    if method in CHINESE_METHODS:
        return sum("\u4e00" <= letter <= "\u9fff" for letter in text) >= 6
    if method == "defanged links":
        return bool(_LINK.search(text))
    if method in ("emoji between words", "zero width", "bidi marks", "mixed"):
        return True
    return sum(letter.isascii() and letter.isalpha() for letter in text) >= 8 or (
        method in ("homoglyphs", "spaced letters", "combining marks") and bool(re.search("[а-яё]{4}", text))
    )


def _letters(text: str, rng: Random, share: float, change: Callable[[str], str]) -> str:
    """Each letter outside links changed with a chance of `share`; links stay, a thief wants the click."""
    parts = []
    for word in re.split(r"(\s+)", text):
        if _LINK.search(word) or word.startswith(("@", "0x")):
            parts.append(word)
            continue
        parts.append("".join(change(letter) if rng.random() < share else letter for letter in word))
    return "".join(parts)


def _words(text: str, rng: Random, share: float, change: Callable[[str], str]) -> str:
    """Each plain word of three letters or more changed with a chance of `share`."""
    return re.sub(
        r"(?<![\w@/.:$#])[^\W\d_]{3,}(?![\w@/]|\.\w)",
        lambda found: change(found.group()) if rng.random() < share else found.group(),
        text,
    )


def _homoglyphs(text: str, rng: Random, strength: float) -> str:
    return _letters(text, rng, strength, lambda letter: rng.choice(_LOOKALIKES.get(letter, letter)))


def _styled(text: str, rng: Random, strength: float) -> str:
    first = rng.choice(_STYLES)

    def change(letter: str) -> str:
        if "A" <= letter <= "Z":
            return chr(first + ord(letter) - ord("A"))
        if "a" <= letter <= "z":
            return chr(first + 26 + ord(letter) - ord("a"))
        return letter

    return _letters(text, rng, max(strength, 0.9), change)


def _small_capitals(text: str, rng: Random, strength: float) -> str:
    table = rng.choice([_SMALL_CAPITALS, _SMALL_CAPITALS, _UPSIDE_DOWN])
    return _words(
        text.lower(), rng, strength, lambda word: "".join(table.get(letter, letter) for letter in word)
    )


def _full_width(text: str, rng: Random, strength: float) -> str:
    def change(word: str) -> str:
        return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in word)

    return _words(text, rng, max(strength, 0.8), change)


def _zero_width(text: str, rng: Random, strength: float) -> str:
    return _letters(text, rng, strength, lambda letter: letter + rng.choice(_INVISIBLE))


def _bidi_marks(text: str, rng: Random, strength: float) -> str:
    if rng.random() < 0.3:
        return "\u202e" + text[::-1] + "\u202c"
    return _letters(text, rng, strength / 2, lambda letter: letter + rng.choice(_BIDI))


def _combining(text: str, rng: Random, strength: float) -> str:
    def change(letter: str) -> str:
        return (
            letter + "".join(rng.choice(_MARKS) for _ in range(rng.choice([1, 1, 2])))
            if letter.isalpha()
            else letter
        )

    return _letters(text, rng, strength, change)


def _spaced(text: str, rng: Random, strength: float) -> str:
    separator = rng.choice(_SEPARATORS)
    return _words(text, rng, strength, lambda word: separator.join(word))


def _leet(text: str, rng: Random, strength: float) -> str:
    return _letters(text, rng, strength, lambda letter: rng.choice(_LEET.get(letter.lower(), letter)))


def _swapped(text: str, rng: Random, strength: float) -> str:
    def change(word: str) -> str:
        at = rng.randrange(1, max(2, len(word) - 1))
        how = rng.randrange(3)
        if how == 0 and at + 1 < len(word):
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at] * (how + 1) + word[at + 1 :]

    return _words(text, rng, strength, change)


def _vowels_dropped(text: str, rng: Random, strength: float) -> str:
    def change(word: str) -> str:
        inner = [at for at in range(1, len(word) - 1) if word[at] in "aeiou"]
        if len(word) < 5 or not inner:
            return word
        at = rng.choice(inner)
        return word[:at] + rng.choice(["", "", "*"]) + word[at + 1 :]

    return _words(text, rng, strength, change)


def _emoji_between_words(text: str, rng: Random, strength: float) -> str:
    return re.sub(r" ", lambda _: f" {rng.choice(_PICTURES)} " if rng.random() < strength else " ", text)


def _emoji_in_words(text: str, rng: Random, strength: float) -> str:
    def change(word: str) -> str:
        at = rng.randrange(1, len(word))
        return word[:at] + rng.choice(_PICTURES) + word[at:]

    return _words(text, rng, strength, change)


def _enclosed(text: str, rng: Random, strength: float) -> str:
    """Letters in circles, squares or of the flag alphabet (kept apart so that no flag forms)."""
    capital, small = rng.choice(
        [(0x24B6, 0x24D0), (0x1F130, 0x1F130), (0x1F170, 0x1F170), (0x1F1E6, 0x1F1E6)]
    )
    gap = "\u200b" if capital == 0x1F1E6 else ""

    def letter_in(letter: str) -> str:
        if "A" <= letter <= "Z":
            return chr(capital + ord(letter) - ord("A")) + gap
        if "a" <= letter <= "z":
            return chr(small + ord(letter) - ord("a")) + gap
        return letter

    return _words(text, rng, strength, lambda word: "".join(letter_in(letter) for letter in word))


def _soft_hyphens(text: str, rng: Random, strength: float) -> str:
    return _letters(text, rng, strength, lambda letter: letter + "\u00ad")


def _defanged(text: str, rng: Random, strength: float) -> str:
    dot = rng.choice(["[.]", "(.)", " . ", " dot ", "[dot]", "。", "．", "{.}", " (dot) ", "․"])

    def change(found: re.Match[str]) -> str:
        link = re.sub(r"^http", rng.choice(["hxxp", "http", "hxxp", "h**p"]), found.group())
        host, slash, path = link.partition("/") if "://" not in link else (link, "", "")
        return host.replace(".", dot) + slash + path

    return _LINK.sub(change, text)


def _traditional(text: str, rng: Random, strength: float) -> str:
    return "".join(
        _TRADITIONAL.get(letter, letter) if rng.random() < strength + 0.3 else letter for letter in text
    )


def _taken_apart(text: str, rng: Random, strength: float) -> str:
    return "".join(_SPLIT.get(letter, letter) if rng.random() < strength else letter for letter in text)


def _sound_alikes(text: str, rng: Random, strength: float) -> str:
    for word, others in _SOUNDS.items():
        if word in text and rng.random() < strength + 0.2:
            text = text.replace(word, rng.choice(others.split(" ")))
    return text


def _chinese_separators(text: str, rng: Random, strength: float) -> str:
    mark = rng.choice(["-", ".", "*", " ", "·", "|", "。", "、", "/", "@", "#", "^"])
    return re.sub(
        r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", lambda _: mark if rng.random() < strength else "", text
    )


def _mixed(text: str, rng: Random, strength: float) -> str:
    names = [name for name in METHODS if name != "mixed" and suits(name, text)]
    for name in rng.sample(names, min(len(names), rng.choice([2, 2, 3]))):
        text = METHODS[name](text, rng, strength / 2)
    return text


_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:[a-z]{2,10})(?:/\S*)?", re.IGNORECASE)

METHODS: dict[str, Method] = {
    "homoglyphs": _homoglyphs,
    "styled letters": _styled,
    "small capitals": _small_capitals,
    "full width": _full_width,
    "zero width": _zero_width,
    "bidi marks": _bidi_marks,
    "combining marks": _combining,
    "spaced letters": _spaced,
    "leet": _leet,
    "letters swapped": _swapped,
    "vowels dropped": _vowels_dropped,
    "emoji between words": _emoji_between_words,
    "emoji in words": _emoji_in_words,
    "enclosed letters": _enclosed,
    "soft hyphens": _soft_hyphens,
    "defanged links": _defanged,
    "traditional": _traditional,
    "taken apart": _taken_apart,
    "sound-alikes": _sound_alikes,
    "separated characters": _chinese_separators,
    "mixed": _mixed,
}
CHINESE_METHODS = frozenset({"traditional", "taken apart", "sound-alikes", "separated characters"})
