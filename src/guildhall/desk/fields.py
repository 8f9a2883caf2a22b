"""What has to be known about a question of a category: its fields, and whether values fill them. Pure.

A field without a value never stops a ticket from being opened; one that is required stops it from being
solved, so that whoever reads it later knows which account and which transfer it was about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

MOST_FIELDS = 12
LONGEST_VALUE = 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
_UID = re.compile(r"[A-Za-z0-9_-]{3,40}")
_TXID = re.compile(r"(?:0x)?[A-Za-z0-9]{10,128}")


class Kind(StrEnum):
    """What a value is. `uid` and `txid` are personal: vendors see them masked."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    UID = "uid"
    TXID = "txid"


KINDS: dict[Kind, Text] = {
    Kind.TEXT: Text("Text", "文本"),
    Kind.NUMBER: Text("Number", "数字"),
    Kind.DATE: Text("Date", "日期"),
    Kind.CHOICE: Text("One of several", "单选"),
    Kind.UID: Text("Account UID", "账户 UID"),
    Kind.TXID: Text("Transaction id", "交易哈希（TxID）"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a `choice` field."""

    key: str
    label: Text


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to be known. `choices` only of a `choice`."""

    key: str
    kind: Kind
    label: Text
    required: bool = False
    choices: tuple[Choice, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Field:
        """A field as a category keeps it."""
        return cls(
            str(data["key"]),
            Kind(data["kind"]),
            Text.from_json(data["label"]),
            bool(data.get("required")),
            tuple(Choice(str(one["key"]), Text.from_json(one["label"])) for one in data.get("choices") or ()),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "kind": self.kind.value,
            "label": self.label.to_json(),
            "required": self.required,
            "choices": [{"key": one.key, "label": one.label.to_json()} for one in self.choices],
        }


def fields_of(data: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields of a category as it keeps them."""
    return tuple(Field.from_json(one) for one in data)


def missing(fields: Sequence[Field], values: Mapping[str, Any]) -> tuple[Field, ...]:
    """The required fields that have no value."""
    return tuple(one for one in fields if one.required and not str(values.get(one.key, "")).strip())


def cleaned(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, str]:
    """The values as they are kept; empty ones are left out, and so is what belongs to no field.

    Raises BadInput naming the field as `fields.<key>`.
    """
    found: dict[str, str] = {}
    for one in fields:
        value = " ".join(str(values.get(one.key, "")).replace("\x00", "").split())
        if not value:
            continue
        why = _wrong(one, value)
        if why is not None:
            raise BadInput(
                Text(f"{one.label.en}: {why.en}", f"{one.label.zh}：{why.zh}"), field=f"fields.{one.key}"
            )
        found[one.key] = value
    return found


def check_fields(fields: Sequence[Field]) -> None:
    """Raise BadInput, naming the row, for fields that a category cannot have."""
    if len(fields) > MOST_FIELDS:
        raise BadInput(
            Text(f"A category has at most {MOST_FIELDS} fields.", f"每个分类最多 {MOST_FIELDS} 个字段。"),
            field="fields",
        )
    seen: set[str] = set()
    for row, one in enumerate(fields, 1):
        if not _KEY.fullmatch(one.key) or one.key in seen:
            raise BadInput(
                Text(
                    "A key is a small letter followed by small letters, digits or _, and stands once.",
                    "标识须以小写字母开头，只能包含小写字母、数字和下划线，且不能重复。",
                ),
                field="fields",
                row=row,
            )
        seen.add(one.key)
        if not one.label.en.strip() or not one.label.zh.strip():
            raise BadInput(
                Text("Name the field in both languages.", "请填写字段的中英文名称。"), field="fields", row=row
            )
        if (one.kind is Kind.CHOICE) != (len(one.choices) >= 2):
            raise BadInput(
                Text("A field with answers to choose from has at least two.", "单选字段至少需要两个选项。"),
                field="fields",
                row=row,
            )


def _wrong(field: Field, value: str) -> Text | None:
    if len(value) > LONGEST_VALUE:
        return Text(f"at most {LONGEST_VALUE} characters.", f"最多 {LONGEST_VALUE} 个字符。")
    match field.kind:
        case Kind.NUMBER if not re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?", value):
            return Text("a number such as 12.5 is needed.", "请填写数字，例如 12.5。")
        case Kind.DATE if not _is_date(value):
            return Text("a date such as 2026-11-24 is needed.", "请填写日期，例如 2026-11-24。")
        case Kind.CHOICE if value not in {one.key for one in field.choices}:
            return Text("choose one of the answers.", "请从选项中选择。")
        case Kind.UID if not _UID.fullmatch(value):
            return Text("this is no UID.", "UID 格式不正确。")
        case Kind.TXID if not _TXID.fullmatch(value):
            return Text("this is no transaction id.", "交易哈希格式不正确。")
    return None


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == 10
