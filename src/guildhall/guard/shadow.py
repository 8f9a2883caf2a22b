"""What a policy would have done: two policies judge the same stored messages, and the differences are
counted.

Pure. Both get the same subject and context, so every difference is the policies' own. Precision and recall
are over messages that people have decided; they say nothing about the rest. A message is *newly caught* when
only the new policy removes it, *newly spared* when only the old one does; the new policy *disagrees* where it
removes what people called fine, or lets pass unseen what they called bad.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from guildhall.guard.judge import judge
from guildhall.guard.types import SEVERITY, Context, Measure, Mode, Place, Policy, Subject, Verdict

SAMPLES = 40
"""Most messages kept of each kind of difference."""

KEPT = 300
"""Most messages kept as newly caught, newly spared and disagreeing, each."""

MOST_ACCOUNTS = 20_000
"""Accounts noted as punished; beyond, only that there are more."""

CAUGHT, SPARED, DISAGREES = "caught", "spared", "disagrees"
GROUPS = (CAUGHT, SPARED, DISAGREES)

Judging = Callable[[Place], Policy]
"""The policy that judges in a place."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored message ready to be judged again. `truth` is what people decided of it: bad, fine, or ''.
    `is_gone`: its words were erased, so that nothing can be said of it.
    """

    message_id: str
    subject: Subject
    context: Context
    truth: str = ""
    place: Place = Place()
    space_id: str = ""
    account_id: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One message judged by both, where it matters: which groups it belongs to, and what each did."""

    stored: Stored
    before: Verdict
    after: Verdict
    groups: tuple[str, ...]


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
        "groups": dict.fromkeys(GROUPS, 0),  # caught, spared, disagrees -> messages
        "rows": {group: [] for group in GROUPS},  # group -> [{message, space, account, truth, ...}]
        "by": {"space": {}, "language": {}, "rule": {}},  # what -> name -> [caught, spared, disagrees]
        "accounts": {"before": {}, "after": {}},  # account id -> 1, whom each would have punished
    }


def add(tally: dict[str, Any], stored: Stored, before: Judging, after: Judging) -> Difference | None:
    """Judge one message by both policies and count it; what is worth showing of it, if anything is."""
    old = judge(stored.subject, stored.context, before(stored.place))
    new = judge(stored.subject, stored.context, after(stored.place))
    tally["seen"] += 1
    was, becomes = word(old), word(new)
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
    for name, verdict in (("before", old), ("after", new)):
        accounts = tally["accounts"][name]
        if removes(verdict) and stored.account_id and len(accounts) < MOST_ACCOUNTS:
            accounts[stored.account_id] = 1
    groups = groups_of(old, new, stored.truth)
    if not groups:
        return None
    found = Difference(stored, old, new, groups)
    _note(tally, found)
    return found


def groups_of(old: Verdict, new: Verdict, truth: str) -> tuple[str, ...]:
    """Which kinds of difference a message belongs to."""
    out = []
    if removes(new) and not removes(old):
        out.append(CAUGHT)
    if removes(old) and not removes(new):
        out.append(SPARED)
    if (truth == "fine" and removes(new)) or (truth == "bad" and word(new) == Measure.ALLOW.value):
        out.append(DISAGREES)
    return tuple(out)


def row_of(found: Difference) -> dict[str, Any]:
    """A difference as it is kept: ids, what each policy did, and the rules that spoke."""
    stored, old, new = found.stored, found.before, found.after
    return {
        "message": stored.message_id,
        "space": stored.space_id,
        "account": stored.account_id,
        "language": stored.place.language,
        "truth": stored.truth,
        "before": word(old),
        "after": word(new),
        "score_before": old.score,
        "score_after": new.score,
        "rules": [reason.rule_id for reason in (new.reasons or old.reasons)[:8]],
    }


def precision(matrix: Mapping[str, int]) -> float | None:
    """Of the decided messages it removes, the share that people called bad; None when it removes none."""
    removed = matrix["caught"] + matrix["wrongly"]
    return matrix["caught"] / removed if removed else None


def recall(matrix: Mapping[str, int]) -> float | None:
    """Of the messages people called bad, the share it removes; None when there are none."""
    bad = matrix["caught"] + matrix["missed"]
    return matrix["caught"] / bad if bad else None


def word(verdict: Verdict) -> str:
    """What happens to the message: in review or shadow mode nothing harder than a review."""
    if verdict.mode is Mode.ACT or verdict.action is Measure.ALLOW:
        return verdict.action.value
    return Measure.REVIEW.value if verdict.mode is Mode.REVIEW else Measure.ALLOW.value


def _note(tally: dict[str, Any], found: Difference) -> None:
    row = row_of(found)
    leading = row["rules"][0] if row["rules"] else ""
    names = (("space", row["space"]), ("language", row["language"]), ("rule", leading))
    for group in found.groups:
        _count(tally["groups"], group)
        if len(tally["rows"][group]) < KEPT:
            tally["rows"][group].append(row)
        for what, name in names:
            counts = tally["by"][what].setdefault(name, [0, 0, 0])
            counts[GROUPS.index(group)] += 1


def _matrix() -> dict[str, int]:
    return {"caught": 0, "missed": 0, "wrongly": 0, "spared": 0}


def _count(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1
