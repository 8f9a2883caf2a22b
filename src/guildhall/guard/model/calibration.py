"""How good scores are, and what they mean: recall at a false-positive rate, AUC, calibration, cut-offs.

Plain arithmetic over arrays of scores and labels, used by training (on scores of rows a model has not
seen) and by `guildhall guard eval`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]


def recall_at(scores: Scores, labels: Labels, rate: float) -> float:
    """Share of spam above the score that at most `rate` of the honest rows exceed; NaN without both kinds."""
    honest, spam = scores[labels == 0], scores[labels == 1]
    if not len(honest) or not len(spam):
        return math.nan
    return float((spam > cut_off(honest, rate)).mean())


def cut_off(honest: Scores, rate: float) -> float:
    """The score that at most `rate` of the honest rows exceed."""
    ranked = np.sort(honest)[::-1]
    return float(ranked[min(int(rate * len(ranked)), len(ranked) - 1)])


def auc(scores: Scores, labels: Labels) -> float:
    """Chance that a spam row scores above an honest one (ties count half); NaN without both kinds."""
    spam = int((labels == 1).sum())
    honest = len(labels) - spam
    if not spam or not honest:
        return math.nan
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[labels == 1].sum() - spam * (spam + 1) / 2) / (spam * honest))


def expected_error(scores: Scores, labels: Labels, bins: int = 10) -> tuple[float, list[dict[str, Any]]]:
    """Expected calibration error over equal-width bins of probability, and the bins."""
    which = np.minimum((scores * bins).astype(int), bins - 1)
    table = []
    error = 0.0
    for i in range(bins):
        inside = which == i
        n = int(inside.sum())
        if not n:
            continue
        said, was = float(scores[inside].mean()), float(labels[inside].mean())
        error += abs(said - was) * n / len(scores)
        table.append({"from": i / bins, "n": n, "said": round(said, 4), "was": round(was, 4)})
    return error, table


def fit_logistic(
    margins: Scores, labels: Labels, weights: Scores, strength: float = 1.0
) -> tuple[float, float]:
    """Slope and shift that turn margins into logits (Platt, by Newton's method with halved steps; `strength`
    pulls the slope to a mild 2 and the shift to 0, so that few rows do not give certainty).
    """
    targets = _smoothed(labels, weights)
    centre = np.array([2.0, 0.0])
    at = centre.copy()

    def loss(point: Scores) -> float:
        logits = point[0] * margins + point[1]
        misfit = weights * (np.logaddexp(0, logits) - targets * logits)
        return float(misfit.sum() + strength / 2 * ((point - centre) ** 2).sum())

    best = loss(at)
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(at[0] * margins + at[1], -30, 30)))
        error = weights * (p - targets)
        curve = weights * p * (1 - p)
        gradient = np.array([(error * margins).sum(), error.sum()]) + strength * (at - centre)
        cross = (curve * margins).sum()
        bend = np.array([[(curve * margins * margins).sum(), cross], [cross, curve.sum()]])
        step = np.linalg.solve(bend + strength * np.eye(2), gradient)
        while (there := loss(at - step)) > best and np.abs(step).max() > 1e-10:
            step /= 2
        if np.abs(step).max() <= 1e-8:
            break
        at, best = at - step, there
    return max(float(at[0]), 0.1), float(at[1])


def _smoothed(labels: Labels, weights: Scores) -> Scores:
    """Platt's targets: not 0 and 1 but a little inside, the less the more rows there are."""
    spam = float(weights[labels == 1].sum())
    honest = float(weights[labels == 0].sum())
    return np.where(labels == 1, (spam + 1) / (spam + 2), 1 / (honest + 2))
