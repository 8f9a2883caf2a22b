"""What a policy would have done: two policies judge the same stored messages, and the differences are
counted.

Pure. Both get the same subject and context, so every difference is the policies' own. Precision and recall
are over messages that people have decided; they say nothing about the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guildhall.guard.judge import judge
from guildhall.guard.types import SEVERITY, Context, Measure, Mode, Policy, Subject, Verdict

SAMPLES = 40
"""Most messages kept of each kind of difference."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored message ready to be judged again. `truth` is what people decided of it: bad, fine, or ''."""

    message_id: str
    subject: Subject
    context: Context
    truth: str = ""


def removes(verdict: Verdict) -> bool:
    """Whether the verdict calls for removal and the policy's mode lets it happen."""
    return verdict.mode is Mode.ACT and SEVERITY[verdict.action] >= SEVERITY[Measure.DELETE]


def empty() -> dict[str, Any]:
    """A tally without anything counted."""
    return {
        "seen": 0,
        "before": {},  # action -> messages, by the active version
        "after": {},  # action -> messages, by the version tried
        "moves": {},  # "allow>delete" -> messages
        "samples": {},  # "allow>delete" -> [{message, score_before, score_after, rules}]
        "decided": {"before": _matrix(), "after": _matrix()},
    }


def add(tally: dict[str, Any], stored: Stored, before: Policy, after: Policy) -> None:
    """Judge one message by both policies and count it."""
    old = judge(stored.subject, stored.context, before)
    new = judge(stored.subject, stored.context, after)
    tally["seen"] += 1
    was, becomes = _word(old), _word(new)
    _count(tally["before"], was)
    _count(tally["after"], becomes)
    if was != becomes:
        move = f"{was}>{becomes}"
        _count(tally["moves"], move)
        samples = tally["samples"].setdefault(move, [])
        if len(samples) < SAMPLES:
            samples.append(
                {
                    "message": stored.message_id,
                    "score_before": old.score,
                    "score_after": new.score,
                    "rules": [reason.rule_id for reason in new.reasons[:8]],
                }
            )
    if stored.truth:
        for name, verdict in (("before", old), ("after", new)):
            matrix = tally["decided"][name]
            _count(
                matrix,
                ("caught" if removes(verdict) else "missed")
                if stored.truth == "bad"
                else ("wrongly" if removes(verdict) else "spared"),
            )


def precision(matrix: Mapping[str, int]) -> float | None:
    """Of the decided messages it removes, the share that people called bad; None when it removes none."""
    removed = matrix["caught"] + matrix["wrongly"]
    return matrix["caught"] / removed if removed else None


def recall(matrix: Mapping[str, int]) -> float | None:
    """Of the messages people called bad, the share it removes; None when there are none."""
    bad = matrix["caught"] + matrix["missed"]
    return matrix["caught"] / bad if bad else None


def _matrix() -> dict[str, int]:
    return {"caught": 0, "missed": 0, "wrongly": 0, "spared": 0}


def _word(verdict: Verdict) -> str:
    """What happens to the message: in review or shadow mode nothing harder than a review."""
    if verdict.mode is Mode.ACT or verdict.action is Measure.ALLOW:
        return verdict.action.value
    return Measure.REVIEW.value if verdict.mode is Mode.REVIEW else Measure.ALLOW.value


def _count(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1
