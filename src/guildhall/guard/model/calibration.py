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
    """Slope and shift that turn margins into logits (Platt, by Newton's method; `strength` pulls the slope
    to a mild 2 and the shift to 0, so that few rows do not give certainty).
    """
    slope, shift = 2.0, 0.0
    smooth = _smoothed(labels, weights)
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(slope * margins + shift, -30, 30)))
        error = weights * (p - smooth)
        curve = weights * p * (1 - p)
        gradient = np.array(
            [(error * margins).sum() + strength * (slope - 2.0), error.sum() + strength * shift]
        )
        cross = (curve * margins).sum()
        hessian = np.array(
            [[(curve * margins * margins).sum() + strength, cross], [cross, curve.sum() + strength]]
        )
        step = np.linalg.solve(hessian, gradient)
        step = np.clip(step, -2, 2)
        slope, shift = slope - step[0], shift - step[1]
        if np.abs(step).max() < 1e-9:
            break
    return max(float(slope), 0.1), float(shift)


def _smoothed(labels: Labels, weights: Scores) -> Scores:
    """Platt's targets: not 0 and 1 but a little inside, the less the more rows there are."""
    spam = float(weights[labels == 1].sum())
    honest = float(weights[labels == 0].sum())
    return np.where(labels == 1, (spam + 1) / (spam + 2), 1 / (honest + 2))
