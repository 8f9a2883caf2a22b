"""What a task asks of the person who does it: questions with plain answers, and whether a picture is wanted.

Pure. The same words describe the items of a checklist. Answers are checked here, so that a head-count is a
number by the time anybody counts on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

LARGEST_NUMBER = 10_000_000
LONGEST_ANSWER = 2000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")


class Proofs(StrEnum):
    """Whether a picture belongs to a task that is done."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Answer(StrEnum):
    """What kind of answer a question takes."""

    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: `name` is the key of its answer in the result."""

    name: str
    label: Text
    answer: Answer = Answer.NUMBER
    required: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "label": self.label.to_json(), "answer": self.answer.value,
            "required": self.required,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ask:
        return cls(
            str(data["name"]),
            Text.from_json(data["label"]),
            Answer(data.get("answer", Answer.NUMBER.value)),
            bool(data.get("required")),
        )


HEADS = Ask("heads", Text("People in the group", "群人数"), required=True)
MESSAGES = Ask("messages", Text("Messages since yesterday (about)", "昨天以来的消息数（约）"))
ACTIVE = Ask("active", Text("People who spoke (about)", "发言人数（约）"))
JOINED = Ask("joined", Text("New people", "新入群人数"))
LEFT = Ask("left", Text("People who left", "退群人数"))
COUNTS = (HEADS, MESSAGES, ACTIVE, JOINED, LEFT)
"""What a person can count in a group of a platform that tells a program nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a checklist. `id` stays the same when the wording changes."""

    id: str
    title: Text
    kind: str = "item"
    notes: Text = Text("", "")
    paste: Text = Text("", "")
    """Words to be copied into the group, in its language."""
    proofs: Proofs = Proofs.OPTIONAL
    asks: tuple[Ask, ...] = ()
    act: str = "service"
    """What pasting the words is to compliance: `service`, `promote`, ..."""

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "title": self.title.to_json(), "kind": self.kind, "notes": self.notes.to_json(),
            "paste": self.paste.to_json(), "proofs": self.proofs.value,
            "asks": [ask.to_json() for ask in self.asks],
            "act": self.act,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Item:
        nothing = {"en": "", "zh": ""}
        return cls(
            str(data["id"]),
            Text.from_json(data["title"]),
            str(data.get("kind") or "item"),
            Text.from_json(data.get("notes") or nothing),
            Text.from_json(data.get("paste") or nothing),
            Proofs(data.get("proofs", Proofs.OPTIONAL.value)),
            tuple(Ask.from_json(one) for one in data.get("asks", ())),
            str(data.get("act") or "service"),
        )


def check_asks(asks: Sequence[Ask]) -> None:
    """Raises BadInput for a name that is no plain word or stands twice."""
    names = [ask.name for ask in asks]
    if len(set(names)) != len(names) or any(_NAME.fullmatch(name) is None for name in names):
        raise BadInput(
            Text("Every question needs a plain name of its own.", "每个问题都需要一个唯一的简单名称。"),
            field="asks",
        )


def answered(asks: Sequence[Ask], given: Mapping[str, Any]) -> dict[str, int | str]:
    """The answers as they are kept: numbers as whole numbers, nothing that was not asked or not said.

    Raises BadInput naming the question.
    """
    out: dict[str, int | str] = {}
    for ask in asks:
        said = str(given.get(ask.name, "") if given.get(ask.name) is not None else "").strip()
        if not said:
            if ask.required:
                raise BadInput(Text(f"Fill in: {ask.label.en}.", f"请填写：{ask.label.zh}。"), field=ask.name)
            continue
        out[ask.name] = _number(ask, said) if ask.answer is Answer.NUMBER else said[:LONGEST_ANSWER]
    return out


def _number(ask: Ask, said: str) -> int:
    plain = re.sub(r"[,，\s]", "", said)
    if not re.fullmatch(r"[0-9]{1,8}", plain) or int(plain) > LARGEST_NUMBER:
        raise BadInput(
            Text(
                f"{ask.label.en}: write a whole number, such as 486.",
                f"{ask.label.zh}：请填写整数，例如 486。",
            ),
            field=ask.name,
        )
    return int(plain)
