"""A trained domain model: scores names, says why, and is read from a file that guards itself.

A score of 0.5 is the model's own line: above it lie at most 0.2 % of honest names and at most 1 % of honest
names of the trade, measured on names the model had not seen. It is a score of names, not proof: rules make
it a reason for a person to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.domain_model import features
from guildhall.guard.domain_model.features import Knowledge
from guildhall.guard.model.parts import part
from guildhall.guard.model.storage import damaged, unpack

MAGIC = b"GUILDHALL-NAMES\x001"
FEATURES = 2
"""Counts up whenever `features` means something else; files of another count are refused."""

FLAG_AT = 0.5
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Because:
    """What in a name speaks against it: the brand it borrows or resembles, words that lure, its ending."""

    score: float
    brand: str = ""
    lures: tuple[str, ...] = ()
    ending: str = ""


class DomainModel:
    """Weights of letter groups and words, in a table of fixed size."""

    def __init__(self, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.header = header
        self.version = str(header["version"])
        self._weights = arrays["weights"].astype(np.float32) * np.float32(header["step"])
        self._bias = float(header["bias"])
        self._line = float(header["line"])
        self._slope = float(header["slope"])
        self.knowledge = Knowledge(
            {kind: frozenset(words) for kind, words in header["words"].items()},
            frozenset(header["brands"]),
            frozenset(header["common_brands"]),
            frozenset(header["homes"]),
        )

    def score(self, domain: str) -> float:
        """0..1 of one domain or address; 0.5 is the line from which it is worth a look."""
        return self.scores([domain])[0]

    def scores(self, domains: Sequence[str]) -> list[float]:
        """Scores in order; batches are many times quicker than one by one."""
        return [
            score
            for at in range(0, len(domains), _AT_ONCE)
            for score in self._some(domains[at : at + _AT_ONCE])
        ]

    def _some(self, domains: Sequence[str]) -> list[float]:
        if not domains:
            return []
        batch = features.extract([features.name_of(domain) for domain in domains], self.knowledge)
        margin = features.sums(batch, self._weights) + self._bias
        known = [bool(name.strip()) for name in domains]
        scores = 1.0 / (1.0 + np.exp(-np.clip(self._slope * (margin - self._line), -30, 30)))
        return [round(float(score), 6) if ok else 0.0 for score, ok in zip(scores, known, strict=True)]

    def because(self, domain: str, score: float | None = None) -> Because:
        """The score of a domain (made here unless given) with what can be said for it in words."""
        name = features.name_of(domain)
        reading = features.read(name, self.knowledge)
        brand = reading.near[0] if reading.near is not None else reading.inside or reading.in_sub
        return Because(
            self.score(domain) if score is None else score,
            brand,
            tuple(dict.fromkeys(reading.lures))[:4],
            name.suffix,
        )


def load(source: bytes | Path) -> DomainModel:
    """The domain model in a file (also one that holds a text model beside it). Raises BadInput."""
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        raise BadInput(
            Text(f"{source!s} cannot be read: {error.strerror}.", f"无法读取 {source!s}：{error.strerror}。")
        ) from error
    header, arrays = unpack(part(data, "domains"), MAGIC)
    if header.get("features") != FEATURES:
        raise BadInput(
            Text(
                "The domain model is of another version. Train it again with `guildhall guard train`.",
                "此域名模型适用于其他版本，请用 `guildhall guard train` 重新训练。",
            ),
            code="model_outdated",
        )
    weights = arrays.get("weights")
    if weights is None or weights.shape != (features.BUCKETS,):
        raise damaged()
    try:
        return DomainModel(header, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged() from error


@lru_cache(maxsize=1)
def shipped() -> DomainModel:
    """The model that comes with the house."""
    return load(files("guildhall.guard").joinpath("domain_model/shipped.gdm").read_bytes())
