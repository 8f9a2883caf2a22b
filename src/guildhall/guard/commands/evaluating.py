"""`guildhall guard eval`: how good a model is on labelled rows, per language and source. Needs no house."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.commands.training import text_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = (
    ("n", "n"),
    ("spam", "spam"),
    ("precision", "prec"),
    ("recall", "recall"),
    ("f1", "F1"),
    ("false_positive_rate", "FPR"),
    ("recall_at_1_percent", "R@1%"),
    ("recall_at_0.1_percent", "R@.1%"),
    ("auc", "AUC"),
    ("calibration_error", "ECE"),
)


def evaluate(data: Path, model: Path | None) -> None:
    """Print a table per language and source, and the same as JSON on the last line."""
    import numpy as np

    from guildhall.guard.model.features import script
    from guildhall.guard.model.textmodel import load, shipped

    read = text_rows(data)
    if not read.rows:
        raise BadInput(
            Text(f"{data} holds no labelled text.", f"{data} 中没有带标签的文本。"), code="no_rows"
        )
    judge = shipped() if model is None else load(model)
    scores = np.array(judge.probabilities([row.text for row in read.rows]))
    labels = np.array([row.label for row in read.rows])
    groups: dict[str, NDArray[np.bool_]] = {"all": np.ones(len(labels), np.bool_)}
    for lang in sorted({row.lang or script(row.text) for row in read.rows}):
        groups[f"lang {lang}"] = np.array([(row.lang or script(row.text)) == lang for row in read.rows])
    for source in sorted({row.source for row in read.rows if row.source}):
        groups[f"source {source}"] = np.array([row.source == source for row in read.rows])
    report = {name: measures(scores[mine], labels[mine]) for name, mine in groups.items()}
    width = max(len(name) for name in report)
    print(" " * width, *(f"{title:>7}" for _, title in COLUMNS))
    for name, row in report.items():
        print(f"{name:{width}}", *(_cell(row[key]) for key, _ in COLUMNS))
    if read.rejected:
        print(f"{len(read.rejected)} rows could not be used, the first on line {read.rejected[0][0]}")
    print(
        json.dumps(
            {
                "model": judge.version,
                "review_at": judge.review_at,
                "punish_at": judge.punish_at,
                "rejected": len(read.rejected),
                "groups": report,
            },
            ensure_ascii=False,
        )
    )


def measures(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """The figures of one group at a probability of 0.5 and at fixed false-positive rates; None where a kind
    of row is missing.
    """
    from guildhall.guard.model.calibration import auc, expected_error, recall_at

    said = scores >= 0.5
    hits = int((said & (labels == 1)).sum())
    spam, honest = int((labels == 1).sum()), int((labels == 0).sum())
    precision = hits / int(said.sum()) if said.any() else math.nan
    recall = hits / spam if spam else math.nan
    error, bins = expected_error(scores, labels)
    found = {
        "n": len(labels),
        "spam": spam,
        "precision": precision,
        "recall": recall,
        "f1": 2 * hits / (int(said.sum()) + spam) if said.any() or spam else math.nan,
        "false_positive_rate": int((said & (labels == 0)).sum()) / honest if honest else math.nan,
        "recall_at_1_percent": recall_at(scores, labels, 0.01),
        "recall_at_0.1_percent": recall_at(scores, labels, 0.001),
        "auc": auc(scores, labels),
        "calibration_error": error,
        "calibration": bins,
    }
    return {
        key: (None if math.isnan(value) else round(value, 4)) if isinstance(value, float) else value
        for key, value in found.items()
    }


def _cell(value: float | None) -> str:
    if value is None:
        return f"{'-':>7}"
    return f"{value:>7}" if isinstance(value, int) else f"{value:>7.4f}"
