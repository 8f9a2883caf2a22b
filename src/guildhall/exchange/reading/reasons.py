"""What is said of a row that cannot be taken, in both languages: what is wrong, and what to do.

Each function is given the value as it was read and answers with the sentence; nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.core.text import Text

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that was not taken. `line`: 1-based, of the file, heading included; `raw`: the row in full."""

    line: int
    field: str
    reason: Text
    raw: str


def shown(value: object) -> str:
    """A value as it is quoted in a sentence."""
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def missing(_value: object = None) -> Text:
    return Text("It is empty, and it is needed.", "该项为空，但必须填写。")


def rounded_id(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is an id in scientific notation: a spreadsheet has rounded it away. "
        "Export the file again with this column as text.",
        f"{v} 是科学计数法形式的编号：电子表格已将其舍入。请将该列设为文本后重新导出。",
    )


def not_an_id(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is not an id: up to 120 printable characters, no decimals.",
        f"{v} 不是有效编号：最多 120 个可见字符，且不含小数。",
    )


def float_value(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is a floating-point number, which cannot hold an amount exactly. Send it as text.",
        f"{v} 是浮点数，无法精确表示金额。请以文本形式提供。",
    )


def too_large(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is larger than can be kept (92,233,720,368.54775807).",
        f"{v} 超出可保存的范围（92,233,720,368.54775807）。",
    )


def negative(value: object) -> Text:
    v = shown(value)
    return Text(f"{v} is negative; it cannot be.", f"{v} 为负数；此项不能为负。")


def no_zone(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} does not say its time zone. Name the zone of this column in the mapping.",
        f"{v} 未注明时区。请在字段映射中指定该列的时区。",
    )


def not_a_time(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is not a time that can be read; name its format in the mapping.",
        f"{v} 不是可识别的时间；请在字段映射中指定格式。",
    )


def rounded_time(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is a time in scientific notation: a spreadsheet has rounded it away.",
        f"{v} 是科学计数法形式的时间：电子表格已将其舍入。",
    )


def no_such_local_time(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} happened twice or never in its zone, when the clocks were changed.",
        f"{v} 因夏令时调整在该时区出现两次或不存在。",
    )


def out_of_reach(value: object) -> Text:
    v = shown(value)
    return Text(f"{v} lies before 2009 or in the future.", f"{v} 早于 2009 年或在未来。")


def not_a_count(value: object) -> Text:
    v = shown(value)
    return Text(f"{v} is not a whole number from 0.", f"{v} 不是大于等于 0 的整数。")


def not_a_choice(value: object, choices: tuple[str, ...]) -> Text:
    v = shown(value)
    return Text(f"{v} is none of {', '.join(choices)}.", f"{v} 不在可选值之内：{'、'.join(choices)}。")


def unknown_asset(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is not among the assets of this feed. Add it there if it is right.",
        f"{v} 不在该数据源的资产清单中。如无误，请先加入清单。",
    )


def unknown_quote(value: object) -> Text:
    v = shown(value)
    return Text(
        f"The quote asset of {v} is not among the assets of this feed.",
        f"{v} 的计价资产不在该数据源的资产清单中。",
    )


def not_at_par(value: object) -> Text:
    v = shown(value)
    return Text(
        f"{v} is not taken one for one for the reference asset; "
        "a column with the converted amount is needed.",
        f"{v} 未被设为与参考资产等值；需要提供折算后金额的列。",
    )


def other_venue(value: object) -> Text:
    v = shown(value)
    return Text(f"{v} is not the venue of this feed.", f"{v} 不是该数据源对应的交易所。")


def cells(expected: int, found: int) -> Text:
    return Text(
        f"The row has {found} cells; the heading has {expected}.",
        f"该行有 {found} 个单元格；表头有 {expected} 个。",
    )


def not_json(_value: object = None) -> Text:
    return Text("The line is not one JSON object.", "该行不是一个 JSON 对象。")


def nested(value: object) -> Text:
    v = shown(value)
    return Text(f"{v} is a list or an object; a plain value is needed.", f"{v} 是列表或对象；应为单个值。")


def repeated(first_line: int) -> Text:
    return Text(
        f"Line {first_line} has the same key and says something else; that one was taken.",
        f"第 {first_line} 行的键相同但内容不同；已采用该行。",
    )
