"""Training: from labelled rows to the bytes of a model, the same bytes for the same rows every time.

A linear model over hashed features under squared hinge loss, rare features counting more (idf), and a small
hidden layer (`layer`) as a second opinion. Sources are balanced against each other, near copies and groups
weigh no more than one row, and what scores mean is measured on rows the model had not seen: five folds that
never part a cluster of near copies. With a base model, its weights are where learning starts and what it is
pulled back to (a MAP update).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import canonical as canonical_text
from guildhall.guard.canonical import canonical
from guildhall.guard.model import features
from guildhall.guard.model.calibration import auc, cut_off, fit_logistic
from guildhall.guard.model.clusters import clusters, together
from guildhall.guard.model.layer import fit_layer, folded, squeezed
from guildhall.guard.model.rows import Row
from guildhall.guard.model.storage import content_hash, pack
from guildhall.guard.model.textmodel import TextModel

FOLDS = 5
LANGUAGES = ("en", "zh", "ru", "other")

_COST = 1.0
_STEPS = 120
_REVIEW_RATE = 0.01
_PUNISH_RATE = 0.001
_ENOUGH_HONEST = 1_000
"""Honest rows of a language from which a tenth of one percent of them can be measured."""

_MEASURED = 50
"""Rows of each label from which a language counts as measured; others never get beyond review."""

NEVER = 1.01
"""A `punish_at` no probability reaches."""

_TELLS_APART = 0.7
"""The area under the curve, on rows not seen, from which a model may have an opinion that punishes."""

_DISTINCT = 50
"""Different honest texts from which it can be shown what a cut-off costs them."""

_KEPT = (
    "calibration",
    "measured",
    "cut_offs",
    "review_at",
    "punish_at",
    "layer_share",
    "layer_scale",
    "layer_bias",
)

_LAYER_SAY = 0.4
"""Share of the hidden layer in the margin, both brought to the same spread."""

OWN = "own"
_OWN_SAY = 0.5
"""Rows we wrote ourselves weigh half of what a source of that size would."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Set:
    """Rows made ready: sparse features with values, labels as -1/+1, weights, languages, clusters."""

    matrix: sparse.csr_matrix
    labels: NDArray[np.int64]
    weights: Floats
    languages: NDArray[np.str_]
    clusters: NDArray[np.int64]
    own: NDArray[np.bool_]


def train(
    rows: Sequence[Row], *, base: TextModel | None = None, seed: int = 1, name: str = "", folds: int = FOLDS
) -> bytes:
    """The bytes of a model learned from rows of both labels. Raises BadInput when there are too few."""
    if base is not None:
        return adapt(base, rows, seed=seed, name=name)
    rows = _usable(rows)
    with threadpool_limits(limits=1):
        texts = [canonical(row.text).text for row in rows]
        found = [features.ids(text) for text in texts]
        values = _idf(found)
        ready = _ready(rows, texts, found, values)
        margins = _unseen_margins(ready, seed, folds)
        return _packed(rows, ready, values, margins, seed, name or "trained")


def adapt(base: TextModel, rows: Sequence[Row], *, seed: int = 1, name: str = "") -> bytes:
    """The base model moved towards a community's rows: its weights are the prior.

    Rows of one `group` together weigh no more than one row, so that one member or one campaign cannot turn
    the model.
    """
    rows = _usable(rows, least=1)
    with threadpool_limits(limits=1):
        texts = [canonical(row.text).text for row in rows]
        values = base.arrays["values"].astype(np.float64)
        ready = _ready(rows, texts, [features.ids(text) for text in texts], values, balance=False)
        start = base.arrays["weights"].astype(np.float64) * float(base.header["scale"])
        prior = (start, float(base.header["bias"]))
        share = float(base.header["layer_share"])
        weights, bias = _fit(
            ready.matrix,
            ready.labels,
            ready.weights,
            prior=prior,
            offset=share * base.layer.margins(folded(ready.matrix)),
        )
        kept = {key: base.header[key] for key in _KEPT}
        layer = {key: base.arrays[key] for key in ("embedding", "hidden_bias", "out")}
        return _file(
            rows, {**kept, "base": base.version}, values, weights, bias, layer, seed, name or "adapted"
        )


def _usable(rows: Sequence[Row], least: int = 10) -> list[Row]:
    kept = [row for row in rows if row.text.strip() and row.label in (0, 1)]
    spam = sum(row.label for row in kept)
    if len(kept) < least or (least > 1 and (spam < least or len(kept) - spam < least)):
        raise BadInput(
            Text(
                f"Too few rows to train on: {spam} of spam and {len(kept) - spam} honest, at least {least} "
                "of each are needed.",
                f"训练数据太少：垃圾 {spam} 条、正常 {len(kept) - spam} 条，每类至少需要 {least} 条。",
            ),
            code="too_few_rows",
        )
    return kept


def _idf(found: Sequence[features.Ids]) -> Floats:
    """The value of every feature: the rarer the more; one nobody has seen counts as the rarest."""
    counts = np.bincount(np.concatenate(found), minlength=1 << features.BITS)
    values = np.log((len(found) + 1) / (counts + 1)) + 1
    return np.asarray(values.astype(np.float16).astype(np.float64))


def _ready(
    rows: Sequence[Row],
    texts: Sequence[str],
    found: Sequence[features.Ids],
    values: Floats,
    balance: bool = True,
) -> _Set:
    labels = np.array([row.label for row in rows], np.int64)
    near = together(clusters(texts), [row.group for row in rows])
    weights = _capped(rows, near)
    if balance:
        weights = _balanced(rows, weights)
    matrix = _matrix(found, values)
    languages = np.array([features.script(text) for text in texts])
    own = np.array([row.source == OWN for row in rows])
    return _Set(matrix, labels, weights, languages, near, own)


def _matrix(found: Sequence[features.Ids], values: Floats) -> sparse.csr_matrix:
    ends = np.concatenate(([0], np.cumsum([len(ids) for ids in found])))
    columns = np.concatenate(found)
    data = values[columns]
    norms = np.sqrt(np.add.reduceat(data * data, ends[:-1]))
    data /= np.repeat(norms, np.diff(ends))
    return sparse.csr_matrix((data, columns, ends), shape=(len(found), 1 << features.BITS))


def _capped(rows: Sequence[Row], near: NDArray[np.int64]) -> Floats:
    """Row weights: those of one group share one row's weight, and so do near copies with the same label."""
    weights = np.array([max(row.weight, 0.0) for row in rows])
    for keys in (
        [row.group for row in rows],
        [f"{cluster}:{row.label}" for cluster, row in zip(near, rows, strict=True)],
    ):
        totals: Counter[str] = Counter()
        for key, weight in zip(keys, weights, strict=True):
            totals[key] += weight
        weights = np.array(
            [
                weight / totals[key] if key and totals[key] > 1 else weight
                for key, weight in zip(keys, weights, strict=True)
            ]
        )
    return weights


def _balanced(rows: Sequence[Row], weights: Floats) -> Floats:
    """A source with a hundredth of the rows gets a tenth of the say: square root of its size, per label."""
    keys = [(row.source, row.label) for row in rows]
    sizes: Counter[tuple[str, int]] = Counter()
    for key, weight in zip(keys, weights, strict=True):
        sizes[key] += weight
    balanced = np.array(
        [
            weight / max(sizes[key], 1e-9) ** 0.5 * (_OWN_SAY if key[0] == OWN else 1.0)
            for key, weight in zip(keys, weights, strict=True)
        ]
    )
    return np.asarray(balanced * (len(rows) / balanced.sum()))


def _fit(
    matrix: sparse.csr_matrix,
    labels: NDArray[np.int64],
    weights: Floats,
    prior: tuple[Floats, float] | None = None,
    offset: Floats | float = 0.0,
) -> tuple[Floats, float]:
    """Weights and bias under squared hinge loss, pulled towards the prior (or 0); `offset` is what other
    parts of the model already say of each row.
    """
    signs = 2.0 * labels - 1.0
    centre = np.zeros(matrix.shape[1] + 1)
    if prior is not None:
        centre[:-1], centre[-1] = prior
    used = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]))
    small = matrix[:, used]
    turned = small.T.tocsr()
    offset = offset + matrix @ centre[:-1] + centre[-1]

    def loss(change: Floats) -> tuple[float, Floats]:
        margin = signs * (small @ change[:-1] + change[-1] + offset)
        gap = np.maximum(0.0, 1 - margin)
        pull = weights * gap
        slope = -2 * _COST * signs * pull
        gradient = np.concatenate((turned @ slope, [slope.sum()])) + change
        return float(_COST * (pull * gap).sum() + 0.5 * (change * change).sum()), gradient

    found = minimize(
        loss,
        np.zeros(len(used) + 1),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _STEPS, "maxcor": 10, "ftol": 1e-7, "gtol": 1e-4},
    ).x
    centre[used] += found[:-1]
    return centre[:-1], float(centre[-1] + found[-1])


@dataclass(frozen=True, slots=True)
class _Unseen:
    """Margins of each row from models that had not seen its cluster: together, and the layer's share."""

    margins: Floats
    share: float


def _unseen_margins(ready: _Set, seed: int, folds: int) -> _Unseen:
    order = np.random.default_rng(seed).permutation(len(ready.labels))
    fold = order[ready.clusters] % folds
    linear, layered = np.zeros(len(ready.labels)), np.zeros(len(ready.labels))
    small = folded(ready.matrix)
    for k in range(folds):
        inside, outside = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        if not len(inside) or not 0 < ready.labels[outside].sum() < len(outside):
            continue
        weights, bias = _fit(ready.matrix[outside], ready.labels[outside], ready.weights[outside])
        linear[inside] = ready.matrix[inside] @ weights + bias
        layer = fit_layer(small[outside], ready.labels[outside], ready.weights[outside], seed)
        layered[inside] = layer.margins(small[inside])
    share = _LAYER_SAY / (1 - _LAYER_SAY) * float(linear.std()) / max(float(layered.std()), 1e-9)
    return _Unseen(linear + share * layered, share)


def _packed(
    rows: Sequence[Row],
    ready: _Set,
    values: Floats,
    unseen: _Unseen,
    seed: int,
    name: str,
) -> bytes:
    """Fit on all rows, calibrate by the unseen margins, and make the file."""
    margins = unseen.margins
    weights, bias = _fit(ready.matrix, ready.labels, ready.weights)
    arrays, scale = squeezed(layer := fit_layer(folded(ready.matrix), ready.labels, ready.weights, seed))
    calibration = {}
    measured = []
    probabilities = np.zeros(len(margins))
    everyone = fit_logistic(margins, ready.labels, np.ones(len(margins)))
    for lang in LANGUAGES:
        mine = ready.languages == lang
        slope, shift = everyone
        if (ready.labels[mine] == 0).sum() >= _MEASURED and (ready.labels[mine] == 1).sum() >= _MEASURED:
            measured.append(lang)
            slope, shift = fit_logistic(margins[mine], ready.labels[mine], np.ones(int(mine.sum())))
        calibration[lang] = [round(slope, 6), round(shift, 6)]
        probabilities[mine] = 1 / (1 + np.exp(-np.clip(slope * margins[mine] + shift, -30, 30)))
    cut_offs = _cut_offs(probabilities, ready)
    header = {
        "calibration": calibration,
        "measured": measured,
        "cut_offs": cut_offs,
        "review_at": max(cut["review_at"] for cut in cut_offs.values()),
        "punish_at": max(cut["punish_at"] for cut in cut_offs.values()),
        "base": "",
        "layer_share": unseen.share,
        "layer_scale": scale,
        "layer_bias": layer.out_bias,
    }
    return _file(rows, header, values, weights, bias, arrays, seed, name)


def _can_tell(probabilities: Floats, labels: NDArray[np.int64], honest: NDArray[np.int64]) -> bool:
    """Whether the rows show that scores part spam from honest; `honest`: clusters of the honest rows."""
    return len(np.unique(honest)) >= _DISTINCT and auc(probabilities, labels) >= _TELLS_APART


def _cut_offs(probabilities: Floats, ready: _Set) -> dict[str, dict[str, Any]]:
    """Per language: where one, and where a tenth of one, percent of honest rows are exceeded. Rows of our
    own, which are harder than life, count only where there are too few others. Where the rows cannot show
    it (too few different honest texts, or spam and honest scored alike) the model never punishes (`shown`).
    """
    out: dict[str, dict[str, Any]] = {}
    for lang in ("all", *LANGUAGES):
        honest = (ready.labels == 0) & ((ready.languages == lang) | (lang == "all"))
        mine = probabilities[honest & ~ready.own]
        if len(mine) < _ENOUGH_HONEST:
            mine = probabilities[honest]
        if len(mine) < (_ENOUGH_HONEST if lang != "all" else 1):
            continue
        here = (ready.languages == lang) | (lang == "all")
        one_kind = lang != "all" and (ready.labels[here] == 1).sum() < _MEASURED
        shown = bool(one_kind) or _can_tell(probabilities[here], ready.labels[here], ready.clusters[honest])
        out[lang] = {
            "review_at": round(min(max(cut_off(mine, _REVIEW_RATE), 0.3 if shown else 0.7), 0.7), 6),
            "punish_at": round(min(max(cut_off(mine, _PUNISH_RATE), 0.5), 0.999), 6) if shown else NEVER,
            "shown": shown,
        }
    return out


def _file(
    rows: Sequence[Row],
    header: dict[str, Any],
    values: Floats,
    weights: Floats,
    bias: float,
    layer: dict[str, NDArray[Any]],
    seed: int,
    name: str,
) -> bytes:
    scale = max(float(np.abs(weights).max()), 1e-9) / 127
    arrays: dict[str, NDArray[Any]] = {
        "weights": np.rint(weights / scale).astype(np.int8),
        "values": values.astype(np.float16),
        **layer,
    }
    counts = Counter((row.source or "unnamed", row.label) for row in rows)
    full = {
        **header,
        "version": f"{name}-{content_hash(arrays, header)}",
        "canonical": canonical_text.VERSION,
        "layout": features.LAYOUT,
        "scale": scale,
        "bias": round(bias, 9),
        "seed": seed,
        "rows": len(rows),
        "sources": {
            source: {"spam": counts[source, 1], "honest": counts[source, 0]}
            for source in sorted({source for source, _ in counts})
        },
    }
    return pack(full, arrays)
