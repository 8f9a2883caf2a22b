"""Fields of a JSON object, read one by one: each error says in both languages what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text


def wrong(en: str, zh: str, rule: str = "") -> BadInput:
    """What is wrong, and by which rule."""
    return BadInput(Text(f"{en} ({rule})" if rule else en, f"{zh}（{rule}）" if rule else zh))


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object and what to call it when it is wrong."""

    row: Mapping[str, Any]
    en: str
    zh: str

    @classmethod
    def of(cls, row: object, en: str, zh: str) -> Fields:
        if not isinstance(row, Mapping):
            raise wrong(f"{en}: not an object.", f"{zh}：不是对象。")
        return cls(row, en, zh)

    def named(self, en: str, zh: str) -> Fields:
        return Fields(self.row, en, zh)

    def refuse(self, en: str, zh: str) -> BadInput:
        return wrong(f"{self.en}: {en}", f"{self.zh}：{zh}")

    def has(self, name: str) -> bool:
        """Whether it is there and not null."""
        return self.row.get(name) is not None

    def only(self, known: Iterable[str]) -> None:
        unknown = sorted(set(map(str, self.row)) - set(known))
        if unknown:
            shown = ", ".join(unknown)
            raise self.refuse(f"no rule reads {shown}.", f"没有规则使用 {shown}。")

    def text(self, name: str) -> str:
        value = self.row.get(name)
        if not isinstance(value, str):
            raise self.refuse(
                f"{name} must be text, not {value!r}.", f"{name} 必须是文本，而不是 {value!r}。"
            )
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; none when it is absent or null."""
        values = self.row.get(name)
        if values is None:
            return ()
        if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
            raise self.refuse(f"{name} must be a list of texts.", f"{name} 必须是文本列表。")
        return tuple(values)

    def whole(self, name: str, *, least: int | None = None, most: int | None = None) -> int:
        value = self.row.get(name)
        if type(value) is not int:
            raise self.refuse(
                f"{name} must be a whole number, not {value!r}.", f"{name} 必须是整数，而不是 {value!r}。"
            )
        if (least is not None and value < least) or (most is not None and value > most):
            raise self.refuse(f"{name} is out of range: {value}.", f"{name} 超出范围：{value}。")
        return value

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        value = self.row.get(name)
        if value not in allowed:
            shown = ", ".join(allowed)
            raise self.refuse(
                f"{name} must be one of {shown}, not {value!r}.",
                f"{name} 必须是 {shown} 之一，而不是 {value!r}。",
            )
        return str(value)

    def object(self, name: str) -> Fields:
        return Fields.of(self.row.get(name), f"{self.en}, {name}", f"{self.zh}，{name}")

    def objects(self, name: str) -> Iterator[Fields]:
        values = self.row.get(name)
        if not isinstance(values, list):
            raise self.refuse(f"{name} must be a list.", f"{name} 必须是列表。")
        for place, value in enumerate(values, start=1):
            yield Fields.of(value, f"{self.en}, {name} {place}", f"{self.zh}，{name} 第 {place} 项")
