"""A scorecard: criteria with weights, the score that marks make, and how far two judges agree.

Pure and in whole numbers: a score is in hundredths of a point, 0 to 10,000 (100 points). A critical criterion
marked 0 makes the whole score 0; a criterion that does not apply counts neither way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

FULL = 10_000
NEAR = 1_000
"""Two judges agree when their scores lie within ten points."""
AGREED_BP = 8_500
"""From this share on, in hundredths of a percent, judging counts as calibrated."""
SCALES = (1, 2, 3, 4, 9)
_MOST = 20
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
_LONGEST_NAME, _LONGEST_GUIDE = 80, 400


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question about an answer. `scale`: the best mark (1: no or yes); `weight`: a whole number."""

    key: str
    name: Text
    weight: int
    scale: int = 1
    critical: bool = False
    guide: Text = Text("", "")

    def to_json(self) -> dict[str, Any]:
        """As `Card.from_json` reads it."""
        return {
            "key": self.key, "name": self.name.to_json(), "weight": self.weight, "scale": self.scale,
            "critical": self.critical, "guide": self.guide.to_json(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """The criteria of one version of a scorecard, in order."""

    criteria: tuple[Criterion, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Card:
        """A card that was checked. Raises BadInput naming the criterion that is wrong."""
        rows = data.get("criteria")
        if not isinstance(rows, list) or not rows:
            raise _wrong("criteria", "A scorecard needs at least one criterion.", "评分卡至少需要一项标准。")
        if len(rows) > _MOST:
            raise _wrong("criteria", f"At most {_MOST} criteria.", f"最多 {_MOST} 项标准。")
        criteria = tuple(_criterion(row, number) for number, row in enumerate(rows, 1))
        if len({one.key for one in criteria}) != len(criteria):
            raise _wrong("criteria", "Two criteria have the same key.", "有两项标准的标识相同。")
        if not any(one.weight for one in criteria):
            raise _wrong("criteria", "Give at least one criterion a weight.", "至少一项标准需要权重。")
        return cls(criteria)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"criteria": [one.to_json() for one in self.criteria]}

    def find(self, key: str) -> Criterion | None:
        """The criterion of that key."""
        return next((one for one in self.criteria if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Score:
    """`points` in hundredths; `failed`: critical criteria marked 0, which make it 0; `counted`: how many
    criteria applied.
    """

    points: int
    failed: tuple[str, ...]
    counted: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `pairs` judged twice, `near` lie within ten points of each other."""

    pairs: int
    near: int

    @property
    def share_bp(self) -> int | None:
        """In hundredths of a percent; None when nothing was judged twice."""
        return FULL * self.near // self.pairs if self.pairs else None

    @property
    def is_good(self) -> bool | None:
        """Whether judging counts as calibrated; None when nobody can tell yet."""
        return None if self.share_bp is None else self.share_bp >= AGREED_BP


def score(card: Card, marks: Mapping[str, int | None]) -> Score:
    """What `marks` (criterion key → 0 … scale, None where it does not apply) make on `card`; rounded half to
    even.

    Raises BadInput naming a criterion that has no mark or one it cannot have, and when nothing applies.
    """
    unknown = sorted(set(marks) - {one.key for one in card.criteria})
    if unknown:
        raise _wrong(
            unknown[0], f"The card has no criterion {unknown[0]}.", f"评分卡中没有标准 {unknown[0]}。"
        )
    total, reached, failed, counted = 0, Fraction(0), [], 0
    for one in card.criteria:
        if one.key not in marks:
            raise _wrong(
                f"mark_{one.key}",
                f"“{one.name.en}” has no mark yet.",
                f"“{one.name.zh}”尚未打分。",
            )
        mark = marks[one.key]
        if mark is None:
            continue
        if type(mark) is not int or not 0 <= mark <= one.scale:
            raise _wrong(
                f"mark_{one.key}",
                f"“{one.name.en}” is marked from 0 to {one.scale}.",
                f"“{one.name.zh}”的分值为 0 到 {one.scale}。",
            )
        counted += 1
        total += one.weight
        reached += Fraction(one.weight * mark, one.scale)
        if one.critical and mark == 0:
            failed.append(one.key)
    if not counted or not (total or failed):
        raise _wrong("", "Mark at least one criterion that has a weight.", "请至少为一项有权重的标准打分。")
    points = 0 if failed else round(FULL * reached / total)
    return Score(points, tuple(failed), counted)


def agreement(pairs: Iterable[tuple[int, int]]) -> Agreement:
    """How many pairs of scores (hundredths of a point) lie within ten points of each other."""
    found = list(pairs)
    return Agreement(len(found), sum(abs(one - other) <= NEAR for one, other in found))


def starter() -> Card:
    """A card to begin with: what a good answer in a trading community is judged by."""
    return Card(
        (
            Criterion("understood", Text("Understood the question", "理解问题"), 20, 2),
            Criterion("right", Text("The answer is right and complete", "答复正确完整"), 35, 4),
            Criterion("clear", Text("Clear, polite, in their language", "清晰、礼貌、语言得当"), 20, 4),
            Criterion("process", Text("Category, fields, escalation", "分类、字段与升级合规"), 15, 2),
            Criterion("owned", Text("Promises were kept, nothing left open", "承诺已兑现，无遗留"), 10, 2),
            Criterion(
                "no_secret", Text("Never asked for a secret", "未索取任何密钥或密码"), 0, 1, True,
                Text("Password, seed phrase, key, second factor.", "密码、助记词、私钥、双重验证码。"),
            ),
            Criterion(
                "private", Text("Nothing private was shown in a group", "未在群内泄露隐私"), 0, 1, True,
                Text("Names, UIDs, amounts, documents.", "姓名、UID、金额、证件。"),
            ),
        )
    )  # fmt: skip


def _criterion(row: object, number: int) -> Criterion:
    if not isinstance(row, Mapping):
        raise _wrong("criteria", f"Criterion {number} cannot be read.", f"第 {number} 项标准无法读取。")
    name, guide = _text(row.get("name")), _text(row.get("guide"))
    key = str(row.get("key") or "")
    if not _KEY.fullmatch(key):
        raise _wrong(
            "criteria", f"Criterion {number} has no proper key.", f"第 {number} 项标准的标识不正确。"
        )
    if not name.en or not name.zh or max(len(name.en), len(name.zh)) > _LONGEST_NAME:
        raise _wrong(
            "criteria",
            f"Criterion {number} needs a name in both languages, at most {_LONGEST_NAME} characters.",
            f"第 {number} 项标准需要中英文名称，最多 {_LONGEST_NAME} 个字符。",
        )
    weight, scale = row.get("weight"), row.get("scale", 1)
    if type(weight) is not int or not 0 <= weight <= 100:
        raise _wrong(
            "criteria",
            f"The weight of criterion {number} is a whole number from 0 to 100.",
            f"第 {number} 项标准的权重须为 0 到 100 的整数。",
        )
    if scale not in SCALES:
        raise _wrong(
            "criteria", f"Criterion {number} has an unknown scale.", f"第 {number} 项标准的分制未知。"
        )
    guide = Text(guide.en[:_LONGEST_GUIDE], guide.zh[:_LONGEST_GUIDE])
    return Criterion(key, name, weight, int(scale), bool(row.get("critical")), guide)


def _text(value: object) -> Text:
    said = value if isinstance(value, Mapping) else {}
    return Text(str(said.get("en") or "").strip(), str(said.get("zh") or "").strip())


def _wrong(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field)
