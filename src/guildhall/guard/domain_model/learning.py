"""Trains a domain model: the same rows and seed give the same bytes.

A logistic regression over hashed letter groups and words. What is recent weighs more, each side weighs as
much as the other, and the line of the score is drawn on names the model had not seen when it judged them.
scikit-learn is needed here only, never for scoring.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.domain_model import features, projects
from guildhall.guard.domain_model.features import Knowledge, Name
from guildhall.guard.domain_model.model import FEATURES, MAGIC
from guildhall.guard.domain_model.own.generate import TRADE_SOURCE, own_rows
from guildhall.guard.domain_model.rows import DomainRow
from guildhall.guard.model.storage import content_hash, pack
from guildhall.guard.rules import names
from guildhall.guard.source import load_data

_FOLDS = 3
_ORDINARY = ("everyday", "person", "tech", "trade", "soft", "lure")
_HONEST_SHARE, _TRADE_SHARE = 0.002, 0.01
_STRENGTH = 1.0
_NOT_LETTERS = re.compile(r"[\W_]+")
Matrix = Any
Numbers = npt.NDArray[np.float64]


def train_domains(
    rows: Iterable[DomainRow | Mapping[str, Any]],
    *,
    seed: int = 1,
    without_own: bool = False,
    label: str = "",
) -> bytes:
    """A model file learned from `rows` (and, unless `without_own`, from rows of our own).

    Rows are `DomainRow`s or mappings with `domain`, `label` (1: registered to deceive) and, if known,
    `source` and `first_seen`. Raises BadInput when there are not names of both kinds.
    """
    given = _told_apart([_row(row) for row in rows])
    own = [] if without_own else own_rows(seed)
    everything = given + own
    labels = np.array([row.label for row in everything])
    if not (0 < labels.sum() < len(labels)):
        raise BadInput(
            Text(
                "A domain model needs names of both kinds, honest (0) and dishonest (1).",
                "训练域名模型需要正常（0）与恶意（1）两类域名。",
            ),
            code="one_label",
        )
    known = knowledge()
    parts = [features.name_of(row.domain) for row in everything]
    matrix = _matrix(parts, known)
    weights = _weights(everything, labels)
    margins = _unseen_margins(matrix, labels, weights, parts, [row.source for row in everything])
    line = _line(margins, everything, parts, known)
    fitted = _fit(matrix, labels, weights)
    step = float(np.abs(fitted.coef_).max()) / 32767 or 1.0
    arrays = {"weights": np.round(fitted.coef_[0] / step).astype(np.int16)}
    counts: dict[str, int] = {}
    for row in everything:
        counts[row.source or "given"] = counts.get(row.source or "given", 0) + 1
    header = {
        "kind": "domains",
        "features": FEATURES,
        "version": f"domains-{label or 'trained'}-{content_hash(arrays)}",
        "step": step,
        "bias": round(float(fitted.intercept_[0]), 6),
        "line": round(line, 6),
        "slope": 1.0,
        "rows": dict(sorted(counts.items())),
        "seed": seed,
        "data": hashlib.sha256(
            "\n".join(sorted(f"{r.label}{r.domain}" for r in everything)).encode()
        ).hexdigest()[:16],
        "words": {kind: sorted(words) for kind, words in sorted(known.words.items())},
        "brands": sorted(known.brands),
        "common_brands": sorted(known.common_brands),
        "homes": sorted(known.homes),
    }
    return pack(header, arrays, MAGIC)


def knowledge() -> Knowledge:
    """The words and brands the house knows today; they go into the model's file."""
    text = files("guildhall.guard").joinpath("domain_model/vocabulary.yaml").read_text(encoding="utf-8")
    words = {kind: frozenset(line.split()) for kind, line in load_data(text).items()}
    plain: set[str] = set()
    common: set[str] = set()
    for brand in names.shipped_brands():
        keys = {_NOT_LETTERS.sub("", brand.name.lower())}
        if not brand.common:
            keys |= {features.name_of(domain).label for domain in brand.domains}
        for key in keys:
            (common if brand.common or len(key) < 4 else plain).add(key)
    ordinary = frozenset(word for kind in _ORDINARY for word in words[kind])
    for kind, found in projects.by_kind().items():
        for name in found:
            loose = kind == "plain" or len(name) < 4 or name in ordinary
            (common if loose else plain).add(name)
    homes = projects.homes() | {domain for brand in names.shipped_brands() for domain in brand.domains}
    return Knowledge(words, frozenset(plain - common), frozenset(common), frozenset(homes))


def _row(row: DomainRow | Mapping[str, Any]) -> DomainRow:
    if isinstance(row, DomainRow):
        return row
    return DomainRow(
        str(row["domain"]), int(row["label"]), str(row.get("source") or ""), str(row.get("first_seen") or "")
    )


def _told_apart(rows: Sequence[DomainRow]) -> list[DomainRow]:
    """Each name once, in order; one that is called both honest and dishonest is left out."""
    found: dict[str, DomainRow] = {}
    torn: set[str] = set()
    for row in rows:
        key = row.domain.strip().lower()
        before = found.setdefault(key, row)
        if before.label != row.label:
            torn.add(key)
    return [row for key, row in found.items() if key not in torn]


def _matrix(parts: Sequence[Name], known: Knowledge) -> Matrix:
    from scipy.sparse import csr_matrix

    batch = features.extract(parts, known)
    matrix = csr_matrix(
        (batch.values.astype(np.float64), batch.columns, batch.indptr), shape=(len(parts), features.BUCKETS)
    )
    matrix.sum_duplicates()
    return matrix


def _weights(rows: Sequence[DomainRow], labels: npt.NDArray[np.int64]) -> Numbers:
    """Recent names weigh more than old ones; honest rows together as much as dishonest ones."""
    newest = max((row.first_seen[:4] for row in rows if row.first_seen), default="")
    out = np.array(
        [row.weight * _recency(row.first_seen, newest) if row.label else row.weight for row in rows]
    )
    honest = (labels == 0) & np.array([not row.source.startswith("own-") for row in rows])
    bad, good = float(out[labels == 1].sum()), float(out[honest].sum())
    if good:
        out[honest] *= min(max(bad / good, 1.0), 10.0)
    own = (labels == 0) & ~honest
    if own.any():
        # Our own stand in for what nobody collects; with few given ones they carry the side alone.
        aim = 0.3 * bad if good > 1000 else bad
        out[own] *= min(max(aim / float(out[own].sum()), 0.5), 8.0)
    return out


def _recency(first_seen: str, newest: str) -> float:
    if not first_seen or not newest:
        return 1.0
    age = int(newest) - int(first_seen[:4])
    return 3.0 if age <= 0 else 1.5 if age == 1 else 1.0


def _fit(matrix: Matrix, labels: npt.NDArray[np.int64], weights: Numbers) -> Any:
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=_STRENGTH, solver="liblinear", dual=False, tol=3e-3, max_iter=200)
    return regression.fit(matrix, labels, sample_weight=weights)


def _unseen_margins(
    matrix: Matrix,
    labels: npt.NDArray[np.int64],
    weights: Numbers,
    parts: Sequence[Name],
    sources: Sequence[str],
) -> Numbers:
    """What models that had not seen a name (nor its label under another ending) make of it."""
    fold = np.array([zlib.crc32(part.label.encode()) % _FOLDS for part in parts])
    made_up = np.array([source in ("own-honest", "own-dishonest") for source in sources])
    out = np.full(len(labels), -np.inf)
    for number in range(_FOLDS):
        held = (fold == number) & ~made_up
        train = ~held
        if not held.any() or not (0 < labels[train].sum() < train.sum()):
            continue
        out[held] = _fit(matrix[train], labels[train], weights[train]).decision_function(matrix[held])
    return out


def _line(margins: Numbers, rows: Sequence[DomainRow], parts: Sequence[Name], known: Knowledge) -> float:
    """The margin above which at most so few honest names lie: of all, and of those of the trade."""
    honest = np.array([row.label == 0 for row in rows]) & np.isfinite(margins)
    if not honest.any():
        return 0.0
    trade = np.array(
        [
            ok and (row.source == TRADE_SOURCE or "eth-phishing" in row.source or _of_the_trade(part, known))
            for ok, row, part in zip(honest, rows, parts, strict=True)
        ]
    )
    # Names of the trade are rarer in the world than in our rows: they have a line of their own.
    others = honest & ~trade if trade.sum() < honest.sum() else honest
    lines = [float(np.quantile(margins[others], 1 - _HONEST_SHARE))]
    if trade.sum() >= 100:
        lines.append(float(np.quantile(margins[trade], 1 - _TRADE_SHARE)))
    return max(*lines, 0.0) if len(lines) > 1 else max(lines[0], 0.0)


def _of_the_trade(part: Name, known: Knowledge) -> bool:
    return any(kind in ("trade", "brand", "common") for _, kind in features.segment(part.label, known))
