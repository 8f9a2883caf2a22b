"""A sentence in two languages. Rules, reasons and errors carry one, so that whoever reads chooses the
language.

Words of the screens go through gettext instead; `Text` is for what is data: a rule's reason, a disclosure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in English and Simplified Chinese; Traditional Chinese is derived by OpenCC."""

    en: str
    zh: str

    def for_language(self, code: str) -> str:
        """The sentence for a language code such as `en`, `zh-hans`, `zh-hant`, `zh-TW`; English when
        unknown.
        """
        code = code.lower()
        if not code.startswith("zh"):
            return self.en
        return traditional(self.zh) if code in {"zh-hant", "zh-tw", "zh-hk", "zh-mo"} else self.zh

    def format(self, **params: object) -> Text:
        """Both sentences with `{name}` places filled."""
        return Text(self.en.format(**params), self.zh.format(**params))

    def to_json(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Text:
        return cls(str(data["en"]), str(data["zh"]))

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.for_language(get_language() or "en")


@lru_cache(maxsize=4096)
def traditional(simplified: str) -> str:
    """Simplified Chinese turned into the Traditional of Taiwan, with its phrases (OpenCC `s2twp`)."""
    return _converter().convert(simplified)


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC  # loads its dictionaries: only when somebody reads Traditional Chinese

    return OpenCC("s2twp")
