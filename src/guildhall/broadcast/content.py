"""What a broadcast says: a wording for each language, buttons that lead somewhere, files that go along. Pure.

What is stored is JSON; `parse_content` makes it a frozen value or says which field is wrong. Which wording a
target gets, and how it looks on its platform, is decided in `rendering`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

LANGUAGES = ("en", "zh-hans", "zh-hant")
LONGEST_TEXT, LONGEST_LABEL, LONGEST_URL, MOST_BUTTONS, MOST_FILES = 20_000, 60, 500, 8, 10
_TRADITIONAL = frozenset({"zh-tw", "zh-hk", "zh-mo"})


def spoken(language: str) -> str:
    """A platform's or person's language code as ours: zh-CN is zh-hans, en-GB en; others by their base."""
    code = language.strip().lower().replace("_", "-")
    if code.startswith("zh"):
        return "zh-hant" if "hant" in code or code in _TRADITIONAL else "zh-hans"
    return code.partition("-")[0]


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button under the message: `labels` are (language, words)."""

    url: str
    labels: tuple[tuple[str, str], ...]

    def label(self, language: str) -> str:
        """Its words in a language, else in the first that it has."""
        found = dict(self.labels)
        return found.get(language) or next(iter(found.values()), self.url)


@dataclass(frozen=True, slots=True)
class Content:
    """`texts` are (language, words) in the order they were written.

    `fallback`: the language of whoever reads none of them, '' when those get nothing. `together`: every
    language in one message, for places where all of them are spoken. `files` are ids of enclosures;
    `without_files`: where a platform takes none, the words go alone.
    """

    texts: tuple[tuple[str, str], ...]
    buttons: tuple[LinkButton, ...] = ()
    files: tuple[str, ...] = ()
    fallback: str = ""
    together: bool = False
    without_files: bool = False

    def text(self, language: str) -> str:
        """The words in a language, '' when there are none."""
        return dict(self.texts).get(language, "")

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(language for language, _ in self.texts)

    def to_json(self) -> dict[str, Any]:
        return {
            "texts": dict(self.texts),
            "buttons": [{"url": one.url, "labels": dict(one.labels)} for one in self.buttons],
            "files": list(self.files),
            "fallback": self.fallback,
            "together": self.together,
            "without_files": self.without_files,
        }


def parse_content(data: Mapping[str, Any]) -> Content:
    """The content that JSON tells of. Raises BadInput naming `texts`, `buttons`, `files` or `fallback`."""
    texts = tuple(
        (str(language), _words(text))
        for language, text in _mapping(data.get("texts"), "texts").items()
        if str(text).strip()
    )
    if not texts:
        raise BadInput(
            Text("Write what is to be said in at least one language.", "请至少填写一种语言的内容。"),
            field="texts",
        )
    unknown = [language for language, _ in texts if language not in LANGUAGES]
    if unknown:
        raise BadInput(
            Text(f"{unknown[0]} is not a language of ours.", f"不支持语言 {unknown[0]}。"), field="texts"
        )
    languages = tuple(language for language, _ in texts)
    fallback = str(data.get("fallback", ""))
    if fallback and fallback not in languages:
        raise BadInput(
            Text("The language for all others has no wording.", "“其他语言”所选的语言没有内容。"),
            field="fallback",
        )
    buttons = tuple(_button(one, languages) for one in data.get("buttons") or ())
    files = tuple(dict.fromkeys(str(one) for one in data.get("files") or ()))
    if len(buttons) > MOST_BUTTONS:
        raise BadInput(
            Text(f"At most {MOST_BUTTONS} buttons.", f"按钮最多 {MOST_BUTTONS} 个。"), field="buttons"
        )
    if len(files) > MOST_FILES:
        raise BadInput(Text(f"At most {MOST_FILES} files.", f"文件最多 {MOST_FILES} 个。"), field="files")
    return Content(
        texts, buttons, files, fallback, bool(data.get("together")), bool(data.get("without_files"))
    )


def _words(text: object) -> str:
    words = str(text).replace("\r\n", "\n").replace("\x00", "").strip()
    if len(words) > LONGEST_TEXT:
        raise BadInput(
            Text(f"At most {LONGEST_TEXT} characters.", f"最多 {LONGEST_TEXT} 个字符。"), field="texts"
        )
    return words


def _button(data: object, languages: tuple[str, ...]) -> LinkButton:
    said = _mapping(data, "buttons")
    url = str(said.get("url", "")).strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.hostname or len(url) > LONGEST_URL:
        raise BadInput(
            Text(
                "A button leads to an address that begins with https://.",
                "按钮须指向以 https:// 开头的网址。",
            ),
            field="buttons",
        )
    labels = tuple(
        (str(language), " ".join(str(words).split()))
        for language, words in _mapping(said.get("labels"), "buttons").items()
        if str(words).strip()
    )
    missing = [language for language in languages if language not in dict(labels)]
    if missing:
        raise BadInput(
            Text(
                f"The button to {parts.hostname} has no words in {missing[0]}.",
                f"指向 {parts.hostname} 的按钮缺少 {missing[0]} 文字。",
            ),
            field="buttons",
        )
    if any(len(words) > LONGEST_LABEL for _, words in labels):
        raise BadInput(
            Text(f"A button holds {LONGEST_LABEL} characters.", f"按钮文字最多 {LONGEST_LABEL} 个字符。"),
            field="buttons",
        )
    return LinkButton(url, labels)


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadInput(Text("This cannot be read.", "无法识别该内容。"), field=field)
    return value
