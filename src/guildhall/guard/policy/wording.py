"""Reads what a policy forbids by itself: `words` (words, globs, RE2 patterns) and `forbid` (kinds of
content). Pure.
"""

from __future__ import annotations

from typing import Any

from guildhall.core.text import Text
from guildhall.guard import vocabulary
from guildhall.guard.policy.fields import as_number, choice, mapping, sequence, unknown, words_of
from guildhall.guard.rules import forbidden as kinds
from guildhall.guard.source import Node, at
from guildhall.guard.types import Forbidden, HouseWord, Measure

MOST_PATTERNS = 200
_LONGEST = 500
_KINDS = ("word", "glob", "pattern")
_MEASURES = ["review", "delete"]


def house_words(node: Node | None) -> tuple[HouseWord, ...]:
    """The words of the house. Raises BadInput with line and field, for a pattern RE2 refuses too."""
    if node is None or node.value is None:
        return ()
    out = tuple(_word(entry) for entry in sequence(node, "words"))
    if sum(word.kind == "pattern" for word in out) > MOST_PATTERNS:
        raise at(
            node.line,
            "words",
            Text(f"has more than {MOST_PATTERNS} patterns", f"超过 {MOST_PATTERNS} 个正则表达式"),
        )
    return out


def forbidden(node: Node | None) -> tuple[Forbidden, ...]:
    """The kinds of content that have no place. Raises BadInput with line and field."""
    if node is None or node.value is None:
        return ()
    return tuple(_kind(entry) for entry in sequence(node, "forbid"))


def _word(entry: Node) -> HouseWord:
    if not isinstance(entry.value, dict):
        text = _text(entry, "words")
        return _checked(HouseWord(text, "glob" if "*" in text or "?" in text else "word"), entry)
    part = mapping(entry, "words", (*_KINDS, "weight", "action", "note", "languages"))
    given = [kind for kind in _KINDS if kind in part]
    if len(given) != 1:
        raise at(
            entry.line, "words", Text("needs one of word, glob, pattern", "需要 word、glob、pattern 之一")
        )
    kind = given[0]
    said: dict[str, Any] = _weight(part, "words")
    if "note" in part:
        said["note"] = str(part["note"].value)[:200]
    if "languages" in part:
        said["languages"] = words_of(part["languages"], "words.languages")
    return _checked(HouseWord(_text(part[kind], f"words.{kind}"), kind, **said), part[kind])


def _text(node: Node, field: str) -> str:
    value = node.value
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not text or len(text) > _LONGEST:
        raise at(
            node.line,
            field,
            Text(
                f"must be words of at most {_LONGEST} characters (quote words such as on and no)",
                f"必须是不超过 {_LONGEST} 个字符的词（on、no 等词请加引号）",
            ),
        )
    return text


def _checked(word: HouseWord, node: Node) -> HouseWord:
    problem = vocabulary.problem(word)
    if problem is not None:
        raise at(node.line, f"words.{word.kind}", problem)
    return word


def _weight(part: dict[str, Node], field: str) -> dict[str, Any]:
    if "weight" in part and "action" in part:
        raise at(
            part["weight"].line,
            f"{field}.weight",
            Text("stands beside action; keep one", "与 action 只能留一个"),
        )
    if "weight" in part:
        return {"weight": as_number(part["weight"], f"{field}.weight", 1, 1000)}
    if "action" in part:
        return {"action": Measure(choice(part["action"], f"{field}.action", _MEASURES))}
    return {}


def _kind(entry: Node) -> Forbidden:
    if isinstance(entry.value, str):
        found = Forbidden(_known(entry.value, entry, "forbid"))
    else:
        part = mapping(entry, "forbid", ("kind", "weight", "action", "over", "scripts", "who"))
        if "kind" not in part:
            raise at(entry.line, "forbid.kind", Text("is missing", "缺失"))
        said: dict[str, Any] = _weight(part, "forbid")
        kind = _known(str(part["kind"].value), part["kind"], "forbid.kind")
        if "over" in part:
            if kind not in kinds.OVER:
                raise at(part["over"].line, "forbid.over", Text("has no limit to set", "没有可设置的上限"))
            said["over"] = as_number(part["over"], "forbid.over", 1, 100_000)
        if "scripts" in part:
            if kind != "scripts":
                raise at(
                    part["scripts"].line,
                    "forbid.scripts",
                    Text("belongs to scripts only", "只能用于 scripts"),
                )
            said["scripts"] = words_of(part["scripts"], "forbid.scripts", list(kinds.SCRIPTS))
        if "who" in part:
            said["newcomers"] = choice(part["who"], "forbid.who", ["newcomers", "everybody"]) == "newcomers"
        found = Forbidden(kind, **said)
    if found.kind == "scripts" and not found.scripts:
        raise at(
            entry.line,
            "forbid.scripts",
            Text(f"is missing; known: {', '.join(kinds.SCRIPTS)}", f"缺失；可用：{', '.join(kinds.SCRIPTS)}"),
        )
    return found


def _known(kind: str, node: Node, field: str) -> str:
    if kind not in kinds.KINDS:
        raise unknown(node.line, field, kind, kinds.KINDS)
    return kind
