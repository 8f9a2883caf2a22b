"""What the text model says of a text, in words people use: how likely, and which stretches weighed most."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from guildhall.guard import models_in_force
from guildhall.guard.canonical import canonical
from guildhall.guard.types import Span

LIKELIHOODS: tuple[tuple[float, str | Promise], ...] = (
    (0.98, gettext_lazy("almost certainly a scam or spam")),
    (0.8, gettext_lazy("probably a scam or spam")),
    (0.6, gettext_lazy("rather a scam or spam")),
    (0.4, gettext_lazy("cannot tell")),
    (0.2, gettext_lazy("rather fine")),
    (0.02, gettext_lazy("probably fine")),
    (0.0, gettext_lazy("almost certainly fine")),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the text model says of a text: in percent (1 to 99, for it is never certain), in words, and the
    stretches that weighed most.
    """

    percent: str
    words: str | Promise
    version: str
    spans: tuple[Span, ...]


def heard(text: str) -> Heard | None:
    """What the model in force says of a text now; None when there is none."""
    scorer = models_in_force.current()
    if scorer is None:
        return None
    opinion = scorer.opinion(canonical(text))
    said = next(words for least, words in LIKELIHOODS if opinion.probability >= least)
    percent = min(max(round(opinion.probability * 100), 1), 99)
    return Heard(f"{percent} %", said, scorer.version, opinion.spans)
