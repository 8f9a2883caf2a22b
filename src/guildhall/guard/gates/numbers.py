"""Small numbers in words, English and Chinese, and back: what somebody types as the answer to a sum. Pure.

Digits of every script are understood (٧, ７, ७), so are 七, 两, 二十一, "seven" and "twenty-one".
"""

from __future__ import annotations

import re
import unicodedata

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_HAN = "零一二三四五六七八九"
_HAN_DIGITS = {**{one: n for n, one in enumerate(_HAN)}, "〇": 0, "两": 2, "兩": 2, "俩": 2, "壹": 1, "贰": 2}
_HAN_NUMBER = re.compile(f"[{''.join(_HAN_DIGITS)}十]+")
_EN_NUMBER = re.compile(
    rf"\b(?:({'|'.join(_TENS[2:])})(?:[\s-]+({'|'.join(_ONES[1:10])}))?|({'|'.join(reversed(_ONES))}))\b"
)
_LONGEST = 200


def said_en(number: int) -> str:
    """A number from 0 to 99 in English words."""
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]


def said_zh(number: int) -> str:
    """A number from 0 to 99 in Chinese characters, which are the same in both writings."""
    if number < 10:
        return _HAN[number]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else _HAN[tens]) + "十" + (_HAN[ones] if ones else "")


def read(text: str) -> int | None:
    """The one number somebody wrote, with or without words around it; None when there is none or several."""
    plain = "".join(_as_ascii(one) for one in text[:_LONGEST]).casefold()
    found = {int(one) for one in re.findall(r"\d{1,9}", plain)}
    found |= {_english(one) for one in _EN_NUMBER.finditer(plain)}
    found |= {value for one in _HAN_NUMBER.findall(plain) if (value := _chinese(one)) is not None}
    return found.pop() if len(found) == 1 else None


def _as_ascii(char: str) -> str:
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return "-" if unicodedata.category(char) == "Pd" else char


def _english(match: re.Match[str]) -> int:
    tens, ones, small = match.groups()
    if small:
        return _ONES.index(small)
    return _TENS.index(tens) * 10 + (_ONES.index(ones) if ones else 0)


def _chinese(word: str) -> int | None:
    """二十一 -> 21, 十 -> 10, 二一 -> 21; None for what is no number."""
    if "十" not in word:
        return int("".join(str(_HAN_DIGITS[one]) for one in word[:9]))
    before, _, after = word.partition("十")
    if len(before) > 1 or len(after) > 1 or "十" in after:
        return None
    return (_HAN_DIGITS[before] if before else 1) * 10 + (_HAN_DIGITS[after] if after else 0)
