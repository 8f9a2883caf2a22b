"""WORD: words, globs and patterns a policy names itself, and kinds of content it forbids."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard.rules import forbidden
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import HouseWord, Measure, Policy, Reason

RULES = {
    **by_id(
        Rule(
            "WORD-1",
            400,
            Text("A word of the house's own list: “{word}”.", "命中自定义词条：“{word}”。"),
            "words of the policy",
        ),
        Rule(
            "WORD-2",
            400,
            Text("A pattern of the house's own list: {word}.", "命中自定义模式：{word}。"),
            "words of the policy",
        ),
    ),
    **forbidden.RULES,
}


def find(evidence: Evidence) -> list[Reason]:
    """The family's evidence in one message."""
    policy = evidence.policy
    out = forbidden.find(evidence) if policy.forbid else []
    if policy.vocabulary is None:
        return out
    language = evidence.subject.space_language.partition("-")[0]
    canon = evidence.canon
    for found in policy.vocabulary.find(canon.text):
        word = found.word
        if word.languages and not any(tag.partition("-")[0] == language for tag in word.languages):
            continue
        spans = tuple(canon.original(start, end) for start, end in found.spans)
        rule = RULES["WORD-1" if word.kind == "word" else "WORD-2"]
        note = {"note": word.note} if word.note else {}
        out.append(reason(rule, spans, weight=weight(word, policy), word=word.text, **note))
    return out


def weight(item: HouseWord, policy: Policy) -> int:
    """What an entry of the policy weighs: its own weight, or what its action takes under the thresholds."""
    if item.weight is not None:
        return item.weight
    limits = policy.thresholds
    return min(limits.delete if item.action is Measure.DELETE else limits.review, 1000)
