"""The text model at work: probability that a text is spam or a scam, and the stretches that weighed most.

Weights are gathered for the features of one text and added up; no other text, no training row is looked at,
so the time depends on the length of the message alone. Built by `learning`, kept in files by `storage`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import canonical as canonical_text
from guildhall.guard.canonical import Canonical, canonical
from guildhall.guard.model import features, parts
from guildhall.guard.model.layer import FOLDED, PLACES, UNITS, unsqueezed
from guildhall.guard.model.storage import damaged, outdated, unpack
from guildhall.guard.types import Opinion, Span

SHIPPED = "shipped.gtm"
_LIKELIEST = 0.9999
_MOST_SPANS = 5
_LONGEST_SPAN = 60
_SCORED_AT_ONCE = 6_000
"""Characters whose features are worked out together."""
_LOOKED_AT = 1_500
"""Characters among which the telling stretches are looked for."""


class TextModel:
    """A loaded model. `version` names it; `header` holds where it comes from and how it was calibrated."""

    def __init__(self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self.header = header
        self.arrays = arrays
        self.version: str = str(header["version"])
        self.review_at = float(header["review_at"])
        self.punish_at = float(header["punish_at"])
        self._scale = float(header["scale"])
        self._bias = float(header["bias"])
        self._calibration = {
            lang: (float(slope), float(shift)) for lang, (slope, shift) in header["calibration"].items()
        }
        self._measured = frozenset(header["measured"])
        self._unmeasured_most = min(self.punish_at, 1.0) - 0.001
        values = arrays["values"].astype(np.float32)
        # Real part: weight times value; imaginary part: value squared. One gather brings both.
        self._table = (values * arrays["weights"] * np.float32(self._scale) + 1j * values * values).astype(
            np.complex64
        )
        self.layer = unsqueezed(arrays, header["layer_scale"], float(header["layer_bias"]))
        self._values = values
        self._share = np.float32(header["layer_share"])
        self._out = self.layer.out * self._share
        self._bias += float(self._share) * self.layer.out_bias

    def margin(self, text: str, found: features.Ids | None = None) -> float:
        """The raw score of a canonical text: above 0 leans to spam. `found`: its features, if known."""
        found = features.ids(text) if found is None else found
        # take() gathers several times faster than an index in brackets.
        total = self._table.take(found).sum()
        norm = math.sqrt(float(total.imag))
        hidden = self._values.take(found) @ self.layer.embedding.take(found >> FOLDED, axis=0)
        hidden /= np.float32(norm)
        hidden += self.layer.bias
        np.maximum(hidden, 0, out=hidden)
        return float(total.real) / norm + float(hidden @ self._out) + self._bias

    def probability(self, canon: Canonical, margin: float | None = None) -> float:
        """How sure the model is (0..1, calibrated for the language of the text) that this is spam. `margin`:
        its raw score, if known.
        """
        lang = features.script(canon.text)
        slope, shift = self._calibration[lang]
        margin = self.margin(canon.text) if margin is None else margin
        probability = _likely(slope * margin + shift)
        # Of a language it has hardly seen it may ask for a person, and no more.
        return probability if lang in self._measured else min(probability, self._unmeasured_most)

    def probabilities(self, texts: Sequence[str]) -> list[float]:
        """The same for many original texts."""
        return [self.probability(canonical(text)) for text in texts]

    def opinion(self, canon: Canonical, margin: float | None = None) -> Opinion:
        """Probability, and from `review_at` on the stretches of the original that weighed most."""
        probability = self.probability(canon, margin)
        if probability < self.review_at:
            return Opinion(probability)
        return Opinion(probability, self._spans(canon))

    def _spans(self, canon: Canonical) -> tuple[Span, ...]:
        """Up to five stretches, in the order of the text."""
        text = canon.text[:_LOOKED_AT]
        heat = np.zeros(len(text) + 2, np.float32)
        for n, found in enumerate(features.stretches(text), start=1):
            # Every character of a stretch carries its share of the stretch's weight.
            share = np.maximum(self._table[found].real, 0)
            share *= np.float32(1 / n)
            for shift in range(n):
                heat[shift : shift + len(share)] += share
        heat = heat[1:-1]
        return tuple(canon.original(*stretch) for stretch in _hottest(heat, text))


class Prepared:
    """A model that has already scored some canonical texts, many at a time, and is now asked about them one
    by one. It answers as the model does.
    """

    def __init__(self, model: TextModel, texts: Sequence[str]) -> None:
        self.version, self.review_at, self.punish_at = model.version, model.review_at, model.punish_at
        self._model = model
        self._margins: dict[str, float] = {}
        for some in _portions(list(dict.fromkeys(texts))):
            for text, found in zip(some, features.ids_of(some), strict=True):
                self._margins[text] = model.margin(text, found)

    def opinion(self, canon: Canonical) -> Opinion:
        """What the model says of one text."""
        return self._model.opinion(canon, self._margins.get(canon.text))


def _portions(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many at a time that the arrays stay small."""
    begin = size = 0
    for end, text in enumerate(texts, start=1):
        size += len(text)
        if size >= _SCORED_AT_ONCE:
            yield texts[begin:end]
            begin, size = end, 0
    if begin < len(texts):
        yield texts[begin:]


def load(source: bytes | Path) -> TextModel:
    """A model from its file. Raises BadInput in words when the file is not one that fits this program."""
    data = _read(source) if isinstance(source, Path) else source
    header, arrays = unpack(parts.part(data, "text"))
    if header.get("canonical") != canonical_text.VERSION:
        raise outdated(Text("version of the canonical text", "规范化文本"))
    if header.get("layout") != features.LAYOUT:
        raise outdated(Text("layout of features", "特征布局"))
    try:
        model = TextModel(header, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged() from error
    places = 1 << features.BITS
    if arrays["weights"].shape != (places,) or arrays["values"].shape != (places,):
        raise damaged()
    if model.layer.embedding.shape != (PLACES, UNITS) or model.layer.out.shape != (UNITS,):
        raise damaged()
    return model


@lru_cache(maxsize=1)
def shipped() -> TextModel:
    """The model that comes with the program; read once."""
    return load(files("guildhall.guard.model").joinpath(SHIPPED).read_bytes())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(
            Text(
                f"The model file {path} cannot be read: {error.strerror}.",
                f"无法读取模型文件 {path}：{error.strerror}。",
            ),
            field="model",
            code="model_unreadable",
        ) from error


def _likely(logit: float) -> float:
    bounded = max(-30.0, min(30.0, logit))
    return 1 / (1 + math.exp(-bounded))


def _hottest(heat: NDArray[np.float32], text: str) -> list[Span]:
    """Whole words (or runs of Han characters) whose characters weigh clearly more than the rest."""
    if not len(heat) or heat.max() <= 0:
        return []
    limit = max(float(heat.max()) / 3, 1e-9)
    stretches: list[tuple[float, int, int]] = []
    so_far, began = 0.0, -1
    for at, value in enumerate((*heat.tolist(), 0.0)):
        if value >= limit:
            began = at if began < 0 else began
            so_far += value
        elif began >= 0:
            stretches.append((-so_far, began, at))
            so_far, began = 0.0, -1
    best = [(start, end) for _, start, end in sorted(stretches)[:_MOST_SPANS]]
    return sorted(_trimmed(start, min(end, start + _LONGEST_SPAN), text) for start, end in best)


def _trimmed(start: int, end: int, text: str) -> Span:
    while end - start > 1 and text[start] == " ":
        start += 1
    while end - start > 1 and text[end - 1] == " ":
        end -= 1
    return start, end
