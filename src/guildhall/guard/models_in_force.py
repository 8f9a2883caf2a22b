"""Which text model judges now: the one put in force here, or the one that comes with the house.

`current()` costs a dictionary look-up on the hot path and is at most a second behind the database. A stored
model that is damaged or cut short never stops the judging: the one before it, then the shipped one, judges
instead, and an operational trouble says so until it is mended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from guildhall.core import troubles
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import freshness
from guildhall.guard.models import ModelVersion
from guildhall.guard.types import Scorer

if TYPE_CHECKING:
    from guildhall.guard.model.textmodel import TextModel

STAMP = "models"
TROUBLE = "guard.model"
_FALLBACKS = 3
"""How many earlier models are tried before the shipped one."""


@dataclass(frozen=True, slots=True)
class _Held:
    stamp: str
    generation: int
    scorer: Scorer | None


_lock = threading.Lock()
_held: _Held | None = None


def current() -> Scorer | None:
    """The model in force; None only when not even the shipped one can be read."""
    global _held
    stamp, generation = freshness.stamp(STAMP), freshness.generation()
    held = _held
    if held is not None and (held.stamp, held.generation) == (stamp, generation):
        return held.scorer
    with _lock:
        if _held is None or (_held.stamp, _held.generation) != (stamp, generation):
            _held = _Held(stamp, generation, _load())
        return _held.scorer


def prepared(scorer: Scorer, canonical_texts: Sequence[str]) -> Scorer:
    """The same scorer, having looked at these texts already if it knows how to look at many at once."""
    from guildhall.guard.model.textmodel import Prepared, TextModel

    return Prepared(scorer, canonical_texts) if isinstance(scorer, TextModel) else scorer


def shipped() -> TextModel:
    """The model that comes with the house. Raises BadInput when its file cannot be read."""
    # Brings numpy with it, which a process that judges nothing does not need.
    from guildhall.guard.model import textmodel

    try:
        return textmodel.shipped()
    except OSError as error:
        raise BadInput(
            Text(f"The shipped model cannot be read: {error.strerror}.", "无法读取系统自带模型。"),
            field="model",
        ) from error


def from_bytes(blob: bytes) -> TextModel:
    """A model from its bytes. Raises BadInput."""
    from guildhall.guard.model import textmodel

    return textmodel.load(blob)


def read(version: ModelVersion) -> TextModel:
    """A stored model, checked against the hash noted when it was made. Raises BadInput."""
    blob = bytes(version.blob)
    if len(blob) != version.size or sha256(blob).hexdigest() != version.sha256:
        raise BadInput(
            Text(
                f"Model {version.number} is damaged: {len(blob)} of {version.size} bytes fit its checksum.",
                f"模型 {version.number} 已损坏，与记录的校验值不符。",
            ),
            field="model",
        )
    return from_bytes(blob)


def _load() -> Scorer | None:
    broken = []
    for version in _candidates():
        try:
            scorer = read(version)
        except BadInput as error:
            broken.append(f"{version.number}: {error.text.en}")
            continue
        _tell(broken)
        return scorer
    try:
        last: Scorer | None = shipped()
    except BadInput as error:
        broken.append(f"shipped: {error.text.en}")
        last = None
    _tell(broken)
    return last


def _candidates() -> Iterator[ModelVersion]:
    """The live model; when it turns out to be broken, those that were in force before it, latest first."""
    live = ModelVersion.objects.filter(state=ModelVersion.State.LIVE).first()
    if live is None:
        return
    yield live
    retired = ModelVersion.objects.filter(state=ModelVersion.State.RETIRED, live_at__isnull=False)
    yield from retired.order_by("-live_at")[:_FALLBACKS]


def _tell(broken: list[str]) -> None:
    if broken:
        troubles.report(TROUBLE, "; ".join(broken))
    else:
        troubles.clear(TROUBLE)
