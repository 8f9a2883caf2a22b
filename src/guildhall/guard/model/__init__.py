"""The text model: how sure we are, from its words alone, that a message is spam or a scam.

Nouns: row (a labelled text), features, model (a file of weights with a version), opinion. Pure: no Django, no
clock, no network; what becomes of an opinion is for `rules.model` and the policy. `textmodel` scores and
needs numpy alone; `learning` trains and needs scipy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guildhall.guard.model.rows import Row

if TYPE_CHECKING:
    from guildhall.guard.model.learning import adapt, train
    from guildhall.guard.model.textmodel import TextModel, load, shipped

__all__ = ["Row", "TextModel", "adapt", "load", "shipped", "train"]


def __getattr__(name: str) -> Any:
    """Names are fetched on first use, so that importing the room costs no numpy."""
    if name in {"adapt", "train"}:
        from guildhall.guard.model import learning

        return getattr(learning, name)
    if name in {"TextModel", "load", "shipped"}:
        from guildhall.guard.model import textmodel

        return getattr(textmodel, name)
    raise AttributeError(name)
