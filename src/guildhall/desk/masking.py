"""Takes what tells who somebody is out of a text: addresses, handles, numbers, wallets, transactions, names.

Pure. It rather hides too much: what looks like an account, a telephone or an identity number goes; times,
recent days and amounts stay. What is hidden leaves at most its last two characters, for comparing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from guildhall.people.masking import HIDDEN, mask_name

Match = re.Match[str]

_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_FIRST, _MOST = 0xE000, 0x1900  # private letters stand in for what is kept while the rest is sought
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_END = r"\s，。；：、！？,;!?<>\"'()（）"
_MAIL = re.compile(
    rf"[^{_END}@:/=]{{1,64}}(?:@|\s?[\[(（]\s?(?i:at)\s?[\])）]\s?)[^{_END}@:/=]{{1,190}}\.[^{_END}@:/=]{{2,63}}"
)
_HANDLE = re.compile(r"@[\w.]{2,64}(?:#\d{2,6})?|(?<!\w)[\w.]{2,32}#\d{4}(?!\d)")
_PROFILES = (
    r"t\.me|telegram\.me|wa\.me|discord\.(?:gg|com)|x\.com|twitter\.com|facebook\.com|instagram\.com|line\.me"
    r"|u\.wechat\.com|linkedin\.com|weibo\.com"
)
_LINK = re.compile(
    rf"(?i)(?:https?://)?(?<![a-z0-9-])(?:[a-z0-9-]{{1,63}}\.){{0,4}}(?:{_PROFILES})/[^{_END}]+"
)
_QUERY = re.compile(rf"(?i)(https?://[^{_END}?#]{{1,500}}+)[?#][^{_END}]+")
_LABELS = (
    # what follows these is an account, whatever it looks like
    re.compile(
        r"(?i)(\b(?:uid|user\s?name|user\s?id|account\s?(?:id|number|no\.?)|wechat\s?id|telegram\s?id|passport"
        r"(?:\s?(?:number|no\.?))?|id\s?(?:card|number|no\.?)|phone(?:\s?number)?)\s*(?:[:：=#]|\bis\b|是)?\s*)"
        rf"([^{_END}]{{2,}})"
    ),
    re.compile(
        rf"(?i)(\b(?:wechat|weixin|vx|telegram|tg|discord|whatsapp|line|skype|qq)\s*[:：=#]\s*)([^{_END}]{{2,}})"
    ),
    re.compile(
        r"((?:微信号?|飞书号?|用户名|账号|帐号|会员号|身份证号?码?|护照号?码?|电话号?码?|手机号?码?|邮箱|住址|地址)"
        rf"\s*(?:[:：=]|是|为)\s*)([^{_END}]{{2,}})"
    ),
)
_BARE = re.compile(
    r"(?i)((?:\b(?:wechat|weixin|vx|telegram|tg|discord|whatsapp|skype|qq|passport)|微信号?|身份证号?|护照号?|账号|帐号)\s*)"
    r"([A-Za-z0-9_+.-]{4,})"
)
_NAMED = re.compile(
    r"(?i)(\bmy (?:full |real |first |last )?name(?: is|'s|’s|:)\s+|\bname\s*[:：]\s*"
    r"|(?:我叫|我的名字(?:是|叫)|姓名\s*[:：是为]?|真名\s*[:：是为]?)\s*)"
    r"([\u3400-\u9fff·]{2,4}|(?-i:[^\W\d_][\w'’-]*(?:[ ·][A-Z][\w'’-]*){0,3}))"
)
_IP = re.compile(
    r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?i:(?<![0-9a-f:])(?:[0-9a-f]{1,4}:){4,7}[0-9a-f:]{1,20})"
)
_MOMENT = re.compile(
    r"(?<!\d)20[1-4]\d[-/.年](?:0?[1-9]|1[0-2])[-/.月](?:3[01]|[12]\d|0?[1-9])日?(?!\d)"
    r"(?:[T\s]{1,2}\d{1,2}:\d{2}(?::\d{2})?Z?)?|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)"
)
_UNITS = "USDT|USDC|USD|FDUSD|BTC|ETH|BNB|SOL|TRX|XRP|DOGE|CNY|RMB|EUR|HKD|U(?![a-z])|个|元|块|刀|万|%"
_AMOUNT = re.compile(
    r"(?<![\w.])\d{1,3}(?:,\d{3}){1,3}(?:\.\d{1,18})?(?![\w.])|(?<![\w.,+-])\d{1,6}\.\d{1,18}(?![\d.-])"
    rf"|(?<![\w.,+-])\d{{1,6}}\s?(?i:(?={_UNITS}))"
)
_DOMAIN_NAME = re.compile(r"(?i)(?<![\w-])[\w-]{1,63}\.(?:eth|bnb|sol|crypto|ton)\b")
_LONG = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9_-]{15,}+")
_MIXED = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{7,}+")
_DIGITS = re.compile(r"\+?\(?\d(?:[\s().\-–—_*/]{0,2}\d){4,}")
_HAN_DIGITS = re.compile(
    "[〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺](?:[\\s-]?[〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺]){5,}"
)
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff]"  # of words that stand apart: Chinese and kana do not
_TOO_COMMON = frozenset({"the", "and", "for", "you", "team", "support", "admin", "user", "bot"})


def masked(text: str, names: Iterable[str] = ()) -> str:
    """`text` without what tells who somebody is. `names`: names, usernames and ids known to belong to the
    people it is about; they go wherever they stand, whatever their case.
    """
    text = _PRIVATE.sub("", _UNSEEN.sub("", text))
    text = "".join(letter if letter.isascii() else _plain(letter) for letter in text)
    for name in _forms(names):
        text = _without(text, name)
    text = _MAIL.sub(HIDDEN, text)
    text = _LINK.sub(HIDDEN, text)
    text = _QUERY.sub(lambda found: f"{found[1]}?{HIDDEN}", text)
    text = _HANDLE.sub(f"@{HIDDEN}", text)
    for label in _LABELS:
        text = label.sub(lambda found: found[1] + _cut(found[2]), text)
    text = _BARE.sub(lambda found: found[1] + (_cut(found[2]) if _tells(found[2]) else found[2]), text)
    text = _NAMED.sub(lambda found: found[1] + mask_name(found[2]), text)
    text = _IP.sub(HIDDEN, text)
    kept: list[str] = []
    for harmless in (_MOMENT, _AMOUNT):
        text = harmless.sub(_keeper(kept), text)
    text = _DOMAIN_NAME.sub(HIDDEN, text)
    text = _LONG.sub(lambda found: _cut(found[0]) if _digits(found[0]) else found[0], text)
    text = _MIXED.sub(lambda found: _cut(found[0]) if _digits(found[0]) >= 4 else found[0], text)
    text = _DIGITS.sub(_number, text)
    text = _HAN_DIGITS.sub(HIDDEN, text)
    return _PRIVATE.sub(lambda found: kept[ord(found[0]) - _FIRST], text)


def tells(text: str, names: Iterable[str] = ()) -> bool:
    """Whether something in `text` would be hidden: such a text is not to be searched for either."""
    return HIDDEN in masked(text.replace(HIDDEN, ""), names)


def _plain(letter: str) -> str:
    """Digits, letters and @ . + _ of other widths, rings and alphabets of mathematics as ASCII."""
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    if "\uff01" <= letter <= "\uff5e" or "\U0001d400" <= letter <= "\U0001d7ff":
        same = unicodedata.normalize("NFKC", letter)
        return same if same.isalnum() or same in "@.+_#" else letter
    return letter


def _forms(names: Iterable[str]) -> list[str]:
    """Every way a known name may stand in a text, the longest first."""
    forms: set[str] = set()
    for name in names:
        whole = "".join(letter if letter.isascii() else _plain(letter) for letter in _UNSEEN.sub("", name))
        whole = whole.strip().lstrip("@")
        parts = [part for part in re.split(r"[\s_.·-]+", whole) if len(part) >= 3 and not part.isascii()]
        parts += [part for part in re.split(r"\s+", whole) if len(part) >= 3 and part.isascii()]
        forms.update(part for part in parts if part.casefold() not in _TOO_COMMON)
        if len(whole) >= 2 and whole.casefold() not in _TOO_COMMON:
            forms.add(whole)
    return sorted(forms, key=lambda form: (-len(form), form))


def _without(text: str, name: str) -> str:
    look = re.compile(f"(?<!{_LETTER}){re.escape(name)}(?!{_LETTER})", re.IGNORECASE)
    return look.sub(_cut(name) if name[0].isdigit() else mask_name(name), text)


def _keeper(kept: list[str]) -> Callable[[Match], str]:
    def keep(found: Match) -> str:
        if len(kept) >= _MOST:
            return HIDDEN
        kept.append(found[0])
        return chr(_FIRST + len(kept) - 1)

    return keep


def _cut(secret: str) -> str:
    return HIDDEN + secret[-2:] if len(secret) > 6 and secret[-2:].isalnum() else HIDDEN


def _number(found: Match) -> str:
    count = _digits(found[0])
    runs = max(len(run) for run in re.findall(r"\d+", found[0]))
    return _cut(found[0]) if runs >= 6 or count >= 7 else found[0]


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)


def _tells(text: str) -> bool:
    return _digits(text) > 0 or "_" in text
