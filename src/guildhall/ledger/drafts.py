"""What a posting says before it stands: its check, and the one hash of its body.

Pure. The same key with the same body is the same posting; with another body it is a conflict. Units are
whole base units of the asset, positive into an account and negative out of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

LARGEST_LEG = 2**63 - 1
MOST_LEGS = 1_000
PENDING, PAYABLE, HELD, PAID = "pending", "payable", "held", "paid"
STAGES = (PENDING, PAYABLE, HELD, PAID)

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}(:[A-Za-z0-9_.=-]{1,100}){1,6}")
_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
_LONGEST_CODE, _LONGEST_KEY, _LONGEST_PIN, _LONGEST_SUBJECT = 160, 200, 120, 160


@dataclass(frozen=True, slots=True)
class Draft:
    """A posting to be made.

    `legs`: (account code, units), of one asset, summing to zero; zero legs are left out. `effective_on`: the
    UTC day it belongs to. `pin`: the terms it follows, such as `deal:7:v3`. `matures_on`: from which UTC day
    on what it puts into a `:pending` account is payable (None: not by itself). `reverses`: the key of the
    posting it mirrors.
    """

    key: str
    kind: str
    asset: str
    legs: tuple[tuple[str, int], ...]
    effective_on: date
    pin: str = ""
    subject: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    matures_on: date | None = None
    reverses: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A checked draft in the form it is written: `details` as canonical JSON, `hash` SHA-256 in hex."""

    draft: Draft
    legs: tuple[tuple[str, int], ...]
    details: str
    hash: str


def body_of(draft: Draft) -> Body:
    """Check a draft and hash it. Raises BadInput naming the key and what is wrong with it."""
    wrong = _what_is_wrong(draft)
    if wrong is not None:
        raise BadInput(
            Text(f"Posting {draft.key[:200]!r}: {wrong.en}", f"记账 {draft.key[:200]!r}：{wrong.zh}"),
            field="key",
        )
    legs = tuple(leg for leg in draft.legs if leg[1])
    details = canonical(draft.details)
    return Body(draft, legs, details.decode(), body_hash(draft, legs, details))


def body_hash(draft: Draft, legs: Iterable[tuple[str, int]], details: bytes) -> str:
    """SHA-256, hex, over everything a posting says; `details` canonical."""
    head = orjson.dumps(
        [
            draft.key,
            draft.kind,
            draft.asset,
            [*legs],
            draft.effective_on,
            draft.matures_on,
            draft.pin,
            draft.subject,
            draft.reverses,
        ]
    )
    return hashlib.sha256(head + b"\n" + details).hexdigest()


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a whole number beyond 64 bits: slower, the same text otherwise
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@lru_cache(maxsize=65_536)
def is_code(code: str) -> bool:
    """Whether a text may name an account, such as `house:commission:okx`."""
    return len(code) <= _LONGEST_CODE and _CODE.fullmatch(code) is not None


def stage_of(code: str) -> tuple[str, str]:
    """An account's owner and stage: `partner:7:held` → (`partner:7`, `held`); stage empty for others."""
    owner, _, last = code.rpartition(":")
    return (owner, last) if owner and last in STAGES else (code, "")


def _what_is_wrong(draft: Draft) -> Text | None:
    if not 0 < len(draft.key) <= _LONGEST_KEY:
        return Text("a key has 1 to 200 characters.", "键的长度应为 1 到 200 个字符。")
    if not _KIND.fullmatch(draft.kind):
        return Text(f"{draft.kind!r} is not a kind.", f"{draft.kind!r} 不是类型名。")
    if len(draft.pin) > _LONGEST_PIN or len(draft.subject) > _LONGEST_SUBJECT:
        return Text("pin or subject is too long.", "条款引用或主题过长。")
    for day in (draft.effective_on, draft.matures_on):
        if isinstance(day, datetime):
            return Text("a day is wanted, not a time.", "此处应为日期，而不是时间。")
    return _what_is_wrong_with_legs(draft)


def _what_is_wrong_with_legs(draft: Draft) -> Text | None:
    total = moving = 0
    for code, units in draft.legs:
        if type(units) is not int:
            return Text(
                f"{code}: units are whole numbers, not {type(units).__name__}.",
                f"{code}：金额单位必须是整数，而不是 {type(units).__name__}。",
            )
        if not -LARGEST_LEG <= units <= LARGEST_LEG:
            return Text(f"{code}: {units} is beyond 64 bits.", f"{code}：{units} 超出 64 位范围。")
        if not is_code(code):
            return Text(f"{code!r} is not an account code.", f"{code!r} 不是账户代码。")
        total += units
        moving += units != 0
    if total:
        return Text(f"its legs sum to {total}, not to zero.", f"各分录合计为 {total}，应为零。")
    if not 2 <= moving <= MOST_LEGS:
        return Text("it needs 2 to 1000 legs that are not zero.", "需要 2 到 1000 条非零分录。")
    return None
