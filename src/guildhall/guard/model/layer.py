"""The second opinion: a small hidden layer over the same features, which sees what only counts together.

A phone number is honest in a lost-and-found notice and not in an offer of invoices; weights that are only
added up cannot say so. Trained by Adagrad in small batches in a fixed order, with a fifth of the features
left out at random, so that it leans on no single one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from guildhall.guard.model.features import BITS

if TYPE_CHECKING:
    from scipy import sparse

FOLDED = 1
"""Features share a place with 2**FOLDED - 1 others, to keep the layer small."""

PLACES = 1 << (BITS - FOLDED)
UNITS = 16

_ROUNDS = 3
_BATCH = 256
_LEFT_OUT = 0.2
_RATE = 0.3
_RATE_ABOVE = 0.06
_SPREAD = 0.3

Single = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """Embedding (PLACES x UNITS), its bias, and the weights and bias of the output."""

    embedding: Single
    bias: Single
    out: Single
    out_bias: float

    def margins(self, matrix: sparse.csr_matrix) -> NDArray[np.float64]:
        """The output for rows of `folded` features."""
        hidden = np.maximum(matrix @ self.embedding + self.bias, 0)
        return np.asarray(hidden @ self.out + self.out_bias, np.float64)


def folded(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The same rows over PLACES columns, as single floats."""
    from scipy import sparse

    return sparse.csr_matrix(
        (matrix.data.astype(np.float32), matrix.indices >> FOLDED, matrix.indptr),
        shape=(matrix.shape[0], PLACES),
    )


def fit_layer(
    matrix: sparse.csr_matrix, labels: NDArray[np.int64], weights: NDArray[np.float64], seed: int
) -> Layer:
    """Train on `folded` rows under weighted logistic loss."""
    rng = np.random.default_rng(seed)
    network = _Network(rng)
    signs = (2 * labels - 1).astype(np.float32)
    say = weights.astype(np.float32)
    count = matrix.shape[0]
    for turn in range(_ROUNDS):
        fade = np.float32(1 - turn / _ROUNDS)
        for batch in np.array_split(rng.permutation(count), max(count // _BATCH, 1)):
            part = matrix[batch]
            kept = rng.random(len(part.data), dtype=np.float32) >= _LEFT_OUT
            part.data = part.data * kept / np.float32(1 - _LEFT_OUT)
            network.learn(part, signs[batch], say[batch], fade)
    # Places no row ever touched keep nothing of their random start.
    touched = np.bincount(matrix.indices, minlength=PLACES) > 0
    network.embedding[~touched] = 0
    return Layer(network.embedding, network.bias, network.out, float(network.out_bias[0]))


class _Network:
    """Parameters and Adagrad's sums of squares while learning."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.embedding = rng.standard_normal((PLACES, UNITS), dtype=np.float32) * np.float32(_SPREAD)
        self.bias = np.zeros(UNITS, np.float32)
        self.out = rng.standard_normal(UNITS, dtype=np.float32) * np.float32(_SPREAD)
        self.out_bias = np.zeros(1, np.float32)
        self._seen = [np.zeros_like(part) for part in (self.embedding, self.bias, self.out, self.out_bias)]

    def learn(self, part: sparse.csr_matrix, signs: Single, say: Single, fade: np.float32) -> None:
        """One step along the gradient of one batch; only the rows of the embedding it uses are touched."""
        from scipy import sparse

        columns, places = np.unique(part.indices, return_inverse=True)
        small = sparse.csr_matrix((part.data, places, part.indptr), shape=(len(signs), len(columns)))
        before = small @ self.embedding[columns] + self.bias
        hidden = np.maximum(before, 0)
        answer = hidden @ self.out + self.out_bias[0]
        pull = -signs * say / (1 + np.exp(np.clip(signs * answer, -30, 30))) / np.float32(len(signs))
        below = np.outer(pull, self.out) * (before > 0)
        seen, seen_bias, seen_out, seen_out_bias = self._seen
        gradient = small.T @ below
        seen[columns] += gradient * gradient
        self.embedding[columns] -= _RATE * fade * gradient / (np.sqrt(seen[columns]) + np.float32(1e-7))
        for value, slope, sums in (
            (self.bias, below.sum(axis=0), seen_bias),
            (self.out, hidden.T @ pull, seen_out),
            (self.out_bias, pull.sum(keepdims=True), seen_out_bias),
        ):
            sums += slope * slope
            value -= _RATE_ABOVE * fade * slope / (np.sqrt(sums) + np.float32(1e-7))


def squeezed(layer: Layer) -> tuple[dict[str, NDArray[Any]], list[float]]:
    """Arrays for the file (the embedding in 8 bits a number) and the scale of each unit."""
    scale = np.maximum(np.abs(layer.embedding).max(axis=0), 1e-9) / 127
    arrays = {
        "embedding": np.rint(layer.embedding / scale).astype(np.int8),
        "hidden_bias": layer.bias,
        "out": layer.out,
    }
    return arrays, [float(value) for value in scale]


def unsqueezed(arrays: Mapping[str, NDArray[Any]], scale: list[float], out_bias: float) -> Layer:
    """The layer as a file holds it."""
    embedding = arrays["embedding"].astype(np.float32) * np.array(scale, np.float32)
    return Layer(embedding, arrays["hidden_bias"], arrays["out"], out_bias)
