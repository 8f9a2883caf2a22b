"""Which language somebody is answered in: codes of tickets and agents brought to one form. Pure."""

from __future__ import annotations

from guildhall.core.text import Text

NAMES = {
    "en": Text("English", "英语"),
    "zh": Text("Chinese", "中文"),
    "ja": Text("Japanese", "日语"),
    "ko": Text("Korean", "韩语"),
    "vi": Text("Vietnamese", "越南语"),
    "th": Text("Thai", "泰语"),
    "id": Text("Indonesian", "印尼语"),
    "ru": Text("Russian", "俄语"),
    "uk": Text("Ukrainian", "乌克兰语"),
    "tr": Text("Turkish", "土耳其语"),
    "es": Text("Spanish", "西班牙语"),
    "pt": Text("Portuguese", "葡萄牙语"),
    "fr": Text("French", "法语"),
    "de": Text("German", "德语"),
    "ar": Text("Arabic", "阿拉伯语"),
    "fa": Text("Persian", "波斯语"),
    "hi": Text("Hindi", "印地语"),
}


def tongue(code: str) -> str:
    """`zh` for zh-hans, zh-Hant, zh_TW …: whoever reads one script answers in the other; '' stays ''."""
    return code.strip().lower().replace("_", "-").partition("-")[0]


def called(code: str) -> Text:
    """Its name in words; the code itself where we know no name."""
    plain = tongue(code)
    return NAMES.get(plain, Text(plain or "-", plain or "-"))
