"""Is a candidate better than the model in force, on decisions that neither has learned from? Pure.

Both see the same kept-back rows. The candidate is better only when all of this holds: its log loss is lower
in at least 95 of 100 paired bootstrap samples; with as many false alarms as the model in force raises, it
finds no less; and by its own cut-off it would not punish more honest messages. The seed is fixed, so the same
rows give the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from random import Random
from typing import Any

LEAST_ROWS, LEAST_OF_EACH = 40, 10
SURE = 0.95
_SAMPLES = 1_000
_CLIP = 1e-4


class Outcome(StrEnum):
    """What the comparison says."""

    BETTER = "better"
    NOT_BETTER = "not_better"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept-back row: its truth, its weight (near copies weigh together one), what each model says."""

    bad: bool
    weight: float
    live: float
    candidate: float


@dataclass(frozen=True, slots=True)
class Cuts:
    """From which probability a model puts a message before a person, and from which it punishes alone."""

    review_at: float
    punish_at: float


@dataclass(frozen=True, slots=True)
class Scores:
    """One model on the kept-back rows. Recalls and alarms are over rows, weighed."""

    log_loss: float
    recall: float
    """With as many false alarms as the model in force raises at its review cut-off."""
    alarms: float
    """Honest rows it would put before a person."""
    wrongly_punished: float
    punished_recall: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both models side by side. `sure` is the share of samples in which the candidate's log loss is lower;
    `why` holds short codes of what speaks against the candidate.
    """

    outcome: Outcome
    bad: int
    fine: int
    sure: float
    live: Scores | None
    candidate: Scores | None
    why: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As evaluations keep it."""
        return asdict(self) | {"outcome": self.outcome.value, "why": list(self.why)}


def compare(rows: Sequence[Kept], live: Cuts, candidate: Cuts, *, seed: int = 1) -> Comparison:
    """The candidate beside the model in force. Rows must be the same for both."""
    bad, fine = sum(row.bad for row in rows), sum(not row.bad for row in rows)
    if bad < LEAST_OF_EACH or fine < LEAST_OF_EACH or len(rows) < LEAST_ROWS:
        return Comparison(Outcome.TOO_FEW, bad, fine, 0.0, None, None, ("too_few",))
    budget = sum(row.weight for row in rows if not row.bad and row.live >= live.review_at)
    was = _scores([row.live for row in rows], rows, live, budget)
    new = _scores([row.candidate for row in rows], rows, candidate, budget)
    sure = _share_better(rows, seed)
    why = []
    if new.log_loss >= was.log_loss:
        why.append("no_lower")
    elif sure < SURE:
        why.append("not_surely")
    if new.recall < was.recall - 1e-9:
        why.append("finds_less")
    if new.wrongly_punished > was.wrongly_punished + 1e-9:
        why.append("punishes_wrongly")
    return Comparison(Outcome.NOT_BETTER if why else Outcome.BETTER, bad, fine, sure, was, new, tuple(why))


def _scores(said: Sequence[float], rows: Sequence[Kept], cuts: Cuts, budget: float) -> Scores:
    weight = sum(row.weight for row in rows)
    all_bad = sum(row.weight for row in rows if row.bad)
    return Scores(
        log_loss=sum(_loss(p, row.bad) * row.weight for p, row in zip(said, rows, strict=True)) / weight,
        recall=_recall_within(said, rows, budget) / all_bad,
        alarms=_above(said, rows, cuts.review_at, bad=False),
        wrongly_punished=_above(said, rows, cuts.punish_at, bad=False),
        punished_recall=_above(said, rows, cuts.punish_at, bad=True) / all_bad,
    )


def _above(said: Sequence[float], rows: Sequence[Kept], cut: float, *, bad: bool) -> float:
    return sum(row.weight for p, row in zip(said, rows, strict=True) if row.bad is bad and p >= cut)


def _recall_within(said: Sequence[float], rows: Sequence[Kept], budget: float) -> float:
    """The weight of bad rows above the lowest cut that raises no more false alarms than the budget."""
    found, alarms, best = 0.0, 0.0, 0.0
    ranked = sorted(zip(said, rows, strict=True), key=lambda pair: -pair[0])
    for at, (p, row) in enumerate(ranked):
        if row.bad:
            found += row.weight
        else:
            alarms += row.weight
        if alarms > budget + 1e-9:
            break
        if at + 1 == len(ranked) or ranked[at + 1][0] < p:
            best = found
    return best


def _share_better(rows: Sequence[Kept], seed: int) -> float:
    """In which share of bootstrap samples of the rows the candidate's log loss is lower."""
    gains = [(_loss(row.live, row.bad) - _loss(row.candidate, row.bad)) * row.weight for row in rows]
    draw = Random(seed)
    wins = sum(sum(draw.choices(gains, k=len(gains))) > 0 for _ in range(_SAMPLES))
    return wins / _SAMPLES


def _loss(probability: float, bad: bool) -> float:
    p = min(max(probability, _CLIP), 1 - _CLIP)
    return -math.log(p if bad else 1 - p)
